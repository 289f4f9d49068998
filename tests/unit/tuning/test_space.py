"""Search spaces: grids and positions, applying settings, and error messages."""

import json
import math

import numpy as np
import pytest

from layerwise.experiments import numpy_backend
from layerwise.tuning import space
from layerwise.tuning.sweep import check

EXPERIMENT = {
    "dataset": "digits",
    "model": [
        {"layer": "Flatten"},
        {"layer": "Dense", "units": 32, "kernel_regularizer": {"name": "L2", "l2": 0.0001}},
        {"layer": "Dropout", "rate": 0.1},
        {"layer": "Dropout", "rate": 0.2},
        {"layer": "Dense", "units": "classes"},
    ],
    "loss": {"name": "Crossentropy", "from_logits": True},
    "optimizer": {"name": "SGD", "learning_rate": 0.1},
    "batch_size": 32,
    "epochs": 9,
}
RATE = {"optimizer.learning_rate": {"log": [0.001, 1.0]}}
MOMENTUM = {
    "optimizer.name": {"choice": ["SGD", "Adam"]},
    "optimizer.momentum": {"uniform": [0.0, 0.9], "when": {"optimizer.name": "SGD"}, "points": 2},
}


def checked(entries, **spec):
    return check(
        "s",
        {"experiment": "base", "method": "random", "trials": 3, "space": entries, **spec},
        {"base": EXPERIMENT},
        numpy_backend.NAMES,
    )


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({}, "sweeps.s.space: must have at least one parameter, such as optimizer.learning_rate, got {}"),
        ({"batch_size": {"integer": [64, 8]}}, "the lower bound must be below the upper, got [64, 8]"),
        ({"batch_size": {"integer": [8, 8]}}, "the lower bound must be below the upper, got [8, 8]"),
        ({"optimizer.learning_rate": {"log": [0, 1]}}, "lower bound of a logarithmic range must be above 0, got 0"),
        ({"batch_size": {"integer": [0, 8], "log": True}}, "lower bound of a logarithmic range must be above 0, got 0"),
        ({"optimizer.momentum": {"uniform": [0, math.inf]}}, "uniform: bounds must be finite and below 1e+09 in size"),
        ({"optimizer.momentum": {"uniform": [math.nan, 1]}}, "uniform: bounds must be finite and below 1e+09 in size"),
        ({"epochs": {"integer": [1, 10**20]}}, "epochs.integer: bounds must be finite and below 1e+09 in size"),
        (
            {"epochs": {"integer": [1, 9], "points": 10**6}},
            "epochs.points: must be an integer from 1 to 100000, got 1000",
        ),
        ({"batch_size": {"integer": [8, 9.5]}}, "must be two integers, got [8, 9.5]"),
        ({"batch_size": {"uniform": [8]}}, "must be two numbers, got [8]"),
        ({"batch_size": {"choice": []}}, "sweeps.s.space.batch_size.choice: must be a non-empty list, got []"),
        (
            {"batch_size": {"between": [1, 2]}},
            "must have exactly one of the keys uniform, log, integer, choice, got {'between'",
        ),
        ({"batch_size": {"choice": [8], "points": 2}}, "batch_size: unknown key 'points'"),
        (
            RATE | {"batch_size": {"choice": [8, 16], "when": {"optimizer.learning_rat": 1}}},
            "when: unknown parameter 'optimizer.learning_rat'; did you mean 'optimizer.learning_rate'?",
        ),
        (
            RATE | {"batch_size": {"choice": [8], "when": {"optimizer.learning_rate": 1}}},
            "a condition must refer to a choice or an integer, got a log range",
        ),
        (
            MOMENTUM | {"batch_size": {"choice": [8], "when": {"optimizer.name": "SDG"}}},
            "when.optimizer.name: unknown choice 'SDG'; did you mean 'SGD'?",
        ),
        (
            {
                "batch_size": {"choice": [8], "when": {"epochs": 1}},
                "epochs": {"choice": [1], "when": {"batch_size": 8}},
            },
            "circular dependency between batch_size, epochs",
        ),
        (
            {"optimiser.learning_rate": {"log": [0.1, 1]}},
            "optimiser.learning_rate: unknown parameter of experiment 'base'; did you mean 'optimizer.learning_rate'?",
        ),
        ({"batch_sise": {"choice": [8]}}, "unknown parameter of experiment 'base'; did you mean 'batch_size'?"),
        ({"model.9.units": {"choice": [8]}}, "model.9.units: unknown parameter of experiment 'base'"),
        ({"model.4:9.repeat": {"integer": [0, 2]}}, "model.4:9.repeat: unknown parameter of experiment 'base'"),
        ({"model.1.unitz": {"choice": [8]}}, "unknown argument 'unitz'; did you mean 'units'?"),
        ({"optimizer.momentum": {"uniform": [0, 2]}}, "momentum"),
        ({"optimizer.name": {"choice": ["SGD", "Adm"]}}, "unknown optimizer 'Adm'; did you mean 'Adam'?"),
    ],
)
def test_an_invalid_space_is_an_error(entries, sentence):
    with pytest.raises(ValueError) as error:
        checked(entries)
    assert sentence in str(error.value)
    assert str(error.value).startswith("sweeps.s.space")


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"experiment": "bas"}, "sweeps.s.experiment: unknown experiment 'bas'; did you mean 'base'?"),
        ({"method": "grid"}, "sweeps.s.trials: must not be set for a grid, whose points are the trials"),
        ({"pruning": {"name": "median"}}, "sweeps.s.pruning.at: must list the epochs"),
        ({"pruning": {"name": "hyperband", "at": [2]}}, "sweeps.s.pruning: unknown key 'at'"),
    ],
)
def test_an_invalid_sweep_is_an_error(spec, sentence):
    with pytest.raises(ValueError) as error:
        checked(RATE, **spec)
    assert str(error.value).startswith(sentence)


def test_a_huge_grid_is_an_error():
    entries = {path: {"integer": [1, 900], "points": 500} for path in ("batch_size", "epochs")}
    spec = {"experiment": "base", "method": "grid", "space": entries}
    with pytest.raises(ValueError, match=r"^sweeps\.s\.space: a grid must have at most 100,000 points, got 250,000$"):
        check("s", spec, {"base": EXPERIMENT}, numpy_backend.NAMES)


def test_values_are_set_at_their_path():
    changed = space.apply(
        EXPERIMENT,
        {
            "batch_size": 8,
            "optimizer.momentum": 0.5,
            "model.1.units": 5,
            "model.1.kernel_regularizer.l2": 0.5,
            "model.Dropout.rate": 0.4,
            "model.1:3.repeat": 2,
        },
    )
    block = [
        {"layer": "Dense", "units": 5, "kernel_regularizer": {"name": "L2", "l2": 0.5}},
        {"layer": "Dropout", "rate": 0.4},
    ]
    end = [{"layer": "Dropout", "rate": 0.4}, {"layer": "Dense", "units": "classes"}]
    assert changed["model"] == [{"layer": "Flatten"}, *block, *block, *end]
    assert (changed["batch_size"], changed["optimizer"]["momentum"]) == (8, 0.5)
    assert EXPERIMENT["model"][1]["units"] == 32


def test_a_block_can_be_removed_and_all_layers_replaced():
    assert len(space.apply(EXPERIMENT, {"model.1:4.repeat": 0})["model"]) == 2
    assert space.apply(EXPERIMENT, {"model": [{"layer": "Flatten"}]})["model"] == [{"layer": "Flatten"}]


def test_a_grid_has_every_active_combination_once():
    grid = checked(MOMENTUM | {"optimizer.learning_rate": {"log": [0.01, 1.0], "points": 3}}).space.grid()
    assert {chosen["optimizer.learning_rate"] for chosen in grid} == {0.01, 0.1, 1.0}
    assert len(grid) == 3 * (2 + 1)  # two momentum values for SGD, none for Adam
    assert all(("optimizer.momentum" in chosen) == (chosen["optimizer.name"] == "SGD") for chosen in grid)
    assert len({json.dumps(chosen) for chosen in grid}) == len(grid)


@pytest.mark.parametrize(
    ("entry", "ends", "middle"),
    [
        ({"uniform": [2.0, 4.0]}, (2.0, 4.0), 3.0),
        ({"log": [0.01, 1.0]}, (0.01, 1.0), 0.1),
        ({"integer": [1, 3]}, (1, 3), 2),
        ({"integer": [4, 64], "log": True}, (4, 64), 15),
        ({"choice": ["a", "b", "c"]}, ("a", "c"), "b"),
    ],
)
def test_positions_span_the_range(entry, ends, middle):
    [parameter] = space.read({"x": entry}, "space")
    assert (parameter.at(0.0), parameter.at(1 - 1e-12)) == ends
    assert parameter.at(0.5) == middle
    if parameter.kind != "choice":
        assert parameter.position(middle) == pytest.approx(0.5, abs=0.03)


def test_integers_are_equally_likely():
    [parameter] = space.read({"x": {"integer": [1, 4]}}, "space")
    counts = np.bincount([parameter.at(u) for u in np.linspace(0, 1, 4000, endpoint=False)])
    assert counts[1:] == pytest.approx(1000, abs=1)
