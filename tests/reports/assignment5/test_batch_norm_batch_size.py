from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.batch_norm_batch_size import draw
from layerwise.reports.assignment5.studies.batch_norm_batch_size import run

QUICK = {"batch_sizes": [2, 20], "learning_rates": [0.1], "units": [8], "examples": 40, "epochs": 1, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures([draw(stored(tmp_path, arrays, pictures, arguments=QUICK))])
