import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment2.figures.vanishing_gradients import draw
from layerwise.reports.assignment2.studies.vanishing_gradients import run

QUICK = {"depths": [1, 2], "width": 5, "seeds": 2, "epochs": 3}


def test_the_study_is_reproducible_and_drawn(three, tmp_path):
    arrays = run(three, **QUICK)
    check_same(arrays, run(three, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, three, arguments=QUICK)))


@pytest.mark.training
def test_gradients_vanish_through_sigmoids_and_not_through_relu(three):
    arrays = run(three, depths=[1, 5], width=30, seeds=4, epochs=1)
    assert arrays["ratio.sigmoid.5"].max() < 0.05
    assert 0.2 < arrays["ratio.relu.5"].mean() < 5
    assert np.allclose(arrays["ratio.tanh.1"], 1)
