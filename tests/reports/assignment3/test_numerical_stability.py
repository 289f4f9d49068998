import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment3.figures.numerical_stability import draw
from layerwise.reports.assignment3.studies.numerical_stability import run

QUICK = {"seeds": 2}


@pytest.fixture(scope="module")
def arrays():
    return run({}, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, tmp_path):
    check_same(arrays, run({}, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, arguments=QUICK)))


def test_the_naive_formula_overflows_and_log_sum_exp_does_not(arrays):
    assert arrays["finite.naive"][:, 0].min() == 1
    assert arrays["finite.naive"][:, -1].max() == 0
    assert arrays["finite.stable"].min() == 1
    assert arrays["error"].max() < 1e-6
