"""Studies of searches, on a small finished search and on curves whose answer is known."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from layerwise.files import write_json
from layerwise.studies import search, search_models, search_scikit
from layerwise.training import run
from layerwise.tuning import suggest, table, trials
from layerwise.tuning.sweep import Sweep

sys.path.append(str(Path(__file__).parents[1] / "training"))
from tiny_runs import write_dataset

EXPERIMENT = {
    "model": [
        {"layer": "Dense", "units": 4, "activation": "relu"},
        {"layer": "Dropout", "rate": 0.1},
        {"layer": "Dense", "units": "classes"},
    ],
    "loss": {"name": "Crossentropy", "from_logits": True},
    "optimizer": {"name": "SGD", "learning_rate": 0.1},
    "batch_size": 16,
    "epochs": 3,
}
SPACE = {
    "optimizer.learning_rate": {"log": [0.01, 1.0], "points": 4},
    "model.0.units": {"integer": [2, 8], "points": 2},
    "model.Dropout.rate": {"uniform": [0.0, 0.5], "points": 2},
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def splits(data):
    names = ("train", "validation", "test")
    return {"tiny": {name: tuple(np.load(data / f"{name}.npz")[key] for key in "xy") for name in names}}


def finished(folder, data, name, experiment=EXPERIMENT, **spec):
    sweep = Sweep(
        name, {"method": "random", "batch": 16, "objective": "val_accuracy", "space": SPACE, **spec}, experiment
    )
    folder = folder / name
    inputs = run.read_inputs(data / "train.npz", data / "validation.npz", data / "dataset.json")
    write_json(trials.suggestions_of(folder, 0), suggest.suggest(sweep, 0, []))
    trials.train(sweep, folder, range(sweep.trials), 0, inputs, "x", folder / "part.json")
    table.collect(sweep, folder)
    return table.Table(folder)


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("sweeps")
    return {
        "s_random": finished(folder, data, "s_random", trials=16),
        "s_grid": finished(folder, data, "s_grid", method="grid"),
    }


def test_the_course_ends_at_the_best_and_what_it_cost(sweeps):
    found = search.course({}, sweeps)
    assert np.nanmax(found["value.s_grid"]) == sweeps["s_grid"].best["value"]
    assert found["spent.s_random"].tolist() == list(range(1, 17))
    rates = found["position.s_grid.optimizer.learning_rate"]
    assert sorted(set(rates.round(3))) == [0, 0.333, 0.667, 1]


def test_a_promise_is_the_best_of_validation_and_one_trial_promises_nothing(sweeps, splits):
    found = search.generalisation(splits, sweeps, sizes=[1, 16], seeds=2)
    assert found["validation.16"] == pytest.approx([sweeps["s_random"].best["value"]])
    assert np.sort(found["validation.1"]) == pytest.approx(np.sort(sweeps["s_random"].column("value")))
    assert found["optimism.s_grid"] == pytest.approx(found["promised.s_grid"] - found["again.s_grid"])
    assert len(found["tested.base"]) == 2


def test_races_run_at_equal_cost_and_never_lose_what_they_found(sweeps):
    found = search_models.races({}, sweeps, budget=12, repeats=3, batch=4)
    for name in ("random", "grid", "bayesian", "hyperband"):
        best = found[f"best.{name}"]
        assert best.shape == (3, 12)
        known = best[:, -1]
        assert np.isfinite(known).all()
        assert (np.diff(best, axis=1)[np.isfinite(np.diff(best, axis=1))] >= 0).all()


def test_hyperband_pays_for_epochs_as_its_paper_counts_them():
    # Up to 9 epochs, a third kept: brackets of 9, 5 and 3 trials that cost 9 + 6 + 6, 15 + 6 and 27 epochs.
    curves = np.tile(np.linspace(1, 0.5, 9), (17, 1)) + np.arange(17)[:, None]
    best = search_models._hyperband(curves, 9, 3, 8)
    assert np.isnan(best[:2]).all()
    assert best[2:] == pytest.approx(0.5)  # trial 0 is the best of the first bracket, and of all
    late = search_models._hyperband(curves[::-1], 9, 3, 8)
    assert late[2] == pytest.approx(8.5)  # of the first nine, trials 16 to 8
    assert late[4] == pytest.approx(3.5)  # of the next five, after 42 epochs
    assert late[7] == pytest.approx(0.5)  # of the last three, after 69


def test_importance_goes_to_the_parameter_that_decides(sweeps):
    tables = sweeps["s_random"]
    tables.__dict__["losses"] = np.array([abs(np.log10(s["optimizer.learning_rate"])) for s in tables.settings])
    try:
        found = search_models.importance({}, {"s": tables}, resamples=2)
    finally:
        del tables.__dict__["losses"]
    assert (found["share.s.optimizer.learning_rate"] > 0.6).all()
    assert sum(share.mean() for share in found.values()) == pytest.approx(1)


def test_a_landscape_has_nine_points_a_layout(sweeps):
    found = search_models.landscape({}, {"s": sweeps["s_random"]}, steps=5, rows=4, draws=8)
    assert found["surface"].shape == found["flat"].shape == (5, 5)
    for layout in ("grid", "random", "sobol"):
        assert found[f"points.{layout}"].shape == (9, 2)
        assert (found[f"best.{layout}"] <= found["flat"].max()).all()
    assert len(np.unique(found["points.grid"][:, 0])) == 3


def test_backends_are_compared_on_the_same_settings_only(sweeps):
    same = {"a": sweeps["s_random"], "b": sweeps["s_random"]}
    assert search.backends({}, same)["discordant"] == 0
    with pytest.raises(ValueError, match="tried different settings"):
        search.backends({}, sweeps)


def test_scikit_learn_finds_our_grid(tmp_path, data, splits):
    plain = EXPERIMENT | {"model": [EXPERIMENT["model"][0], EXPERIMENT["model"][2]]}
    space = {"model.0.units": {"choice": [2, 5]}, "optimizer.learning_rate": {"choice": [0.05, 0.5]}}
    ours = finished(tmp_path, data, "grid", plain, method="grid", space=space)
    seen = {"tiny": {name: splits["tiny"][name] for name in ("train", "validation")}}
    found = search_scikit.same_grid(seen, {"grid": ours}, draws=2)
    assert found["apart.grid"].max() < 1e-6
    assert found["apart.random"].max() < 1e-6
    assert json.dumps(found["same_choice"].tolist()) == "[1.0]"
