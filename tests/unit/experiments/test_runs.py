"""Runs from the command line: output files, reproducibility, and messages for invalid input."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight
from tiny_runs import SPEC, command, evaluate, train, write_dataset

from layerwise.claims.artifacts import Artifacts
from layerwise.evaluation.run import probabilities
from layerwise.evaluation.summary import summarise
from layerwise.experiments import history, numpy_backend
from layerwise.experiments.run import balanced_weights, targets
from layerwise.pipeline.files import digests, read_json, read_npz, write_json
from layerwise.reporting.artifacts import Experiment
from layerwise.reports.trained import Trained

FILES = {"numpy": {"model.npz"}, "keras": {"model.weights.h5", "model.json"}}


def contents(folder, skip=("provenance.json",)):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in skip}


@pytest.fixture(params=["numpy", "keras"])
def backend(request):
    return request.param


@pytest.fixture
def make_dataset(tmp_path):
    return lambda task="multiclass", **changes: write_dataset(tmp_path / "data", task, **changes)


def test_a_run_from_training_to_summary(backend, make_dataset, tmp_path):
    data, runs = make_dataset(), tmp_path / "tiny" / backend
    done = train(backend, data, runs, seeds=(0, 1))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("epoch 3/3 loss") == 2  # progress, one line per epoch

    written = contents(runs / "seed-0")
    assert set(written) == FILES[backend] | {"history.csv"}
    rows = history.read(runs / "seed-0/history.csv")
    assert [*rows[0]] == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert rows[0]["learning_rate"] == pytest.approx(0.05 * 0.9, rel=1e-4)  # after the first four steps
    assert rows[-1]["loss"] < rows[0]["loss"]

    provenance = read_json(runs / "seed-0/provenance.json")
    assert provenance["spec"] == SPEC
    assert provenance["inputs"]["train.npz"] == read_json(data / "dataset.json")["splits"]["train"]
    assert provenance["threads"]["OMP_NUM_THREADS"] == "1"
    assert provenance["parameters"] == 4 * 6 + 6 + 6 * 3 + 3
    assert provenance["peak_memory_bytes"] > 10**7
    assert 0 <= provenance["seconds"]["fit"]["cpu"] <= provenance["seconds"]["total"]["cpu"] + 0.01
    assert ("keras" in provenance["versions"]) == (backend == "keras")

    again = tmp_path / "again"
    assert train(backend, data, again, seeds=(1, 1)).returncode == 0  # a seed gives the same run alone or after another
    assert contents(again / "seed-1") == contents(runs / "seed-1")
    assert contents(again / "seed-1") != written

    done = evaluate(data, runs, seeds=2)
    assert done.returncode == 0, done.stderr
    measured = read_json(runs / "seed-0/metrics.json")
    predictions = read_npz(runs / "seed-0/predictions.npz")
    assert {name: values.shape for name, values in predictions.items()} == {
        "train": (60, 3),
        "validation": (21, 3),
        "test": (30, 3),
    }
    truth = read_npz(data / "test.npz")["y"]
    wrong = np.flatnonzero(predictions["test"].argmax(axis=1) != truth)
    assert measured["splits"]["test"]["mistakes"] == wrong.tolist()
    assert measured["splits"]["test"]["accuracy"] == pytest.approx(1 - len(wrong) / 30)
    assert measured["splits"]["validation"]["accuracy"] == pytest.approx(rows[-1]["val_accuracy"], abs=1e-6)
    low, high = measured["splits"]["test"]["intervals"]["accuracy"]
    assert low <= measured["splits"]["test"]["accuracy"] <= high

    summary = tmp_path / "summary.csv"
    folders = [runs / f"seed-{seed}" for seed in (0, 1)]
    assert command("layerwise.evaluation", "summary", "--output", summary, *folders).returncode == 0
    head, *lines = summary.read_text().splitlines()
    assert head == "experiment,backend,split,metric,mean,sd,low,high,seeds,diverged"
    assert f"tiny,{backend},test,accuracy" in "\n".join(lines)


def test_a_divergence_is_recorded_not_raised(backend, make_dataset, tmp_path):
    runs = tmp_path / "tiny" / backend
    model = [{"layer": "Dense", "units": 4}, {"layer": "Dense", "units": 1}]
    spec = SPEC | {
        "model": model,
        "loss": {"name": "MeanSquaredError"},
        "optimizer": {"name": "SGD", "learning_rate": 1e9},
        "epochs": 50,
        "early_stopping": {"patience": 50},
    }
    data = make_dataset("regression")
    done = train(backend, data, runs, spec)
    assert done.returncode == 0, done.stderr
    last = (runs / "seed-0/history.csv").read_text().splitlines()[-1]
    epoch = int(last.split(",")[0])
    assert epoch < 50
    assert last.split(",")[1] == "nan"
    assert f"diverged in epoch {epoch}" in done.stdout

    done = evaluate(data, runs)
    assert done.returncode == 0, done.stderr
    measured = read_json(runs / "seed-0/metrics.json")
    assert (measured["status"], measured["epoch"], measured["splits"]) == ("diverged", epoch, {})
    summary = tmp_path / "summary.csv"
    command("layerwise.evaluation", "summary", "--output", summary, runs / "seed-0")
    assert summary.read_text().splitlines()[1:] == [f"tiny,{backend},,,,,,,0,1"]


def test_numpy_training_imports_no_heavy_packages(make_dataset, tmp_path):
    data = make_dataset()
    program = """
import os, runpy, sys
sys.argv[0] = "training"
os._exit = sys.exit  # a finished command calls os._exit, after which nothing would be printed
try:
    runpy.run_module("layerwise.experiments", run_name="__main__")
finally:
    heavy = {"tensorflow", "keras", "pandas", "matplotlib", "scipy", "sklearn"} & set(sys.modules)
    print("heavy:", sorted(heavy))
"""
    arguments = ["numpy", "--experiment", "tiny", "--spec", json.dumps(SPEC), "--seeds", "0", "0", "--splits"]
    arguments += [str(data / name) for name in ("train.npz", "validation.npz", "dataset.json")]
    arguments += ["--output", str(tmp_path / "trained.json")]
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    assert "heavy: []" in done.stdout


@pytest.mark.parametrize(
    "outputs, task, from_logits, expected",
    [
        ([[0.0, np.log(3.0)]], "multiclass", True, [[0.25, 0.75]]),
        ([[1000.0, 0.0]], "multiclass", True, [[1.0, 0.0]]),
        ([[0.2, 0.6]], "multiclass", False, [[0.25, 0.75]]),  # independent sigmoids
        ([[np.log(3.0)], [-1000.0]], "binary", True, [0.75, 0.0]),
        ([[0.3]], "binary", False, [0.3]),
        ([[2.5, -1.0]], "regression", False, [[2.5, -1.0]]),
    ],
)
def test_outputs_become_probabilities(outputs, task, from_logits, expected):
    assert probabilities(np.array(outputs, np.float32), task, from_logits) == pytest.approx(
        np.array(expected), abs=1e-6
    )


@pytest.mark.parametrize(
    "task, loss, expected",
    [
        ("multiclass", "SparseCategoricalCrossentropy", [0, 2]),
        ("multiclass", "CategoricalCrossentropy", [[1, 0, 0], [0, 0, 1]]),
        ("binary", "BinaryCrossentropy", [[0], [2]]),
    ],
)
def test_targets_have_the_format_of_the_loss(task, loss, expected):
    converted = targets(np.array([0, 2], np.int32), {"task": task, "classes": 3}, {"name": loss})
    assert converted.tolist() == expected


@pytest.mark.parametrize("task, width", [("binary", ()), ("regression", (1,))])
def test_other_tasks(task, width, make_dataset, tmp_path):
    runs = tmp_path / "tiny" / "numpy"
    loss = {"binary": {"name": "BinaryCrossentropy", "from_logits": True}, "regression": {"name": "MeanSquaredError"}}
    spec, data = SPEC | {"loss": loss[task], "epochs": 20}, make_dataset(task)
    done = train("numpy", data, runs, spec)
    assert done.returncode == 0, done.stderr
    done = evaluate(data, runs)
    assert done.returncode == 0, done.stderr
    assert read_npz(runs / "seed-0/predictions.npz")["test"].shape == (30, *width)
    measured = read_json(runs / "seed-0/metrics.json")["splits"]["test"]
    assert measured["r2" if task == "regression" else "accuracy"] > 0.8


def test_balanced_weights_are_those_of_scikit_learn():
    y = np.array([0, 0, 0, 0, 0, 2, 2, 1])
    expected = compute_class_weight("balanced", classes=np.arange(3), y=y)
    np.testing.assert_allclose(balanced_weights(y, 3), expected, rtol=1e-6)
    assert balanced_weights(y, 3)[y].mean() == pytest.approx(1)


def test_class_weights_have_the_same_effect_in_both_backends(make_dataset, tmp_path):
    rare = {f"{split}_y": lambda y: np.where(np.arange(len(y)) % 7 == 0, 1, 0).astype(np.int32) for split in
            ("train", "validation")}  # fmt: skip
    data = make_dataset("binary", **rare)
    spec = SPEC | {
        "model": [{"layer": "Dense", "units": "classes"}],
        "loss": {"name": "Crossentropy", "from_logits": True},
    }
    curves = {}
    for backend, weight in (("numpy", "balanced"), ("keras", "balanced"), ("numpy", "none")):
        runs = tmp_path / f"{backend}-{weight}" / backend
        done = train(backend, data, runs, spec | {"class_weight": weight})
        assert done.returncode == 0, done.stderr
        rows = history.read(runs / "seed-0/history.csv")
        curves[backend, weight] = np.array([[row[k] for k in ("loss", "val_loss", "accuracy")] for row in rows])
    np.testing.assert_allclose(curves["numpy", "balanced"], curves["keras", "balanced"], rtol=1e-4)
    assert np.abs(curves["numpy", "balanced"] - curves["numpy", "none"])[:, :2].min() > 0.01
    done = train("numpy", make_dataset("regression"), tmp_path / "r", SPEC | {
        "loss": {"name": "MeanSquaredError"}, "class_weight": "balanced"})  # fmt: skip
    assert "experiments.tiny.class_weight: must not be set for a regression, got 'balanced'" in done.stderr


def test_early_stopping_keeps_the_best_weights(make_dataset, tmp_path):
    spec = SPEC | {"epochs": 200, "early_stopping": {"patience": 3}}
    done = train("numpy", make_dataset(), tmp_path, spec)
    rows = history.read(tmp_path / "seed-0/history.csv")
    assert len(rows) < 200, done.stderr
    assert min(range(len(rows)), key=lambda i: rows[i]["val_loss"]) == len(rows) - 4


def changed(**keys):
    return {"spec": SPEC | keys}


def replaced(**arrays):
    return {"arrays": arrays}


def put(index, value):
    def change(array):
        array = array.copy()
        array[index] = value
        return array

    return change


@pytest.mark.parametrize(
    "bad, message",
    [
        (replaced(train_x=put((5, 2), np.nan)), "train.npz: x must be finite, got NaN or infinity first at [5, 2]"),
        (
            replaced(validation_x=put((0, 1), np.inf)),
            "validation.npz: x must be finite, got NaN or infinity first at [0, 1]",
        ),
        (replaced(train_y=put(3, 7)), "train.npz: labels must lie in [0, 3), got 0 to 7"),
        (replaced(train_y=put(3, -1)), "train.npz: labels must lie in [0, 3), got -1 to 2"),
        (
            replaced(train_y=lambda y: y.astype(np.float32)),
            "train.npz: y must hold one integer per example, got float",
        ),
        (replaced(train_x=lambda x: x[:, :2]), "train.npz: x must have examples of shape (4,), got (2,)"),
        (
            replaced(train_x=lambda x: x[:9]),
            "train.npz: x and y must have the same number of examples, at least 1, got 9",
        ),
        (changed(epochs=0), "experiments.tiny.epochs: must be an integer ≥ 1, got 0"),
        (changed(batch_size=-4), "experiments.tiny.batch_size: must be an integer ≥ 1, got -4"),
        (
            changed(optimizer={"name": "Adma"}),
            "experiments.tiny.optimizer: unknown optimizer 'Adma'; did you mean 'Adam'?",
        ),
        (
            changed(model=[{"layer": "Dense", "units": 2}]),
            "experiments.tiny.model: output must have shape (3,) for the dataset 'tiny', got (2,); end with {layer: D",
        ),
        (changed(loss={"name": "Huber", "delta": "x"}), "experiments.tiny"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(bad, message, make_dataset, tmp_path):
    output = tmp_path / "run"
    done = train("numpy", make_dataset(**bad.get("arrays", {})), output, bad.get("spec", SPEC))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert message in done.stderr
    assert not output.exists()


def test_a_file_with_the_wrong_digest_is_an_error(make_dataset, tmp_path):
    data = make_dataset()
    (data / "train.npz").write_bytes((data / "validation.npz").read_bytes())
    done = train("numpy", data, tmp_path / "run")
    assert done.returncode == 1
    assert "train.npz: sha256 differs from dataset.json (truncated?); delete it and rerun" in done.stderr


@pytest.fixture
def finished(make_dataset, tmp_path):
    """Return a dataset and the folder of two evaluated runs on it."""
    data, runs = make_dataset(), tmp_path / "tiny" / "numpy"
    assert train("numpy", data, runs, seeds=(0, 1)).returncode == 0
    assert evaluate(data, runs, seeds=2).returncode == 0
    return data, runs


def test_finished_runs_are_kept_if_the_seeds_are_regrouped(finished):
    data, runs = finished
    done = train("numpy", data, runs, seeds=(0, 2))
    assert [line.endswith("kept") for line in done.stdout.splitlines() if "seed" in line] == [True, True, False]
    assert set(read_json(runs / "trained-0-2.json")) == {str(runs / f"seed-{seed}") for seed in range(3)}
    done = evaluate(data, runs, seeds=3)
    assert done.stdout.count("accuracy") == 3  # three splits of one run


@pytest.mark.parametrize(
    "change",
    [
        lambda runs, data: {"spec": SPEC | {"epochs": 2}},
        lambda runs, data: (runs / "seed-0/model.npz").write_bytes(b"edited") and {},
        lambda runs, data: (runs / "seed-0/history.csv").unlink(),
        lambda runs, data: {"LAYERWISE_RETRAIN": "1"},
        lambda runs, data: write_dataset(data, train_x=lambda x: x + 1) and {},
    ],
    ids=["another specification", "an edited model", "a lost file", "forced", "other data"],
)
def test_an_outdated_run_is_retrained(finished, change):
    data, runs = finished
    done = train("numpy", data, runs, **(change(runs, data) or {}))
    assert done.returncode == 0, done.stderr
    assert "kept" not in done.stdout
    assert "epoch 2/" in done.stdout


@pytest.mark.parametrize("file", ["metrics.json", "predictions.npz"])
def test_an_edited_evaluation_is_recomputed(finished, file):
    data, runs = finished
    before = (runs / "seed-1" / file).read_bytes()
    (runs / "seed-1" / file).write_bytes(b"edited")
    assert evaluate(data, runs, seeds=2).returncode == 0
    assert (runs / "seed-1" / file).read_bytes() == before


def test_an_edited_test_split_is_an_error(finished):
    data, runs = finished
    (data / "test.npz").write_bytes((data / "validation.npz").read_bytes())
    done = evaluate(data, runs)
    assert done.returncode == 1
    assert "test.npz: sha256 differs from dataset.json (truncated?); delete it and rerun" in done.stderr


def test_predictions_that_are_not_finite_are_an_error(finished):
    data, runs = finished
    model = numpy_backend.load(runs / "seed-0")
    model.set_weights([np.full_like(weights, 1e38) for weights in model.get_weights()])
    numpy_backend.save(model, runs / "seed-0")
    provenance = read_json(runs / "seed-0/provenance.json")
    files = digests(runs / "seed-0", provenance["files"])
    write_json(runs / "seed-0/provenance.json", provenance | {"files": files})
    done = evaluate(data, runs)
    assert done.returncode == 1
    message = "tiny/numpy/seed-0: predictions must be finite, got NaN or infinity on the train split"
    assert message in done.stderr


READERS = [
    ("metrics.json", lambda run: Artifacts.read([run / "metrics.json"])),
    ("metrics.json", lambda run: summarise([run / "metrics.json"], run / "summary.csv")),
    ("metrics.json", lambda run: page_experiment(run).metrics),
    ("predictions.npz", lambda run: page_experiment(run).predictions("numpy", seed=0)),
    ("predictions.npz", lambda run: Trained((run,), {}, {}).predictions()),
    ("model.npz", numpy_backend.load),
    ("model.npz", lambda run: page_experiment(run).model(0)),
    ("history.csv", lambda run: page_experiment(run).histories),
    ("history.csv", lambda run: history.read(run / "history.csv")),
]


def page_experiment(run):
    """Return a run's experiment as the pages read it."""
    return Experiment("tiny", {"backends": ["numpy"], "seeds": 1}, run.parents[3])


@pytest.mark.parametrize("number", range(len(READERS)))
def test_an_edited_artifact_is_an_error_wherever_it_is_read(finished, number, tmp_path):
    name, read = READERS[number]
    run = tmp_path / "results/runs/tiny/numpy/seed-0"
    shutil.copytree(finished[1] / "seed-0", run)
    read(run)
    (run / name).write_bytes((run / name).read_bytes().replace(b"0", b"1", 1))
    with pytest.raises(ValueError, match=f"{name}: sha256 differs from .*json .truncated.*; delete it and rerun"):
        read(run)
