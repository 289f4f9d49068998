def study_spec(wildcards):
    """Return a study as JSON."""
    return json.dumps(STUDIES[wildcards.study])


# What a study imports only when it uses Keras.
IMPORTED_LATE = {name: ["layerwise.training.keras_loops"] for name in ("factorial", "forecasting")}


def study_code(wildcards):
    """Return the digest of the code of a study: its module and what that imports."""
    name = STUDIES[wildcards.study]["function"].partition(".")[0]
    return code.digest("layerwise.studies.__main__", f"layerwise.studies.{name}", *IMPORTED_LATE.get(name, []))


def study_splits(wildcards):
    """Return the splits that a study reads: never the test split, unless it evaluates."""
    spec = STUDIES[wildcards.study]
    names = SPLITS if spec.get("evaluates") else ["train", "validation"]
    return expand(
        "results/data/{dataset}/{split}.npz",
        dataset=spec.get("datasets", []),
        split=names,
    )


def study_runs(wildcards):
    """Return the folders of the runs that a study reads."""
    return [run for pair in pairs_of_study(wildcards.study) for run in runs_of(*pair)]


def study_models(wildcards):
    """Return what says that those runs are trained and, if the study evaluates, what they predict for the test split."""
    pairs, spec = pairs_of_study(wildcards.study), STUDIES[wildcards.study]
    files = [file for pair in pairs for file in trained(*pair)]
    return files + (evaluated(spec["report"]) if pairs and spec.get("evaluates") else [])


def study_descriptions(wildcards):
    """Return what describes the datasets that the models of a study were trained on."""
    return sorted({dataset_path(experiment, "dataset.json") for experiment, _ in pairs_of_study(wildcards.study)})


def study_sweeps(wildcards):
    """Return the tables of the sweeps that a study reads."""
    names = STUDIES[wildcards.study].get("sweeps", [])
    return expand("results/sweeps/{sweep}/trials.csv", sweep=names)


rule study:
    """Run a small experiment about learning itself, on training and validation data, and cache its arrays."""
    input:
        models=study_models,
        splits=study_splits,
        described=study_descriptions,
        sweeps=study_sweeps,
    output:
        "results/studies/{study}.npz",
    log:
        "logs/study/{study}.log",
    wildcard_constraints:
        study=one_of(name for name, spec in STUDIES.items() if not spec.get("evaluates")),
    conda:
        "../../environment.yml"
    threads: 1
    params:
        spec=study_spec,
        runs=study_runs,
        code=study_code,
    shell:
        "python -m layerwise.studies {wildcards.study:q} --spec {params.spec:q} --splits {input.splits:q}"
        " --runs {params.runs:q} --datasets {input.described:q} --sweeps {input.sweeps:q} --output {output:q}"
        " > {log:q} 2>&1"


use rule study as evaluate_study with:
    wildcard_constraints:
        study=one_of(name for name, spec in STUDIES.items() if spec.get("evaluates")),
