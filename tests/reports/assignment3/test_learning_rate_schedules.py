import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment3.figures.learning_rate_schedules import draw
from layerwise.reports.assignment3.studies.learning_rate_schedules import run

QUICK = {"hidden": [8], "epochs": 6, "seeds": 2}


@pytest.fixture(scope="module")
def arrays(digits):
    return run(digits, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, digits, tmp_path):
    check_same(arrays, run(digits, **QUICK), diverging=["train.", "validation."])
    check_pictures(draw(stored(tmp_path, arrays, digits, arguments=QUICK)))


def test_all_schedules_share_their_highest_rate(arrays):
    highest = [arrays[key].max() for key in arrays if key.startswith("rate.")]
    assert len(highest) == 6
    assert np.allclose(highest, 0.3, rtol=0.01)
