from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.internal_covariate_shift import draw
from layerwise.reports.assignment5.studies.internal_covariate_shift import run

QUICK = {"units": [5, 5], "steps": 20, "every": 2, "batch_size": 25, "seeds": 2, "probe": 20, "learning_rate": 0.5}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, pictures, arguments=QUICK)))
