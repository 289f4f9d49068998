import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.batched_networks import Networks, Setting
from layerwise.reports.assignment5.figures.loss_smoothness import draw
from layerwise.reports.assignment5.studies.loss_smoothness import along_the_gradient, run

QUICK = {"units": [5], "steps": 6, "every": 3, "probe": 20, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, pictures, arguments=QUICK)))


@pytest.mark.parametrize("norm", [None, "batch"])
def test_measuring_changes_nothing(norm):
    rng = np.random.default_rng(0)
    networks = Networks([Setting(0, 0.1)], [5, 4, 3], norm)
    arrays = [networks.weights, *networks.means, *networks.variances]
    before = [array.copy() for array in arrays]
    x, t = rng.normal(size=(20, 5)).astype(np.float32), np.eye(3, dtype=np.float32)[rng.integers(0, 3, 20)]
    along_the_gradient(networks, x, t, np.array([0.1, 0.4]))
    assert all(np.array_equal(array, value) for array, value in zip(arrays, before))


def test_the_effective_smoothness_of_softmax_regression_is_the_curvature():
    """Along a short step the relative change of the gradient is its length times the curvature."""
    rng = np.random.default_rng(0)
    networks = Networks([Setting(0, 0.1)], [5, 3])
    x, t = rng.normal(size=(20, 5)).astype(np.float32), np.eye(3, dtype=np.float32)[rng.integers(0, 3, 20)]
    loss, change, smoothness = along_the_gradient(networks, x, t, np.array([0.01]))[0]
    assert change == pytest.approx(0.01 * smoothness, rel=1e-5)
    assert 0 < smoothness <= 0.5 * np.linalg.eigvalsh(np.c_[x, np.ones(20)].T @ np.c_[x, np.ones(20)] / 20).max()
    assert loss > 0
