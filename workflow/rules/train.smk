# The wall: nothing here reads a test split. tests/workflow/test_dag.py holds the DAG to it.
#
# Starting a process, and importing TensorFlow above all, takes as long as training many of these models, so one process
# trains `seeds_per_job` seeds of an experiment. A finished run is kept as long as nothing that decides it changes:
# grouping the seeds differently, or asking for more of them, trains no run again.


def training_splits(wildcards):
    """Return the splits that a training may see, and what describes them."""
    return [dataset_path(wildcards.experiment, name) for name in ("train.npz", "validation.npz", "dataset.json")]


def training_start(backend):
    """Return a function that finds the runs that an experiment starts from; most experiments start from none."""

    def start(wildcards):
        first = config["experiments"][wildcards.experiment].get("start")
        return trained(first["experiment"], backend) if first else []

    return start


def training_spec(wildcards):
    """Return, as JSON, what of an experiment decides a run; more seeds or a new title rerun nothing."""
    spec = config["experiments"][wildcards.experiment]
    return json.dumps({key: value for key, value in spec.items() if key not in ("title", "seeds", "backends")})


def training_code(experiment, backend, *more):
    """Return the digest of the code that trains an experiment in a backend: the layers it uses, but no others."""
    entries = ["layerwise.training.__main__", "layerwise.training.run", f"layerwise.training.{backend}_backend", *more]
    if backend == "keras":  # of nn it loads the residual layer written for Keras, and no layer of ours
        return code.digest(*entries, skip=frozenset({"layerwise.nn"}))
    layers = configuration.layer_names(config["experiments"][experiment]["model"])
    return code.digest(*entries, skip=code.unused_layers(layers))


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
