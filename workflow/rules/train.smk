# Training does not read a test split, which tests/workflow/test_dag.py verifies.
#
# Starting a process, and above all importing TensorFlow, takes as long as training many of these models, so one process
# trains `seeds_per_job` seeds of an experiment. A finished run is kept as long as nothing that determines it changes:
# regrouping the seeds, or adding seeds, does not retrain any run.
rule train:
    """Train an experiment in one backend with a group of its seeds."""
    input:
        splits=training_splits,
        start=training_start,
    output:
        "results/runs/{experiment}/{backend}/trained-{first}-{last}.json",
    log:
        "logs/train_{backend}/{experiment}/seeds-{first}-{last}.log",
    conda:
        "../../environment.yml"
    threads: 1
    params:
        spec=training_spec,
        code=lambda wildcards: training_code(wildcards.experiment, wildcards.backend),
    shell:
        "python -m layerwise.experiments {wildcards.backend:q} --experiment {wildcards.experiment:q} --spec {params.spec:q}"
        " --seeds {wildcards.first:q} {wildcards.last:q} --splits {input.splits:q} --start {input.start:q}"
        " --code {params.code:q} --output {output:q} > {log:q} 2>&1"
