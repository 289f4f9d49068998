import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment1.figures.convergence import draw
from layerwise.reports.assignment1.studies.convergence import run

QUICK = {"steps": 3, "grid": 5, "starts": 2}


def test_the_study_is_reproducible_and_drawn(table, tmp_path):
    arrays = run(table, **QUICK)
    check_same(arrays, run(table, **QUICK), diverging=["walk"])  # one path diverges on purpose
    check_pictures(draw(stored(tmp_path, arrays, table, arguments=QUICK)))


@pytest.mark.training
def test_descent_converges_below_the_safe_step_size_and_not_above_the_unstable_one(table):
    arrays = run(table, starts=4)
    assert (arrays["gap.safe"] < 1e-9).all()
    assert (arrays["gap.unstable"] > 1e-4).all()
    assert arrays["walk_loss"][-1][-1] > 1e3  # diverges above 2/λ
    assert np.allclose(arrays["walk"][:, 0], arrays["walk"][0, 0])  # the same start for all
