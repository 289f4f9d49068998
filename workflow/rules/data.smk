rule fetch:
    """Download the files of a published dataset, or copy them from the mirror folder, and verify them."""
    output:
        os.path.join(DOWNLOADS, "{source}", "fetched.json"),
    log:
        "logs/fetch/{source}.log",
    conda:
        "../../environment.yml"
    params:
        downloads=subpath(output[0], ancestor=2),
        code=code.digest("layerwise.data.__main__", "layerwise.data.download"),
    shell:
        "python -m layerwise.data fetch --source {wildcards.source:q} --downloads={params.downloads:q} > {log:q} 2>&1"


rule prepare:
    """Split, scale and store a dataset, with a description of its contents and origin."""
    input:
        raw_files,
    output:
        expand("results/data/{{dataset}}/{split}.npz", split=SPLITS),
        description="results/data/{dataset}/dataset.json",
    log:
        "logs/prepare/{dataset}.log",
    conda:
        "../../environment.yml"
    params:
        downloads=DOWNLOADS,
        spec=dataset_spec,
        braced=braced_files,
        # The command imports the module of the dataset's source by name, so that it is listed here.
        code=lambda wildcards: code.digest(
            "layerwise.data.__main__",
            "layerwise.data.prepare",
            f"layerwise.data.{catalogue.source_of(dataset(wildcards.dataset))[1].module}",
        ),
    shell:
        "python -m layerwise.data prepare --dataset {wildcards.dataset:q} --spec {params.spec:q}"
        " --downloads={params.downloads:q} --output results/data/{wildcards.dataset:q} > {log:q} 2>&1"
