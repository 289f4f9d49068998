from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.batch_norm_robustness import draw
from layerwise.reports.assignment5.studies.batch_norm_robustness import run

QUICK = {"setting": "learning_rate", "values": [0.1, 100.0], "units": [5], "epochs": 2, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures([draw(stored(tmp_path, arrays, pictures, arguments=QUICK))])
