def artifacts_of_report(wildcards):
    """Return everything that a report's notebook may read, or what says that it is there."""
    name = wildcards.report
    if name == "reproducibility":
        pairs = {pair for report in config["reports"] for pair in pairs_of(report)}
        return ["results/claims.csv", *sorted(file for pair in pairs for file in trained(*pair))]
    datasets = sorted({config["experiments"][experiment]["dataset"] for experiment in config["reports"][name]})
    described = {dataset for spec in studies_of(name).values() for dataset in spec.get("datasets", [])}
    return [
        f"results/summaries/{name}.csv",
        f"results/claims/{name}.csv",
        *evaluated(name),
        *expand("results/data/{dataset}/{split}.npz", dataset=datasets, split=SPLITS),
        *expand("results/data/{dataset}/dataset.json", dataset=sorted(described | set(datasets))),
        *expand("results/studies/{study}.npz", study=studies_of(name)),
    ]


def report_spec(wildcards):
    """Return the experiments of a report as JSON, with the seeds and backends of each and what others published."""
    names = config["reports"].get(
        wildcards.report,
        sorted({n for names in config["reports"].values() for n in names}),
    )
    return json.dumps(
        {
            name: {
                **config["experiments"][name],
                "backends": configuration.backends(config, name),
                "seeds": len(configuration.seeds(config, name)),
                "published": configuration.published(config, name),
            }
            for name in names
        }
    )


def report_code(wildcards):
    """Return the digest of the code that makes a page; what the notebook imports counts."""
    imported = code.script_imports(f"workflow/notebooks/{wildcards.report}.py")
    return code.digest("layerwise.reporting.__main__", "layerwise.reporting.render", *sorted(imported))


rule render:
    """Run a report's notebook on the artifacts and turn it into one self-contained page."""
    input:
        artifacts=artifacts_of_report,
        notebook="workflow/notebooks/{report}.py",
        templates=glob("src/layerwise/reporting/templates/*"),
    output:
        page="reports/{report}.html",
        notebook="results/notebooks/{report}.ipynb",
    log:
        "logs/render/{report}.log",
    conda:
        "../../environment.yml"
    params:
        spec=report_spec,
        studies=lambda wildcards: json.dumps(studies_of(wildcards.report)),
        code=report_code,
    shell:
        "python -m layerwise.reporting render --notebook {input.notebook:q} --report {wildcards.report:q}"
        " --spec {params.spec:q} --studies {params.studies:q} --output {output.page:q} --executed {output.notebook:q}"
        " > {log:q} 2>&1"


rule index:
    """Make the page that links all reports, with the headline table and every claim's verdict."""
    input:
        pages=expand("reports/{report}.html", report=REPORTS.values()),
        summaries=expand("results/summaries/{report}.csv", report=config["reports"]),
        claims="results/claims.csv",
        templates=glob("src/layerwise/reporting/templates/*"),
    output:
        "reports/index.html",
    log:
        "logs/index.log",
    conda:
        "../../environment.yml"
    params:
        titles=json.dumps({name: {"title": spec.get("title", name)} for name, spec in config["experiments"].items()}),
        settings=json.dumps(
            {
                "configuration": [os.path.relpath(file) for file in workflow.overwrite_configfiles]
                or ["config/config.yaml"],
                "seeds": config["seeds"],
            }
        ),
        code=code.digest("layerwise.reporting.__main__", "layerwise.reporting.index"),
    shell:
        "python -m layerwise.reporting index --output {output:q} --reports {input.pages:q}"
        " --summaries {input.summaries:q} --claims {input.claims:q} --spec {params.titles:q}"
        " --settings {params.settings:q} > {log:q} 2>&1"


rule reports:
    """Make every report and the page that links them."""
    input:
        "reports/index.html",


for target, report in TARGETS.items():

    rule:
        """Make one report."""
        name:
            target
        input:
            f"reports/{report}.html",


watch.targets = ["all", "reports", *TARGETS]
