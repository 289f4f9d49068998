"""Trials: reuse of finished trials, byte-identical tables, and imports at start-up."""

import json
import subprocess
import sys

import pytest
from tiny_runs import SPEC, write_dataset

from layerwise.experiments import run
from layerwise.pipeline.files import read_json, write_json
from layerwise.tuning import table, trials
from layerwise.tuning.sweep import Sweep

SPEC = SPEC | {"optimizer": {"name": "SGD", "learning_rate": 0.1}, "epochs": 4}
RATES = [0.1, 0.5, 1.0e30]


def search(**spec):
    space = {"optimizer.learning_rate": {"log": [0.01, 1.0]}}
    entry = {"experiment": "tiny", "method": "random", "trials": 3, "batch": 3, "space": space, **spec}
    return Sweep("s", entry, SPEC)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    data = write_dataset(tmp_path_factory.mktemp("tiny"))
    return run.read_inputs(data / "train.npz", data / "validation.npz", data / "dataset.json")


def trained(sweep, folder, inputs, code="x", rungs=1):
    write_json(trials.suggestions_of(folder, 0), [{"optimizer.learning_rate": rate} for rate in RATES])
    for rung in range(rungs):
        trials.train(sweep, folder, range(3), rung, inputs, code, folder / "part.json")


def written(folder):
    """Return the time at which each trial was finished."""
    return {path.parts[-4]: path.stat().st_mtime_ns for path in folder.glob("trials/*/rung-0/seed-0/provenance.json")}


def test_a_finished_trial_is_kept_and_an_unfinished_one_repeated(tmp_path, inputs):
    trained(search(), tmp_path, inputs)
    before = written(tmp_path)
    (tmp_path / "trials/0001/rung-0/seed-0/provenance.json").unlink()  # as if killed before its end
    trained(search(), tmp_path, inputs)
    after = written(tmp_path)
    assert {trial for trial in before if before[trial] != after[trial]} == {"0001"}


def test_a_change_that_affects_a_trial_repeats_it(tmp_path, inputs):
    trained(search(), tmp_path, inputs)
    before = written(tmp_path)
    trained(search(), tmp_path, inputs, code="y")
    assert all(before[trial] != time for trial, time in written(tmp_path).items())
    before = written(tmp_path)
    trained(search(seeds=2), tmp_path, inputs, code="y")
    assert written(tmp_path) == before
    assert (tmp_path / "trials/0000/rung-0/seed-1/model.npz").exists()


def test_forced_trials_are_retrained(tmp_path, inputs, monkeypatch):
    trained(search(), tmp_path, inputs)
    before = written(tmp_path)
    monkeypatch.setenv("LAYERWISE_RETRAIN", "1")
    trained(search(), tmp_path, inputs)
    assert all(before[trial] != time for trial, time in written(tmp_path).items())


def test_two_equal_searches_give_byte_identical_tables(tmp_path, inputs):
    for name in ("a", "b"):
        trained(search(), tmp_path / name, inputs)
        table.collect(search(), tmp_path / name)
    for file in ("trials.csv", "curves.csv", "best.json", "sweep.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_the_table_has_the_state_of_each_trial(tmp_path, inputs):
    sweep = search(pruning={"name": "median", "at": [2]})
    write_json(trials.survivors_of(tmp_path, 0, 1), [1, 2])
    trained(sweep, tmp_path, inputs, rungs=2)
    table.collect(sweep, tmp_path)
    results = table.Table(tmp_path)
    assert [row["state"] for row in results.rows] == ["pruned", "complete", "diverged"]
    assert results.column("epochs_trained")[:2].tolist() == [2, 2 + 4]
    assert [s["optimizer.learning_rate"] for s in results.settings] == RATES
    assert results.losses[2] == max(results.losses[:2])  # a diverged trial gets the worst loss of the others
    assert (results.best["trial"], results.best["experiment"]["optimizer"]["learning_rate"]) == (1, 0.5)
    assert results.curves.shape == (3, 4)
    history = (tmp_path / "trials/0001/rung-1/seed-0/history.csv").read_text().splitlines()
    assert [float(line.split(",")[history[0].split(",").index("val_loss")]) for line in history[1:]] == pytest.approx(
        results.curves[1].tolist()
    )


def test_a_rung_repeats_the_epochs_of_the_one_below(tmp_path, inputs):
    sweep = search(pruning={"name": "median", "at": [2]})
    write_json(trials.survivors_of(tmp_path, 0, 1), [0])
    trained(sweep, tmp_path, inputs, rungs=2)
    short, long = ((tmp_path / f"trials/0000/rung-{k}/seed-0/history.csv").read_text() for k in (0, 1))
    assert long.startswith(short)


def test_with_early_stopping_the_value_is_that_of_the_best_epoch():
    rows = [{"val_loss": 0.3, "val_accuracy": 0.7}, {"val_loss": 0.2, "val_accuracy": 0.6}, {"val_loss": 0.9}]
    rows = [{"epoch": i + 1, "loss": 0.1, "val_accuracy": 0.9, **row} for i, row in enumerate(rows)]
    stopping = Sweep("s", {"objective": "val_accuracy"}, SPEC | {"early_stopping": {"patience": 1}})
    assert table._final_value(rows, stopping) == 0.6
    assert table._final_value(rows, Sweep("s", {"objective": "val_accuracy"}, SPEC)) == 0.9


def test_a_trial_that_cannot_be_built_is_reported(tmp_path, inputs):
    write_json(trials.suggestions_of(tmp_path, 0), [{"model.0.units": 0}])
    with pytest.raises(ValueError, match=r"sweeps\.s: trial 0 with {'model.0.units': 0}: .*units"):
        trials.train(search(trials=1, batch=1), tmp_path, range(1), 0, inputs, "x", tmp_path / "part.json")
    assert not (tmp_path / "part.json").exists()


def test_a_trial_imports_no_unneeded_packages():
    heavy = ["tensorflow", "optuna", "sklearn", "scipy", "pandas", "matplotlib", "yaml"]
    code = (
        "import sys, json; from layerwise.tuning import __main__, trials;"
        "from layerwise.experiments import numpy_backend;"
        f"print(json.dumps([name for name in {heavy} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_collecting_reports_a_broken_file(tmp_path, inputs):
    trained(search(), tmp_path, inputs)
    (tmp_path / "suggestions/0.json").write_text("[{")
    with pytest.raises(ValueError, match=r"suggestions/0\.json: must be valid JSON"):
        table.collect(search(), tmp_path)
    assert not (tmp_path / "trials.csv").exists()
    assert read_json(tmp_path / "part.json")["trials"] == [0, 1, 2]
