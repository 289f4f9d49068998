import numpy as np
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.batch_norm_robustness import draw
from layerwise.reports.assignment5.studies.batch_norm_robustness import run

QUICK = {
    "learning_rates": [0.1, 1e4],
    "scales": [1, 2],
    "units": [5],
    "examples": 100,
    "steps": 40,
    "every": 10,
    "enough": 0.15,
    "tuning": 2,
    "seeds": 2,
}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, pictures, arguments=QUICK)))


def test_a_learning_rate_at_which_the_plain_network_diverges_is_not_chosen_or_tolerated(pictures):
    arrays = run(pictures, **QUICK)
    assert arrays["rate.plain"] == 0.1
    assert np.all(arrays["highest.plain"] <= 0.1)
    assert np.all(arrays["grid.plain"][:, 1] <= 0.15)
