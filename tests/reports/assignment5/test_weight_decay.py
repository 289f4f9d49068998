from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.weight_decay import draw
from layerwise.reports.assignment5.studies.weight_decay import run

QUICK = {"rates": [1e-3], "values": [0.0, 0.1], "units": [5], "examples": 40, "epochs": 2, "seeds": 2, "pairs": 2}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, pictures, arguments=QUICK)))


def test_weight_decay_equals_l2_with_sgd_but_not_with_adam(pictures):
    arrays = run(pictures, rates=[1e-3], values=[0.0], units=[6], examples=60, epochs=5, seeds=2, pairs=2)
    assert arrays["apart.sgd"].max() < 1e-9
    assert arrays["apart.adam"].min() > 0.3
