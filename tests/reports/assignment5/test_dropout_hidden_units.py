from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.dropout_hidden_units import draw
from layerwise.reports.assignment5.studies.dropout_hidden_units import run

QUICK = {"units": 8, "examples": 40, "epochs": 2, "shown": 8, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, pictures, arguments=QUICK)))
