import numpy as np
from studies import check_pictures

from layerwise.reports.hyperparameter_tuning.figures.search_methods import draw, parallel_coordinates
from layerwise.reports.hyperparameter_tuning.studies.search_methods import run


def test_a_search_ends_at_its_best_and_what_it_cost(sweeps):
    found = run({}, sweeps)
    assert np.nanmax(found["value.s_grid"]) == sweeps["s_grid"].best["value"]
    assert found["spent.s_random"].tolist() == list(range(1, 17))
    rates = found["position.s_grid.optimizer.learning_rate"]
    assert sorted(set(rates.round(3))) == [0, 0.333, 0.667, 1]


def test_the_best_of_each_method_is_drawn_with_its_cost(two_methods):
    picture = draw(two_methods)
    check_pictures([picture])
    assert "random finds 0.900 for 4 whole trainings, the most; TPE 0.700 for 2" in picture.title


def test_the_parameter_that_the_best_trials_agree_on_is_named(two_methods):
    picture = parallel_coordinates(two_methods, "d_random")
    check_pictures([picture])
    assert "The best tenth of 4 trials agree most on rate" in picture.title
