from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.deep_schedules import draw
from layerwise.reports.assignment5.studies.deep_schedules import run

QUICK = {"units": [5], "examples": 40, "epochs": 3, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, pictures, arguments=QUICK)))
