import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment3.figures.activation_distributions import distributions, saturation
from layerwise.reports.assignment3.shared import network
from layerwise.reports.assignment3.studies.activation_distributions import passes, run

QUICK = {"depth": 2, "width": 8, "epochs": 3, "seeds": 2, "bins": 10}


@pytest.fixture(scope="module")
def arrays(digits):
    return run(digits, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, digits, tmp_path):
    check_same(arrays, run(digits, **QUICK))
    study = stored(tmp_path, arrays, digits, arguments=QUICK)
    check_pictures(distributions(study) + saturation(study))


def test_gradients_at_the_units_equal_finite_differences():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 4)).astype(np.float32), np.array([0, 1, 2, 0, 1, 2])
    model = network(x, y, [5, 5], 0, activation="tanh")
    (first, gradient), (second, _) = passes(model, x, y)

    def loss(units):
        for layer in model.layers[1:]:
            units = layer.forward(units)
        return model.loss(y, units)

    moved = first.copy()
    moved[2, 3] += 1e-2
    expected = (loss(moved) - loss(first)) / 1e-2
    assert gradient[2, 3] == pytest.approx(expected, rel=0.05)
    assert second.shape == (6, 5)


def test_large_initial_weights_saturate_tanh(arrays):
    assert arrays["saturated.tanh_large"][:, 0].mean() > arrays["saturated.tanh"][:, 0].mean() + 0.2
    assert np.allclose(arrays["units_before.relu"].sum(axis=1), 1)
