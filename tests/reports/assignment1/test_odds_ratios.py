import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment1.figures.odds_ratios import draw
from layerwise.reports.assignment1.studies.odds_ratios import run

QUICK = {"resamples": 5}


def test_the_study_is_reproducible_and_drawn(table, tmp_path):
    arrays = run(table, **QUICK)
    check_same(arrays, run(table, **QUICK))
    check_pictures([draw(stored(tmp_path, arrays, table, arguments=QUICK))])


@pytest.mark.training
def test_odds_ratios_have_the_direction_of_the_data(table):
    arrays = run(table, resamples=20)
    assert arrays["ratio"][0] > 1 > arrays["ratio"][1]
    assert ((arrays["low"] < arrays["ratio"]) & (arrays["ratio"] < arrays["high"])).all()
