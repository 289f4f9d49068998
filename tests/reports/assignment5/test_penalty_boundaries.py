from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.penalty_boundaries import draw
from layerwise.reports.assignment5.studies.penalty_boundaries import run

QUICK = {"values": [0.0, 0.1], "units": [5], "examples": 30, "epochs": 5, "steps": 6, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(moons, tmp_path):
    arrays = run(moons, **QUICK)
    check_same(arrays, run(moons, **QUICK))
    check_pictures([draw(stored(tmp_path, arrays, moons, arguments=QUICK))])
