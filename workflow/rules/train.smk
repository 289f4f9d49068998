# The wall: nothing here reads a test split. tests/workflow/test_dag.py holds the DAG to it.
#
# Starting a process, and importing TensorFlow above all, takes as long as training many of these models, so one process
# trains `seeds_per_job` seeds of an experiment. A finished run is kept as long as nothing that decides it changes:
# grouping the seeds differently, or asking for more of them, trains no run again.
rule train_numpy:
    """Train an experiment in the NumPy framework, with some of its seeds."""
    input:
        splits=training_splits,
        start=training_start("numpy"),
    output:
        "results/runs/{experiment}/numpy/trained-{first}-{last}.json",
    log:
        "logs/train_numpy/{experiment}/seeds-{first}-{last}.log",
    conda:
        "../../environment.yml"
    threads: 1
    params:
        backend="numpy",
        spec=training_spec,
        code=lambda wildcards: training_code(wildcards.experiment, "numpy"),
    shell:
        "python -m layerwise.training {params.backend:q} --experiment {wildcards.experiment:q} --spec {params.spec:q}"
        " --seeds {wildcards.first:q} {wildcards.last:q} --splits {input.splits:q} --start {input.start:q}"
        " --code {params.code:q} --output {output:q} > {log:q} 2>&1"


use rule train_numpy as train_keras with:
    input:
        splits=training_splits,
        start=training_start("keras"),
    output:
        "results/runs/{experiment}/keras/trained-{first}-{last}.json",
    log:
        "logs/train_keras/{experiment}/seeds-{first}-{last}.log",
    params:
        backend="keras",
        spec=training_spec,
        code=lambda wildcards: training_code(wildcards.experiment, "keras"),
