from studies import check_pictures, check_same, stored

from layerwise.reports.assignment2.figures.hidden_representations import draw
from layerwise.reports.assignment2.studies.hidden_representations import run

QUICK = {"units": {"moons": 3}, "at": [0, 5], "seeds": 2}


def test_the_study_is_reproducible_and_drawn(moons, tmp_path):
    arrays = run(moons, **QUICK)
    check_same(arrays, run(moons, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, moons, arguments=QUICK)))
