import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment1.figures.mini_batches import draw
from layerwise.reports.assignment1.studies.mini_batches import run

QUICK = {"epochs": 2, "repeats": 2}


def test_the_study_is_reproducible_and_drawn(table, tmp_path):
    arrays = run(table, **QUICK)
    check_same(arrays, run(table, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, table, arguments=QUICK), None))


@pytest.mark.training
def test_no_loss_is_below_the_minimum(table):
    assert all((curve > -1e-9).all() for curve in run(table, epochs=5, repeats=2).values())
