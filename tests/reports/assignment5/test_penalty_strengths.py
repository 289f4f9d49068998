from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.penalty_strengths import draw
from layerwise.reports.assignment5.studies.penalty_strengths import run

QUICK = {"values": [1e-3, 1e-2], "units": [5], "examples": 40, "epochs": 2, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, pictures, arguments=QUICK)))
