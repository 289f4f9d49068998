"""Starting from the weights of another experiment: copied weights, frozen weights, and models that do not match."""

import copy

import numpy as np
import pytest
from tiny_runs import SPEC, write_dataset

from layerwise.experiments import run

BODY = {**SPEC, "epochs": 1}
NORMALIZED = {**BODY, "model": [SPEC["model"][0], {"layer": "BatchNormalization"}, SPEC["model"][2]]}


@pytest.fixture(params=["numpy", "keras"])
def start(request, tmp_path):
    """Return a function that trains a first experiment, then one from it, and loads both models."""

    def trained(spec, freeze, second=None):
        data = write_dataset(tmp_path / "data")
        inputs = run.read_inputs(*(data / name for name in ("train.npz", "validation.npz", "dataset.json")))
        jobs = [
            run.Job("first", spec, request.param, inputs),
            run.Job(
                "second",
                {**(second or spec), "start": {"experiment": "first", "freeze": freeze}},
                request.param,
                inputs,
            ),
        ]
        run.train(jobs[0], 0, tmp_path / "first")
        run.train(jobs[1], 0, tmp_path / "second", tmp_path / "first")
        module = run.backend_module(request.param)
        return [module.load(tmp_path / name).get_weights() for name in ("first", "second")]

    return trained


def test_frozen_weights_stay_and_the_last_layer_is_trained(start):
    first, second = start(NORMALIZED, True)
    for before, after in zip(first[:6], second[:6]):  # Dense, and BatchNormalization with its running statistics
        np.testing.assert_array_equal(before, after)
    assert not np.allclose(first[6], second[6])


def test_training_starts_from_the_copied_weights(start):
    still = copy.deepcopy(BODY)
    still["optimizer"] = {"name": "SGD", "learning_rate": 1.0e-12}
    first, second = start(BODY, False, still)
    np.testing.assert_allclose(first[0], second[0], atol=1e-6)
    assert not np.allclose(first[2], second[2], atol=1e-3)  # the last layer is not copied
    first, second = start(BODY, False)
    assert not np.allclose(first[0], second[0], atol=1e-3)


def test_models_with_different_shapes_are_an_error(start):
    wider = copy.deepcopy(BODY)
    wider["model"][0]["units"] = 7
    words = (
        r"second.start: 'first' must have the same weights before the last layer, but has shapes "
        r"\[\(4, 6\), \(6,\)\] where this model has \[\(4, 7\), \(7,\)\]"
    )
    with pytest.raises(ValueError, match=words):
        start(BODY, False, wider)
    deeper = {**BODY, "model": [SPEC["model"][0], SPEC["model"][0], SPEC["model"][2]]}
    with pytest.raises(ValueError, match=r"but has shapes \[\] where this model has \[\(6, 6\)"):
        start({**BODY, "model": [{"layer": "Dense", "units": 6}, SPEC["model"][2]]}, False, deeper)
