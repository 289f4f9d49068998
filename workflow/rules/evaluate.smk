# Besides evaluate_study and render, this is the only rule that reads a test split. One process evaluates all runs of a
# report in one backend, because importing TensorFlow takes longer than an evaluation. Runs shared by two reports are
# evaluated once.
rule evaluate:
    """Compute predictions and metrics on every split for all runs of a report in one backend."""
    input:
        unpack(evaluation_input),
    output:
        "results/evaluations/{report}-{backend}.json",
    log:
        "logs/evaluate_{backend}/{report}.log",
    conda:
        "../../environment.yml"
    threads: 1
    params:
        runs=evaluation_runs,
        resamples=config["resamples"],
    shell:
        "python -m layerwise.evaluation run --runs {params.runs:q} --resamples {params.resamples:q} --output {output:q}"
        " > {log:q} 2>&1"


rule summarise:
    """Summarize the metrics of a report's runs: mean, standard deviation and interval over seeds."""
    input:
        lambda wildcards: evaluated(wildcards.report),
    output:
        report(
            "results/summaries/{report}.csv",
            caption="../report/summary.rst",
            category="Tables",
            labels={"table": "metrics of {report}"},
        ),
    log:
        "logs/summarise/{report}.log",
    conda:
        "../../environment.yml"
    params:
        runs=lambda wildcards: [run for pair in pairs_of(wildcards.report) for run in runs_of(*pair)],
        code=code.digest("layerwise.evaluation.__main__", "layerwise.evaluation.summary"),
    shell:
        "python -m layerwise.evaluation summary --output {output:q} {params.runs:q} > {log:q} 2>&1"


rule check_claims:
    """Decide every claim of a report by its statistical test."""
    input:
        lambda wildcards: evaluated(wildcards.report),
        lambda wildcards: [file for file in claims_artifacts(wildcards) if file.startswith("results/studies/")],
    output:
        "results/claims/{report}.csv",
    log:
        "logs/check_claims/{report}.log",
    conda:
        "../../environment.yml"
    params:
        artifacts=claims_artifacts,
        claims=claims_spec,
        code=code.digest("layerwise.claims.__main__"),
    shell:
        "python -m layerwise.claims check --report {wildcards.report:q} --spec {params.claims:q} --output {output:q}"
        " {params.artifacts:q} > {log:q} 2>&1"


rule join_claims:
    """Join the claims of all reports into one table."""
    input:
        expand("results/claims/{report}.csv", report=config["reports"]),
    output:
        report("results/claims.csv", caption="../report/claims.rst", category="Tables", labels={"table": "claims"}),
    log:
        "logs/join_claims.log",
    conda:
        "../../environment.yml"
    shell:
        "python -m layerwise.claims join --output {output:q} {input:q} > {log:q} 2>&1"
