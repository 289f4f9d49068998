import numpy as np
import pytest
from studies import check_pictures, stored

from layerwise.reports.hyperparameter_tuning.figures.search_designs import designs, surface
from layerwise.reports.hyperparameter_tuning.studies.search_designs import run


def test_every_design_has_nine_points(sweeps):
    arrays = run({}, {"s": sweeps["s_random"]}, steps=5, rows=4, draws=8)
    assert arrays["surface"].shape == arrays["flat"].shape == (5, 5)
    for layout in ("grid", "random", "sobol"):
        assert arrays[f"points.{layout}"].shape == (9, 2)
        assert (arrays[f"best.{layout}"] <= arrays["flat"].max()).all()
    assert len(np.unique(arrays["points.grid"][:, 0])) == 3


@pytest.fixture
def study(tmp_path):
    """Return an objective with its maximum at the middle of the first range and the end of the second."""
    axis = np.linspace(0, 1, 5)
    arrays = {
        "paths": ["optimizer.learning_rate", "batch_size", "model.Dropout.rate"],
        "bounds": [[0.01, 1.0], [2, 10], [0.0, 0.6]],
        "log": [True, False, False],
        "axis": axis,
        "surface": np.subtract.outer(np.zeros(5), (axis - 0.5) ** 2) - ((axis - 1) ** 2)[:, None],
        "flat": np.tile(axis, (5, 1)),
        "trials": [[0.1, 0.2, 0.3], [0.5, 0.9, 0.1]],
        "value": [0.1, 0.2],
        "points.grid": [[0.2, 0.2], [0.8, 0.2]],
        "points.sobol": [[0.2, 0.2], [0.2, 0.8]],
        "best.grid": [0.5, 0.7],
        "best.sobol": [0.9, 0.7],
    }
    return stored(tmp_path, {name: np.array(values) for name, values in arrays.items()})


def test_the_title_gives_the_maximum_of_the_surface(study):
    picture = surface(study)
    check_pictures([picture])
    assert "the maximum is at learning rate 0.1, batch size 10" in picture.title


def test_the_title_compares_the_best_of_nine(study):
    picture = designs(study)
    check_pictures([picture])
    assert "Mean of the best of nine trials: grid 0.600, Sobol 0.800" in picture.title
