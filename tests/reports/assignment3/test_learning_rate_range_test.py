from studies import check_pictures, check_same, stored

from layerwise.reports.assignment3.figures.learning_rate_range_test import draw
from layerwise.reports.assignment3.studies.learning_rate_range_test import run

QUICK = {"steps": 40, "rates": [0.01, 0.1], "hidden": [8], "epochs": 2, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(digits, tmp_path):
    arrays = run(digits, **QUICK)
    check_same(arrays, run(digits, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, digits, arguments=QUICK)))
