# The wall: nothing here reads a test split. tests/workflow/test_wall.py holds the DAG to it.
rule train_numpy:
    """Train one experiment with one seed in the NumPy framework."""
    input:
        train=dataset_file("train.npz"),
        validation=dataset_file("validation.npz"),
        dataset=dataset_file("dataset.json"),
    output:
        "results/runs/{experiment}/numpy/seed-{seed}/model.npz",
        "results/runs/{experiment}/numpy/seed-{seed}/history.csv",
        "results/runs/{experiment}/numpy/seed-{seed}/provenance.json",
    log:
        "logs/train_numpy/{experiment}/seed-{seed}.log",
    threads: 1
    params:
        spec=experiment_spec,
        code=training_code("numpy"),
    shell:
        "python -m layerwise.training numpy --experiment {wildcards.experiment} --spec {params.spec:q}"
        " --seed {wildcards.seed} --train {input.train} --validation {input.validation} --dataset {input.dataset}"
        " --output results/runs/{wildcards.experiment}/numpy/seed-{wildcards.seed} > {log} 2>&1"


rule train_keras:
    """Train one experiment with one seed in Keras."""
    input:
        train=dataset_file("train.npz"),
        validation=dataset_file("validation.npz"),
        dataset=dataset_file("dataset.json"),
    output:
        "results/runs/{experiment}/keras/seed-{seed}/model.weights.h5",
        "results/runs/{experiment}/keras/seed-{seed}/model.json",
        "results/runs/{experiment}/keras/seed-{seed}/history.csv",
        "results/runs/{experiment}/keras/seed-{seed}/provenance.json",
    log:
        "logs/train_keras/{experiment}/seed-{seed}.log",
    threads: 1
    params:
        spec=experiment_spec,
        code=training_code("keras"),
    shell:
        "python -m layerwise.training keras --experiment {wildcards.experiment} --spec {params.spec:q}"
        " --seed {wildcards.seed} --train {input.train} --validation {input.validation} --dataset {input.dataset}"
        " --output results/runs/{wildcards.experiment}/keras/seed-{wildcards.seed} > {log} 2>&1"
