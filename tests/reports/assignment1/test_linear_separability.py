import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment1.figures.linear_separability import draw
from layerwise.reports.assignment1.studies.linear_separability import run

QUICK = {"epochs": 30, "repeats": 2}


def test_the_study_is_reproducible_and_drawn(three, tmp_path):
    arrays = run(three, **QUICK)
    check_same(arrays, run(three, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, three, arguments=QUICK)))


@pytest.mark.training
def test_weights_keep_growing_on_separable_classes_unless_penalized(three):
    arrays = run(three, epochs=1000, repeats=3)
    early = np.searchsorted(arrays["epoch"], arrays["epoch"][-1] // 10)
    assert (arrays["norm.free"][:, -1] > arrays["norm.free"][:, early] + 0.3).all()
    assert np.allclose(arrays["norm.penalised"][:, -1], arrays["norm.penalised"][:, early], atol=0.05)
