import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.residual_variance import draw
from layerwise.reports.assignment5.studies.residual_variance import run

QUICK = {"depth": 3, "width": 10, "examples": 20, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(tmp_path):
    arrays = run({}, **QUICK)
    check_same(arrays, run({}, **QUICK))
    check_pictures([draw(stored(tmp_path, arrays, arguments=QUICK))])


def test_a_residual_block_doubles_the_variance_and_a_normalized_one_adds_one():
    arrays = run({}, depth=8, width=300, examples=300, seeds=4)
    assert arrays["factor.residual"].mean() == pytest.approx(2, abs=0.1)
    assert arrays["slope.residual_batch"].mean() == pytest.approx(1, abs=0.1)
