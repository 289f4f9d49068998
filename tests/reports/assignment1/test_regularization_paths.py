import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment1.figures.regularization_paths import draw
from layerwise.reports.assignment1.studies.regularization_paths import run

QUICK = {"count": 3, "repeats": 2}


def test_the_study_is_reproducible_and_drawn(table, tmp_path):
    arrays = run(table, **QUICK)
    check_same(arrays, run(table, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, table, arguments=QUICK)))


@pytest.mark.training
def test_l1_removes_features_and_l2_none(table):
    arrays = run(table, low=0.01, high=1.0, count=5, repeats=2)
    assert (arrays["coefficients.l1"][-1] == 0).all()
    assert (arrays["coefficients.l2"] != 0).all()
    assert arrays["zeros.l2"].max() == 0
