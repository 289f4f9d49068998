import numpy as np
from studies import check_pictures, check_same, splits, stored

from layerwise.reports.assignment3.figures.model_selection import draw
from layerwise.reports.assignment3.studies.model_selection import run

QUICK = {"candidates": 3, "held_out": 20, "draws": 5, "counts": [1, 3], "groups": 2}


def test_the_study_is_reproducible_and_drawn(digits, tmp_path):
    arrays = run(digits, **QUICK)
    check_same(arrays, run(digits, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, digits, arguments=QUICK)))


def test_validation_accuracy_of_the_best_of_several_is_biased():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 3)), rng.integers(2, size=200)
    data = {"noise": splits(x, y, (40, 40, 120))}
    arrays = run(data, candidates=8, held_out=30, draws=40, counts=[1, 8], groups=3)
    assert arrays["gap.8"].min() > 0.05 > abs(arrays["gap.1"].mean())
