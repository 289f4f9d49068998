import numpy as np
import pytest
from studies import check_same

from layerwise import nn
from layerwise.reports.assignment3.studies import layer_gradients
from layerwise.reports.assignment3.studies.layer_gradients import LAYERS, LOSSES, kept, run


@pytest.fixture(scope="module")
def arrays():
    return run({})


def test_the_study_is_reproducible(arrays):
    check_same(arrays, run({}))


def public(base):
    """Return the names of the framework's public subclasses of a class."""
    classes = {name: value for name, value in vars(nn).items() if isinstance(value, type)}
    return {name for name, value in classes.items() if issubclass(value, base) and value is not base}


def test_every_layer_and_every_loss_is_in_the_table():
    assert set(LAYERS) == public(nn.Layer) - {"Input"}
    assert set(LOSSES) == public(nn.Loss)


def test_all_gradients_are_correct(arrays):
    assert arrays["wrong"] == 0
    assert arrays["errors"].max() < 1e-7
    assert all(row[3] == 1 for name, row in arrays.items() if name.startswith(("check.", "loss.")))


def test_a_wrong_layer_is_counted(monkeypatch):
    class _Wrong(nn.Dense):
        def backward(self, dy):
            dx = super().backward(dy)
            self.grads["bias"] *= 2
            return dx

    monkeypatch.setattr(layer_gradients, "LAYERS", {"Dense": (_Wrong(3), (4, 5))})
    arrays = run({})
    assert arrays["wrong"] == 1
    assert arrays["check.Dense"][3] == 0


@pytest.mark.parametrize(
    "layer, shape, expected",
    [
        (nn.Flatten(), (3, 4), 0),
        (nn.Dense(2), (3, 4), 3 * 4 + 3 * 2),  # x and y
        (nn.Residual([nn.Dense(4)]), (3, 4), 2 * 3 * 4),
    ],
)
def test_stored_arrays_of_a_layer_are_counted_once(layer, shape, expected):
    layer(np.ones(shape), training=True)
    assert kept(layer) == expected
