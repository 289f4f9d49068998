import numpy as np
import pytest
from studies import check_pictures, stored

from layerwise.reports.hyperparameter_tuning.figures.equal_budget import draw
from layerwise.reports.hyperparameter_tuning.studies.equal_budget import _hyperband, run


def test_methods_have_equal_cost_and_keep_their_best(sweeps):
    arrays = run({}, sweeps, budget=12, repeats=3, batch=4)
    for name in ("random", "grid", "bayesian", "hyperband"):
        best = arrays[f"best.{name}"]
        assert best.shape == (3, 12)
        assert np.isfinite(best[:, -1]).all()
        assert (np.diff(best, axis=1)[np.isfinite(np.diff(best, axis=1))] >= 0).all()


def test_hyperband_counts_epochs_as_in_the_paper():
    # At most 9 epochs, the best third promoted: brackets of 9, 5 and 3 trials cost 9 + 6 + 6, 15 + 6 and 27 epochs.
    curves = np.tile(np.linspace(1, 0.5, 9), (17, 1)) + np.arange(17)[:, None]
    best = _hyperband(curves, 9, 3, 8)
    assert np.isnan(best[:2]).all()
    assert best[2:] == pytest.approx(0.5)  # trial 0 is the best of the first bracket, and of all
    late = _hyperband(curves[::-1], 9, 3, 8)
    assert late[2] == pytest.approx(8.5)  # of the first nine, trials 16 to 8
    assert late[4] == pytest.approx(3.5)  # of the next five, after 42 epochs
    assert late[7] == pytest.approx(0.5)  # of the last three, after 69


def test_the_title_ranks_the_methods_at_the_full_budget(tmp_path):
    arrays = {
        "cost": np.array([1, 2]),
        "best.random": np.array([[0.5, 0.6], [0.4, 0.8]]),
        "best.grid": np.array([[np.nan, 0.9], [0.1, 0.9]]),
    }
    picture = draw(stored(tmp_path, arrays))
    check_pictures([picture])
    assert "Median best after 2 full trainings: grid 0.900, random 0.700" in picture.title
