import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment1.figures.cross_validation import draw
from layerwise.reports.assignment1.studies.cross_validation import run

QUICK = {"folds": 3, "repeats": 1}


def test_the_study_is_reproducible_and_drawn(table, tmp_path):
    arrays = run(table, **QUICK)
    check_same(arrays, run(table, **QUICK))
    picture, _ = draw(stored(tmp_path, arrays, table, arguments=QUICK))
    check_pictures([picture])


@pytest.mark.training
def test_cross_validation_agrees_with_scikit_learn(table):
    arrays = run(table, folds=4, repeats=1)
    assert arrays["coefficients"].max() < 0.01
    assert np.allclose(arrays["auc.ours"], arrays["auc.reference"], atol=0.01)
