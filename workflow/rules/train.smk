# The wall: nothing here reads a test split. tests/workflow/test_dag.py holds the DAG to it.
#
# Starting a process, and importing TensorFlow above all, takes as long as training many of these models: one process
# trains as many seeds of an experiment as `seeds_per_job` says, which needs a rule for each such group.
for experiment in config["experiments"]:
    for backend in configuration.backends(config, experiment):
        for seeds in configuration.seed_groups(config, experiment):

            rule:
                """Train one experiment in one backend, with some of its seeds."""
                name:
                    f"train_{backend}_{experiment}_{seeds[0]}"
                input:
                    train=dataset_path(experiment, "train.npz"),
                    validation=dataset_path(experiment, "validation.npz"),
                    dataset=dataset_path(experiment, "dataset.json"),
                    start=expand(
                        "{run}/{file}",
                        run=start_of(experiment, backend, seeds),
                        file=MODEL_FILES[backend],
                    ),
                output:
                    expand(
                        "{run}/{file}",
                        run=runs_of(experiment, backend, seeds),
                        file=[*MODEL_FILES[backend], "history.csv", "provenance.json"],
                    ),
                log:
                    f"logs/train_{backend}/{experiment}/seed-{seeds[0]}.log",
                conda:
                    "../../environment.yml"
                threads: 1
                params:
                    backend=backend,
                    experiment=experiment,
                    spec=training_spec(experiment),
                    seeds=list(seeds),
                    runs=runs_of(experiment, backend, seeds),
                    start=["--start", *starts] if (starts := start_of(experiment, backend, seeds)) else [],
                    code=training_code(experiment, backend),
                shell:
                    "python -m layerwise.training {params.backend:q} --experiment {params.experiment:q}"
                    " --spec {params.spec:q} --seed {params.seeds:q} --train {input.train:q}"
                    " --validation {input.validation:q} --dataset {input.dataset:q} --output {params.runs:q}"
                    " {params.start:q} > {log:q} 2>&1"
