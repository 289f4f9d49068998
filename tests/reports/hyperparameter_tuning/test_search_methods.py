import numpy as np
from studies import check_pictures

from layerwise.reports.hyperparameter_tuning.figures.search_methods import draw, parallel_coordinates
from layerwise.reports.hyperparameter_tuning.studies.search_methods import run


def test_objective_cost_and_position_of_every_trial(sweeps):
    arrays = run({}, sweeps)
    assert np.nanmax(arrays["value.s_grid"]) == sweeps["s_grid"].best["value"]
    assert arrays["spent.s_random"].tolist() == list(range(1, 17))
    rates = arrays["position.s_grid.optimizer.learning_rate"]
    assert sorted(set(rates.round(3))) == [0, 0.333, 0.667, 1]


def test_the_title_names_the_best_and_the_worst_search(two_methods):
    picture = draw(two_methods)
    check_pictures([picture])
    assert "Best search: random, 0.900 for 4 full trainings; worst: TPE, 0.700 for 2" in picture.title


def test_the_title_names_the_parameter_that_varies_least(two_methods):
    picture = parallel_coordinates(two_methods, "d_random")
    check_pictures([picture])
    assert "The best tenth of 4 trials vary least in rate" in picture.title
