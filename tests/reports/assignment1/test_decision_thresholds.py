import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment1.figures.decision_thresholds import draw
from layerwise.reports.assignment1.studies.decision_thresholds import run

QUICK = {"repeats": 2}


def test_the_study_is_reproducible_and_drawn(table, tmp_path):
    arrays = run(table, **QUICK)
    check_same(arrays, run(table, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, table, arguments=QUICK)))


@pytest.mark.training
def test_the_threshold_determines_recall_and_cost(table):
    arrays = run(table, costs=[1, 20], repeats=3)
    assert (np.diff(arrays["recall"], axis=1) <= 0).all()
    assert arrays["rule.20"].mean() < arrays["half.20"].mean()
    assert np.allclose(arrays["rule.1"], arrays["half.1"])
