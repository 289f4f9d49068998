"""A change reruns the jobs that depend on it and no others."""

import pytest


def rules(jobs):
    return {job.rule for job in jobs}


@pytest.fixture
def copy(finished, tmp_path):
    return finished.clone(tmp_path / "copy")


def test_a_second_run_does_nothing(copy):
    assert copy.plan(*copy.targets) == []


def test_an_edit_of_a_layer_retrains_the_models_that_use_it(copy):
    """In Keras too, because a Keras model starts from the weights of the NumPy layers."""
    _append(copy, "src/layerwise/nn/layers/core.py")
    trained = [job for job in copy.plan(*copy.targets) if job.rule == "train"]
    assert {file.split("/")[3] for job in trained for file in job.outputs} == {"numpy", "keras"}


def test_an_edit_of_another_layer_retrains_nothing(copy):
    _append(copy, "src/layerwise/nn/layers/convolution.py")
    assert copy.plan(*copy.targets) == []


def test_an_edit_of_a_plot_renders_again_and_retrains_nothing(copy):
    _append(copy, "src/layerwise/plots/style.py")
    assert rules(copy.plan(*copy.targets)) == {"render"}


def test_an_edit_of_a_notebook_renders_only_that_report_again(copy):
    _append(copy, "workflow/notebooks/assignment1.py")
    assert rules(copy.plan(*copy.targets)) == {"render"}


def test_a_change_of_one_experiment_reruns_it_and_its_dependents(copy):
    copy.edit("tiny.yaml", "iris_softmax: {epochs: 3,", "iris_softmax: {epochs: 4,")
    jobs = copy.plan(*copy.targets)
    trained = [job for job in jobs if job.rule == "train"]
    assert sorted(file for job in trained for file in job.outputs) == [
        "results/runs/iris_softmax/numpy/trained-0-0.json",
        "results/runs/iris_softmax/numpy/trained-1-1.json",
    ]
    assert rules(jobs) - rules(trained) <= {"evaluate", "summarise", "check_claims", "join_claims", "render"}
    summaries = [file for job in jobs if job.rule == "summarise" for file in job.outputs]
    assert summaries == ["results/summaries/assignment1.csv"]


def test_one_more_seed_trains_one_more_run(copy):
    copy.edit("tiny.yaml", "iris_softmax: {epochs: 3,", "iris_softmax: {epochs: 3, seeds: 3,")
    trained = [job for job in copy.plan(*copy.targets) if job.rule == "train"]
    assert [job.outputs[0] for job in trained] == ["results/runs/iris_softmax/numpy/trained-2-2.json"]


def _append(project, file):
    with (project.folder / file).open("a") as stream:
        stream.write("\n# edited\n")


def test_one_more_value_of_for_trains_only_that_experiment(copy):
    (copy.folder / "units.yaml").write_text(
        "reports: {assignment1: [], assignment2: ['flower_tanh*'], assignment3: []}\n"
        "experiments: {'flower_tanh{units}': {for: {units: [1, 2]}, epochs: 1, seeds: 2}}\n"
    )
    target = "results/summaries/assignment2.csv"
    copy.snakemake(target, configfile="units.yaml")
    copy.edit("units.yaml", "[1, 2]", "[1, 2, 200]")
    jobs = copy.plan(target, configfile="units.yaml")
    trained = {file.split("/")[2] for job in jobs if job.rule == "train" for file in job.outputs}
    others = {rule for rule in rules(jobs) if rule != "train"}
    assert others == {"evaluate", "summarise"}
    assert trained == {"flower_tanh200"}


def test_regrouped_seeds_and_a_lost_file_train_only_what_is_missing(copy, finished):
    (copy.folder / "results/runs/iris_softmax/numpy/seed-1/model.npz").unlink()
    (copy.folder / "results/runs/digits_softmax/numpy/seed-0/metrics.json").unlink()
    copy.edit("tiny.yaml", "seeds_per_job: 1", "seeds_per_job: 2")
    copy.snakemake(*copy.targets)
    logs = {path.parent.name: path.read_text() for path in copy.folder.glob("logs/train_*/*/seeds-0-1.log")}
    assert {name: log.count("kept") for name, log in logs.items()} == {
        "blobs_logistic": 2,
        "iris_softmax": 1,
        "digits_softmax": 2,
    }
    results = {name: content for name, content in copy.bytes().items() if "/trained-" not in name}
    assert results == {name: content for name, content in finished.bytes().items() if "/trained-" not in name}
