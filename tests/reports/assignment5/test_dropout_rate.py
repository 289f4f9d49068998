from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.dropout_rate import draw
from layerwise.reports.assignment5.studies.dropout_rate import run

QUICK = {"keep": [0.5, 1.0], "width": 5, "expected": 4, "examples": 40, "steps": 3, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, pictures, arguments=QUICK)))
