import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment3.figures.baselines import draw
from layerwise.reports.assignment3.studies.baselines import run

QUICK = {"boosting": {"digits": 3}, "repeats": 2}


@pytest.fixture(scope="module")
def arrays(digits):
    return run(digits, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, digits, tmp_path):
    check_same(arrays, run(digits, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, digits, arguments=QUICK)))


def test_boosting_without_rounds_is_omitted(digits):
    assert set(run(digits, {}, repeats=1)) == {
        f"{kind}.digits" for kind in ("network", "logistic", "linear_svc", "svc", "neighbors")
    }


def test_every_classifier_learns_separated_classes(arrays):
    assert all(values.mean() > 0.8 for values in arrays.values())
