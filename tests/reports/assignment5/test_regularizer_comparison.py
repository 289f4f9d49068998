from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.regularizer_comparison import draw
from layerwise.reports.assignment5.studies.regularizer_comparison import run

QUICK = {"choices": {"L2": [1e-3]}, "units": [5], "examples": 40, "epochs": 2, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    figures, _ = draw(stored(tmp_path, arrays, pictures, arguments=QUICK))
    check_pictures(figures)
