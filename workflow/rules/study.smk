rule study:
    """Run a study and store its arrays."""
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
        "python -m layerwise.reports {wildcards.study:q} --spec {params.spec:q} --splits {input.splits:q}"
        " --runs {params.runs:q} --datasets {input.described:q} --sweeps {input.sweeps:q} --output {output:q}"
        " > {log:q} 2>&1"


use rule study as evaluate_study with:
    wildcard_constraints:
        study=one_of(name for name, spec in STUDIES.items() if spec.get("evaluates")),
