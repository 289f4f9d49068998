# The only rule that reads a test split. One process evaluates all runs behind a report in one backend, because importing
# TensorFlow costs more than evaluating; what two reports share is evaluated for one and kept for the other.


def pairs_behind(report):
    """Return the pairs of experiment and backend that a report, its studies and its claims speak of."""
    pairs = dict.fromkeys(pairs_of(report))
    for study, spec in studies_of(report).items():
        if spec.get("evaluates"):
            pairs |= dict.fromkeys(pairs_of_study(study))
    for sources in claims_of(report).values():
        pairs |= dict.fromkeys(source for source in sources if isinstance(source, tuple))
    return list(pairs)


def evaluation_runs(wildcards):
    """Return, as JSON, the runs of each experiment behind a report, and the digest of the code that evaluates them."""
    entries = ("layerwise.evaluation.__main__", "layerwise.evaluation.run")
    return json.dumps(
        {
            f"results/runs/{experiment}/{backend}": {
                "seeds": len(configuration.seeds(config, experiment)),
                "dataset": os.path.dirname(dataset_path(experiment, "")),
                "code": training_code(experiment, backend, *entries),
            }
            for experiment, backend in pairs_behind(wildcards.report)
            if backend == wildcards.backend
        }
    )


def evaluation_input(wildcards):
    """Return what says that the runs behind a report are trained, and the datasets they are evaluated on."""
    pairs = [pair for pair in pairs_behind(wildcards.report) if pair[1] == wildcards.backend]
    return {
        "trained": [file for pair in pairs for file in trained(*pair)],
        "data": sorted(
            {
                dataset_path(experiment, name)
                for experiment, _ in pairs
                for name in [*(f"{split}.npz" for split in SPLITS), "dataset.json"]
            }
        ),
    }


def claims_of(report):
    """Return the claims of a report that this configuration can decide, each with what it speaks of.

    That is a pair of experiment and backend, or the file of a study.
    """
    made = {pair for name in config["reports"] for pair in pairs_of(name)}
    found = {}
    for name, claim in config["claims"].items():
        if claim["report"] != report:
            continue
        sources = set()
        for source in claims.sources(claim):
            first, second = source.split("/")[:2]
            known = second in STUDIES if first == "studies" else (first, second) in made
            sources.add((f"results/studies/{second}.npz" if first == "studies" else (first, second)) if known else None)
        if None not in sources:
            found[name] = sources
    return found


def claims_artifacts(wildcards):
    """Return the artifacts that the claims of a report speak of."""
    sources = {source for sources in claims_of(wildcards.report).values() for source in sources}
    files = {source for source in sources if isinstance(source, str)}
    runs = {run for source in sources - files for run in runs_of(*source)}
    return sorted(files | {f"{run}/metrics.json" for run in runs})


def claims_spec(wildcards):
    """Return the claims of a report, and the published numbers they are held against, as JSON."""
    chosen = {name: config["claims"][name] for name in claims_of(wildcards.report)}
    names = {claim["anchor"] for claim in chosen.values() if "anchor" in claim}
    return json.dumps({"claims": chosen, "anchors": {name: config["anchors"][name] for name in sorted(names)}})


rule evaluate:
    """Predict and measure every split with every run behind a report in one backend."""
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
    """Gather the metrics of a report's runs in one table: mean, spread and interval over seeds."""
    input:
        lambda wildcards: evaluated(wildcards.report),
    output:
        "results/summaries/{report}.csv",
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
    """Decide every claim of a report by its test, over the artifacts that the claim names."""
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
        code=code.digest("layerwise.claims"),
    shell:
        "python -m layerwise.claims check --report {wildcards.report:q} --spec {params.claims:q} --output {output:q}"
        " {params.artifacts:q} > {log:q} 2>&1"


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
