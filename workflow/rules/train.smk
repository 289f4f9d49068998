# The wall: nothing here reads a test split. tests/workflow/test_wall.py holds the DAG to it.
rule train_numpy:
    """Train one experiment with one seed in the NumPy framework."""
    input:
        train=lambda wildcards: dataset_path(wildcards.experiment, "train.npz"),
        validation=lambda wildcards: dataset_path(wildcards.experiment, "validation.npz"),
        dataset=lambda wildcards: dataset_path(wildcards.experiment, "dataset.json"),
    output:
        "results/runs/{experiment}/numpy/seed-{seed}/model.npz",
        "results/runs/{experiment}/numpy/seed-{seed}/history.csv",
        "results/runs/{experiment}/numpy/seed-{seed}/provenance.json",
    log:
        "logs/train_numpy/{experiment}/seed-{seed}.log",
    conda:
        "../../environment.yml"
    threads: 1
    params:
        spec=lambda wildcards: training_spec(wildcards.experiment),
        code=lambda wildcards: training_code(wildcards.experiment, "numpy"),
    shell:
        "python -m layerwise.training numpy --experiment {wildcards.experiment} --spec {params.spec:q}"
        " --seed {wildcards.seed} --train {input.train} --validation {input.validation} --dataset {input.dataset}"
        " --output results/runs/{wildcards.experiment}/numpy/seed-{wildcards.seed} > {log} 2>&1"


# Importing TensorFlow takes as long as training many of these models: one process trains all seeds of an experiment
# in Keras, which needs a rule for each.
for experiment in config["experiments"]:
    if "keras" in configuration.backends(config, experiment):

        rule:
            """Train one experiment in Keras, with every seed."""
            name:
                f"train_keras_{experiment}"
            input:
                train=dataset_path(experiment, "train.npz"),
                validation=dataset_path(experiment, "validation.npz"),
                dataset=dataset_path(experiment, "dataset.json"),
            output:
                expand(
                    "{run}/{file}",
                    run=runs_of(experiment, "keras"),
                    file=["model.weights.h5", "model.json", "history.csv", "provenance.json"],
                ),
            log:
                f"logs/train_keras/{experiment}.log",
            conda:
                "../../environment.yml"
            threads: 1
            params:
                experiment=experiment,
                spec=training_spec(experiment),
                seeds=list(configuration.seeds(config, experiment)),
                runs=runs_of(experiment, "keras"),
                code=training_code(experiment, "keras"),
            shell:
                "python -m layerwise.training keras --experiment {params.experiment} --spec {params.spec:q}"
                " --seed {params.seeds} --train {input.train} --validation {input.validation}"
                " --dataset {input.dataset} --output {params.runs} > {log} 2>&1"
