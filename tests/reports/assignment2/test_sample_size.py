from studies import check_pictures, check_same, stored

from layerwise.reports.assignment2.figures.sample_size import draw
from layerwise.reports.assignment2.studies.sample_size import run

QUICK = {"units": [1, 3], "examples": [10, 40], "seeds": 2, "epochs": 5}


def test_the_study_is_reproducible_and_drawn(moons, tmp_path):
    arrays = run(moons, **QUICK)
    check_same(arrays, run(moons, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, moons, arguments=QUICK)))
