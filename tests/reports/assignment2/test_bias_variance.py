import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment2.figures.bias_variance import draw
from layerwise.reports.assignment2.studies.bias_variance import run

QUICK = {"units": [1, 3], "groups": 2, "sets": 3, "examples": 20, "epochs": 5}


def test_the_study_is_reproducible_and_drawn(moons, tmp_path):
    arrays = run(moons, **QUICK)
    check_same(arrays, run(moons, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, moons, arguments=QUICK)))


@pytest.mark.training
def test_bias_and_variance_sum_to_the_error(moons):
    arrays = run(moons, units=[1, 8], groups=2, sets=3, examples=30, epochs=50)
    for units in (1, 8):
        total = arrays[f"bias.{units}"] + arrays[f"variance.{units}"]
        assert np.allclose(total, arrays[f"error.{units}"], atol=1e-12)
