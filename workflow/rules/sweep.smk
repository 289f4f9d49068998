# Search over hyperparameters. The wall holds here too: trials train on the training split and are judged on the
# validation split. Which jobs there are is known before anything runs: a batch of suggestions reads the trials of the
# batches before it where the method learns from them, and a pruned search has a job for each rung, whoever reaches it.
wildcard_constraints:
    sweep=one_of(SWEEPS),
    batch=r"\d+",
    rung=r"\d+",
    first=r"\d+",
    last=r"\d+",


rule suggest:
    """Choose the settings of a batch of trials."""
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
    """Train some trials of a sweep up to a rung, each in a folder of its own that is kept while nothing changes."""
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
    """Decide which trials of a batch go on to a rung."""
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
    """Gather the trials of a sweep in tables, and name the best."""
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
