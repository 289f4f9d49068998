import numpy as np
import pytest
from studies import check_pictures, stored

from layerwise.reports.hyperparameter_tuning.figures.selection_bias import draw, efficiency, table
from layerwise.reports.hyperparameter_tuning.studies.selection_bias import run


def test_a_promise_is_the_best_of_validation_and_one_trial_promises_nothing(sweeps, tiny):
    found = run(tiny, sweeps, sizes=[1, 16], seeds=2)
    assert found["validation.16"] == pytest.approx([sweeps["s_random"].best["value"]])
    assert np.sort(found["validation.1"]) == pytest.approx(np.sort(sweeps["s_random"].column("value")))
    assert found["optimism.s_grid"] == pytest.approx(found["promised.s_grid"] - found["again.s_grid"])
    assert len(found["tested.base"]) == 2


@pytest.fixture
def study(tmp_path):
    """Return a study of two searches and of an experiment that was not searched, with numbers set by hand."""
    arrays = {
        "sizes": [1, 2],
        "validation.1": [0.5, 0.7],
        "validation.2": [0.9],
        "test.1": [0.4, 0.5],
        "test.2": [0.6],
        "promised.d_random": [0.9],
        "promised.d_grid": [0.8],
        "again.d_random": [0.8, 0.84],
        "tested.d_random": [0.8, 0.8],
        "optimism.d_random": [0.1, 0.06],
        "gap.d_random": [0.1, 0.1],
        "again.d_grid": [0.8, 0.78],
        "tested.d_grid": [0.7, 0.7],
        "optimism.d_grid": [0.0, 0.02],
        "gap.d_grid": [0.1, 0.1],
        "again.base": [0.6, 0.6],
        "tested.base": [0.5, 0.5],
    }
    arrays = {name: np.array(values) for name, values in arrays.items()}
    return stored(tmp_path, arrays, sweeps=["d_random", "d_grid"])


def test_the_number_of_random_trials_that_reach_the_grid_is_named(study):
    validation, test = efficiency(study)
    check_pictures([validation, test])
    assert "the median random experiment reaches the grid with 2 trials" in validation.title
    assert "the median random experiment does not reach the grid with 2 trials" in test.title


def test_the_largest_optimism_is_named(study):
    picture = draw(study)
    check_pictures([picture])
    assert "the choice of random falls short of its promise most, by 8.0 points" in picture.title


def test_the_experiment_that_was_not_searched_is_the_last_row(study):
    choices = table(study)
    assert choices["chosen by"].tolist() == ["random", "grid", "nobody"]
    assert choices["optimism"].tolist() == ["+8.0", "+1.0", "–"]
