import numpy as np
import pytest
from studies import check_pictures, stored

from layerwise.reports.hyperparameter_tuning.figures.selection_bias import draw, efficiency, table
from layerwise.reports.hyperparameter_tuning.studies.selection_bias import run


def test_experiments_select_by_validation_and_optimism_is_a_difference(sweeps, tiny):
    arrays = run(tiny, sweeps, sizes=[1, 16], seeds=2)
    assert arrays["validation.16"] == pytest.approx([sweeps["s_random"].best["value"]])
    assert np.sort(arrays["validation.1"]) == pytest.approx(np.sort(sweeps["s_random"].column("value")))
    assert arrays["optimism.s_grid"] == pytest.approx(arrays["promised.s_grid"] - arrays["again.s_grid"])
    assert len(arrays["tested.base"]) == 2


@pytest.fixture
def study(tmp_path):
    """Return a study of two searches and their base experiment with hand-set numbers."""
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
        "gap.base": [0.1, 0.08],
    }
    arrays = {name: np.array(values) for name, values in arrays.items()}
    return stored(tmp_path, arrays, sweeps=["d_random", "d_grid"])


def test_the_title_gives_the_random_trials_that_match_the_grid_search(study):
    validation, test = efficiency(study)
    check_pictures([validation, test])
    assert "the median random experiment reaches the grid search with 2 trials" in validation.title
    assert "the median random experiment misses the grid search with 2 trials" in test.title


def test_the_title_names_the_largest_optimism(study):
    picture = draw(study)
    check_pictures([picture])
    assert "Largest optimism: random, 8.0 points lost when retrained" in picture.title


def test_the_base_experiment_is_the_last_row(study):
    choices = table(study)
    assert choices["chosen by"].tolist() == ["random", "grid", "no search"]
    assert choices["optimism"].tolist() == ["+8.0", "+1.0", "–"]
    assert choices["gap to test"].tolist() == ["+10.0", "+10.0", "+9.0"]
