"""What holds for every study: it returns plain arrays, the same each time, and finds what it needs or says so."""

import importlib

import numpy as np
import pytest
from catalogue import of_report

QUICK = {
    "gradient_descent.surface": ("table", {"steps": 3, "grid": 5, "starts": 2}),
    "gradient_descent.batches": ("table", {"epochs": 2, "repeats": 2}),
    "gradient_descent.momentum": ("table", {"epochs": 5, "repeats": 2}),
    "gradient_descent.separable": ("three", {"epochs": 30, "repeats": 2}),
    "regularization.paths": ("table", {"count": 3, "repeats": 2}),
    "quality.decisions": ("table", {"repeats": 2}),
    "quality.calibration": ("table", {"repeats": 2, "epochs": 20}),
    "quality.cross_validation": ("table", {"folds": 3, "repeats": 1}),
    "quality.learning_curve": ("three", {"points": 3, "repeats": 2}),
    "quality.odds": ("table", {"resamples": 5}),
    "quality.two_features": ("three", {"steps": 5}),
    "quality.sanity": ("three", {"repeats": 2}),
    "hidden_layer.untangle": ("moons", {"units": {"moons": 3}, "at": [0, 5], "seeds": 2}),
    "capacity.hidden_units": ("moons", {"units": [1, 3], "seeds": 2, "epochs": 5, "steps": 4}),
    "capacity.bias_variance": ("moons", {"units": [1, 3], "groups": 2, "sets": 3, "examples": 20, "epochs": 5}),
    "capacity.sample_size": ("moons", {"units": [1, 3], "examples": [10, 40], "seeds": 2, "epochs": 5}),
    "capacity.overfitting": ("moons", {"units": 3, "strengths": [0.0, 0.01], "seeds": 2, "epochs": 6, "every": 3}),
    "capacity.double_descent": (
        "three",
        {"widths": [1, 3], "features": [5, 20], "examples": 20, "seeds": 2, "epochs": 5},
    ),
    "backpropagation.two_units": (None, {}),
    "backpropagation.gradient_check": (None, {"seeds": 2}),
    "initialization.symmetry": ("moons", {"units": 3, "seeds": 2, "epochs": 10}),
    "initialization.spread": ("three", {"depth": 2, "width": 5, "seeds": 2}),
    "initialization.vanishing": ("three", {"depths": [1, 2], "width": 5, "seeds": 2, "epochs": 3}),
    "initialization.slowdown": ("three", {"neuron_epochs": 5, "units": 3, "epochs": 10, "seeds": 2}),
}
ELSEWHERE = {"gradient_descent.scaling", "vectorisation.timing"}  # of two datasets; of times, never the same


def load(name):
    module, function = name.split(".")
    return getattr(importlib.import_module(f"layerwise.studies.{module}"), function)


@pytest.mark.parametrize("name", QUICK)
def test_a_study_returns_finite_arrays_and_the_same_ones_again(name, request):
    data, arguments = QUICK[name]
    data = {} if data is None else request.getfixturevalue(data)
    first, second = (load(name)(data, **arguments) for _ in range(2))
    assert list(first) == list(second)
    for key, array in first.items():
        assert np.array_equal(array, second[key], equal_nan=True), key
        assert np.asarray(array).dtype.kind in "fiu", key
        if not key.startswith("walk"):  # the path that is meant to leave for infinity
            assert np.isfinite(array).all(), key


def test_every_configured_study_of_assignments_1_and_2_is_tested_here():
    studies = of_report("studies", "assignment1", "assignment2")
    assert {spec["function"] for spec in studies.values()} == set(QUICK) | ELSEWHERE


@pytest.mark.parametrize("name", ["quality.sanity", "gradient_descent.surface", "capacity.hidden_units"])
def test_a_study_of_classes_refuses_numbers_to_predict(name, table):
    x, _ = table["table"]["train"]
    data = {"prices": {split: (x, np.linspace(0, 1, len(x), dtype=np.float32)) for split in ("train", "validation")}}
    with pytest.raises(ValueError, match="dataset 'prices': its targets are numbers to predict"):
        load(name)(data)


def test_a_study_of_one_dataset_refuses_two(table, three):
    with pytest.raises(ValueError, match="one dataset, got 2: table, three"):
        load("quality.odds")({**table, **three})
