from studies import check_pictures, check_same, stored

from layerwise.reports.assignment1.figures.momentum import draw
from layerwise.reports.assignment1.studies.momentum import run

QUICK = {"epochs": 5, "repeats": 2}


def test_the_study_is_reproducible_and_drawn(table, tmp_path):
    arrays = run(table, **QUICK)
    check_same(arrays, run(table, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, table, arguments=QUICK)))
