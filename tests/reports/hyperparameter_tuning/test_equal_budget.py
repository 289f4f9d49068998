import numpy as np
from studies import check_pictures, check_same, stored

from layerwise.reports.hyperparameter_tuning.figures.equal_budget import draw
from layerwise.reports.hyperparameter_tuning.studies.equal_budget import run

QUICK = {"searches": 2, "budget": 8, "batch": 4}


def test_the_study_is_reproducible_and_drawn(sweeps, tiny, tmp_path):
    one = {"s_random": sweeps["s_random"]}
    arrays = run(tiny, one, **QUICK)
    check_same(arrays, run(tiny, one, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, arguments=QUICK)))


def test_methods_share_the_first_batch_and_keep_their_best(sweeps, tiny):
    arrays = run(tiny, {"s_random": sweeps["s_random"]}, **QUICK)
    random, bayesian = (arrays[f"best.{method}"] for method in ("random", "bayesian"))
    np.testing.assert_array_equal(random[:, :4], bayesian[:, :4])
    assert (np.diff(random) <= 0).all() and (np.diff(bayesian) <= 0).all()
    assert not np.array_equal(random[0], random[1])  # searches are independent
    np.testing.assert_array_equal(arrays["end.bayesian"], bayesian[:, -1])


def test_the_titles_state_the_medians_and_the_number_of_wins(tmp_path):
    arrays = {
        "cost": np.array([1, 2]),
        "best.random": np.array([[0.5, 0.4], [0.4, 0.2]]),
        "best.bayesian": np.array([[0.5, 0.1], [0.4, 0.3]]),
        "end.random": np.array([0.4, 0.2]),
        "end.bayesian": np.array([0.1, 0.3]),
    }
    curves, pairs = draw(stored(tmp_path, arrays))
    assert "Median after 2 trials: random 0.300, Bayesian 0.200" in curves.title
    assert "in 1 of 2 searches" in pairs.title
