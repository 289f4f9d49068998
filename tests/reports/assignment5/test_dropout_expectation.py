import numpy as np
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.dropout_expectation import draw
from layerwise.reports.assignment5.studies.dropout_expectation import run

QUICK = {"draws": [1, 30], "seeds": 2}


def test_the_study_is_reproducible_and_drawn(tmp_path):
    arrays = run({}, **QUICK)
    check_same(arrays, run({}, **QUICK))
    check_pictures([draw(stored(tmp_path, arrays, arguments=QUICK))])


def test_the_mean_over_masks_is_the_input():
    arrays = run({}, draws=[10, 4000], width=300, seeds=3)
    for rate in ("0.2", "0.5", "0.8"):
        assert np.allclose(arrays[f"last.{rate}"], 1, atol=0.25)
        assert np.allclose(arrays[f"variance.{rate}"], 1, atol=0.03)
