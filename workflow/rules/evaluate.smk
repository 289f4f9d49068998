# The only rules that read a test split. One process evaluates all seeds of an experiment, because importing
# TensorFlow costs more than evaluating; that takes a rule for each experiment and backend, made by this loop.
for experiment in config["experiments"]:
    for backend in configuration.backends(config, experiment):

        rule:
            """Predict and measure every split with every seed of one experiment in one backend."""
            name:
                f"evaluate_{experiment}_{backend}"
            input:
                models=expand(
                    "{run}/{file}",
                    run=runs_of(experiment, backend),
                    file=MODEL_FILES[backend],
                ),
                histories=expand("{run}/history.csv", run=runs_of(experiment, backend)),
                dataset=[dataset_path(experiment, f"{part}.npz") for part in SPLITS]
                + [dataset_path(experiment, "dataset.json")],
            output:
                metrics=expand("{run}/metrics.json", run=runs_of(experiment, backend)),
                predictions=expand("{run}/predictions.npz", run=runs_of(experiment, backend)),
            log:
                f"logs/evaluate_{backend}/{experiment}.log",
            conda:
                "../../environment.yml"
            threads: 1
            params:
                experiment=experiment,
                backend=backend,
                spec=training_spec(experiment),
                runs=runs_of(experiment, backend),
                resamples=config["resamples"],
                code=training_code(experiment, backend, "layerwise.evaluation.__main__", "layerwise.evaluation.run"),
            shell:
                "python -m layerwise.evaluation run --experiment {params.experiment:q} --backend {params.backend:q}"
                ' --spec {params.spec:q} --dataset "$(dirname {input.dataset[0]:q})" --runs {params.runs:q}'
                " --resamples {params.resamples:q} > {log:q} 2>&1"


rule summarise:
    """Gather the metrics of a report's runs in one table: mean, spread and interval over seeds."""
    input:
        metrics_of_report,
    output:
        "results/summaries/{report}.csv",
    log:
        "logs/summarise/{report}.log",
    conda:
        "../../environment.yml"
    params:
        code=code.digest("layerwise.evaluation.__main__", "layerwise.evaluation.summary"),
    shell:
        "python -m layerwise.evaluation summary --output {output:q} {input:q} > {log:q} 2>&1"


rule check_claims:
    """Decide every claim of a report by its test, over the artifacts that the claim names."""
    input:
        claims_artifacts,
    output:
        "results/claims/{report}.csv",
    log:
        "logs/check_claims/{report}.log",
    conda:
        "../../environment.yml"
    params:
        claims=claims_spec,
        code=code.digest("layerwise.claims"),
    shell:
        "python -m layerwise.claims check --report {wildcards.report:q} --spec {params.claims:q} --output {output:q}"
        " {input:q} > {log:q} 2>&1"


rule join_claims:
    """Join the claims of all reports in one table."""
    input:
        expand("results/claims/{report}.csv", report=config["reports"]),
    output:
        "results/claims.csv",
    log:
        "logs/join_claims.log",
    conda:
        "../../environment.yml"
    shell:
        "python -m layerwise.claims join --output {output:q} {input:q} > {log:q} 2>&1"
