# Hyperparameter search. Trials are trained on the training split and compared on the validation split; the test split
# is not read. All jobs are known before the run starts: for adaptive methods, a batch of suggestions depends on the
# trials of earlier batches, and a pruned search has jobs for every rung, whichever trials reach it.
wildcard_constraints:
    sweep=one_of(SWEEPS),
    batch=r"\d+",
    rung=r"\d+",
    first=r"\d+",
    last=r"\d+",


rule suggest:
    """Suggest the settings of a batch of trials."""
    input:
        suggest_input,
    output:
        "results/sweeps/{sweep}/suggestions/{batch}.json",
    log:
        "logs/suggest/{sweep}/{batch}.log",
    conda:
        "../../environment.yml"
    params:
        folder="results/sweeps/{sweep}",
        sweep=lambda wildcards: sweep_text(wildcards.sweep, *(JUDGED if suggest_input(wildcards) else DRAWN)),
        code=code.digest("layerwise.tuning.__main__", "layerwise.tuning.suggest", "layerwise.tuning.gaussian"),
    shell:
        "python -m layerwise.tuning suggest --sweep {params.sweep:q} --folder {params.folder:q}"
        " --batch {wildcards.batch:q} --output {output:q} > {log:q} 2>&1"


rule train_trials:
    """Train trials of a sweep up to a rung, keeping those that are up to date."""
    input:
        trial_input,
        train=sweep_data("train.npz"),
        validation=sweep_data("validation.npz"),
        dataset=sweep_data("dataset.json"),
    output:
        SWEEP_PART,
    log:
        "logs/train_trials/{sweep}/rung-{rung}/{first}-{last}.log",
    conda:
        "../../environment.yml"
    threads: 1
    params:
        folder="results/sweeps/{sweep}",
        sweep=lambda wildcards: sweep_text(wildcards.sweep, *TRAINED),
        code=lambda wildcards: trial_code(wildcards.sweep),
    shell:
        "python -m layerwise.tuning train --sweep {params.sweep:q} --folder {params.folder:q} --rung {wildcards.rung:q}"
        " --trials {wildcards.first:q} {wildcards.last:q} --train {input.train:q} --validation {input.validation:q}"
        " --dataset {input.dataset:q} --code {params.code:q} --output {output:q} > {log:q} 2>&1"


rule prune:
    """Decide which trials of a batch are promoted to a rung."""
    input:
        prune_input,
    output:
        "results/sweeps/{sweep}/rungs/{batch}-{rung}.json",
    log:
        "logs/prune/{sweep}/{batch}-{rung}.log",
    conda:
        "../../environment.yml"
    params:
        folder="results/sweeps/{sweep}",
        sweep=lambda wildcards: sweep_text(wildcards.sweep, *JUDGED),
        trials=lambda wildcards: [SWEEPS[wildcards.sweep].batches[int(wildcards.batch)][end] for end in (0, -1)],
        code=code.digest("layerwise.tuning.__main__", "layerwise.tuning.prune", "layerwise.tuning.table"),
    shell:
        "python -m layerwise.tuning prune --sweep {params.sweep:q} --folder {params.folder:q} --batch {wildcards.batch:q}"
        " --trials {params.trials:q} --rung {wildcards.rung:q} --output {output:q} > {log:q} 2>&1"


rule collect_trials:
    """Collect the trials of a sweep in tables and write the best experiment."""
    input:
        lambda wildcards: parts_before(wildcards.sweep, len(SWEEPS[wildcards.sweep].batches)),
    output:
        expand("results/sweeps/{sweep}/{file}", file=SWEEP_FILES, allow_missing=True),
    log:
        "logs/collect_trials/{sweep}.log",
    conda:
        "../../environment.yml"
    params:
        folder="results/sweeps/{sweep}",
        sweep=lambda wildcards: sweep_text(wildcards.sweep, *SWEEPS[wildcards.sweep].spec),
        code=code.digest("layerwise.tuning.__main__", "layerwise.tuning.table"),
    shell:
        "python -m layerwise.tuning collect --sweep {params.sweep:q} --folder {params.folder:q} > {log:q} 2>&1"
