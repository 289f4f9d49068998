import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment3.figures.update_ratio import draw
from layerwise.reports.assignment3.studies.update_ratio import run

QUICK = {"rates": [0.001, 0.1, 0.5], "hidden": [8], "epochs": 3, "seeds": 2}


@pytest.fixture(scope="module")
def arrays(digits):
    return run(digits, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, digits, tmp_path):
    check_same(arrays, run(digits, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, digits, arguments=QUICK)))


def test_the_update_ratio_grows_with_the_rate(arrays):
    assert (arrays["ratio.0.001.0"] < arrays["ratio.0.1.0"]).all()
    assert arrays["ratio.0.1.0"].shape == (2, 3)
