import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment2.figures.universal_approximation import draw
from layerwise.reports.assignment2.studies.universal_approximation import run, segments, target

QUICK = {"units": [4, 8, 16, 32, 64], "shown": 16, "points": 400}


@pytest.fixture(scope="module")
def arrays():
    return run({}, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, tmp_path):
    check_same(arrays, run({}, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, arguments=QUICK)))


@pytest.mark.parametrize(("kind", "factor"), [("sigmoid", 2), ("relu", 4)])
def test_doubling_the_hidden_units_divides_the_error(arrays, kind, factor):
    errors = arrays[f"error.{kind}"]
    assert errors[-2] / errors[-1] == pytest.approx(factor, rel=0.1)


def test_relu_networks_interpolate():
    kernel, bias, output, shift = segments(10)
    x = np.linspace(0, 1, 11)[:, None]
    np.testing.assert_allclose((np.maximum(x @ kernel + bias, 0) @ output + shift)[:, 0], target(x[:, 0]), atol=1e-12)


def test_bumps_have_the_height_of_the_target_at_their_centers(arrays):
    centers = (np.arange(8) + 0.5) / 8
    at = np.abs(arrays["x"][:, None] - centers).argmin(axis=0)
    np.testing.assert_allclose(arrays["output.sigmoid"][at], target(centers), atol=1e-5)
