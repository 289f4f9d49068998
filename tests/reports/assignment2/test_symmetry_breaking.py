import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment2.figures.symmetry_breaking import draw
from layerwise.reports.assignment2.studies.symmetry_breaking import _distinct, run

QUICK = {"units": 3, "seeds": 2, "epochs": 10}


def test_the_study_is_reproducible_and_drawn(moons, tmp_path):
    arrays = run(moons, **QUICK)
    check_same(arrays, run(moons, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, moons, arguments=QUICK)))


@pytest.mark.training
def test_zero_weights_leave_one_distinct_hidden_unit(moons):
    arrays = run(moons, ("zeros", "glorot"), units=6, seeds=3, epochs=100)
    assert (arrays["distinct.zeros"] == 1).all()
    assert (arrays["distinct.glorot"] == 6).all()


@pytest.mark.training
def test_units_are_distinct_if_they_differ_by_more_than_rounding():
    weights = np.array([[1.0, 1.0 + 1e-6, 2.0, 1.0], [0.5, 0.5, 0.5, 0.9]], np.float32)
    assert _distinct(weights) == 3
