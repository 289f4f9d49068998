"""What is made again after a change: what the change touches, and nothing else."""

import pytest


def rules(jobs):
    return {job.rule for job in jobs}


@pytest.fixture
def copy(finished, tmp_path):
    return finished.clone(tmp_path / "copy")


def test_a_second_run_does_nothing(copy):
    assert copy.plan(*copy.targets) == []


def test_an_edit_of_a_layer_retrains_the_numpy_models_that_use_it(copy):
    _append(copy, "src/layerwise/nn/layers/core.py")
    trained = {job.rule for job in copy.plan(*copy.targets) if job.rule.startswith("train_")}
    assert trained
    assert all(rule.startswith("train_numpy_") for rule in trained)


def test_an_edit_of_another_layer_retrains_nothing(copy):
    _append(copy, "src/layerwise/nn/layers/convolution.py")
    assert copy.plan(*copy.targets) == []


def test_an_edit_of_a_plot_redraws_and_retrains_nothing(copy):
    _append(copy, "src/layerwise/plots/style.py")
    assert rules(copy.plan(*copy.targets)) == {"render"}


def test_an_edit_of_a_notebook_redraws_that_report_only(copy):
    _append(copy, "workflow/notebooks/assignment1.py")
    assert rules(copy.plan(*copy.targets)) == {"render"}


def test_changing_one_experiment_reruns_it_and_what_reads_it(copy):
    copy.edit("tiny.yaml", "iris_softmax: {epochs: 3,", "iris_softmax: {epochs: 4,")
    jobs = copy.plan(*copy.targets)
    trained = [job for job in jobs if job.rule.startswith("train_")]
    assert {job.rule for job in trained} == {"train_numpy_iris_softmax_0", "train_numpy_iris_softmax_1"}
    assert {file.split("/")[2] for job in trained for file in job.outputs} == {"iris_softmax"}
    readers = {"evaluate_iris_softmax_numpy", "summarise", "check_claims", "join_claims", "render"}
    assert rules(jobs) - rules(trained) <= readers
    summaries = [file for job in jobs if job.rule == "summarise" for file in job.outputs]
    assert summaries == ["results/summaries/assignment1.csv"]


def test_one_more_seed_trains_one_more_run(copy):
    copy.edit("tiny.yaml", "iris_softmax: {epochs: 3,", "iris_softmax: {epochs: 3, seeds: 3,")
    trained = [job for job in copy.plan(*copy.targets) if job.rule.startswith("train_")]
    assert [job.outputs[0] for job in trained] == ["results/runs/iris_softmax/numpy/seed-2/model.npz"]


def _append(project, file):
    with (project.folder / file).open("a") as stream:
        stream.write("\n# edited\n")


def test_one_more_rung_of_a_ladder_trains_that_rung_only(copy):
    (copy.folder / "ladder.yaml").write_text(
        "reports: {assignment1: [], assignment2: ['flower_tanh*'], assignment3: []}\n"
        "experiments: {'flower_tanh{units}': {for: {units: [1, 2]}, epochs: 1, seeds: 2}}\n"
    )
    target = "results/summaries/assignment2.csv"
    copy.snakemake(target, configfile="ladder.yaml")
    copy.edit("ladder.yaml", "[1, 2]", "[1, 2, 200]")
    jobs = copy.plan(target, configfile="ladder.yaml")
    trained = {file.split("/")[2] for job in jobs if job.rule.startswith("train_") for file in job.outputs}
    others = {rule for rule in rules(jobs) if not rule.startswith("train_")}
    assert others == {"evaluate_flower_tanh200_numpy", "summarise"}
    assert trained == {"flower_tanh200"}
