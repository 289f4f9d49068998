import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.interpretability.figures.partial_dependence import draw
from layerwise.reports.interpretability.studies.partial_dependence import run

from .claims import check_claims

pytestmark = pytest.mark.training

QUICK = {"features": 2, "examples": 10}


@pytest.fixture(scope="module")
def arrays(one_telling_feature, tanh):
    return run(one_telling_feature, tanh, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, one_telling_feature, tanh, tmp_path):
    check_same(arrays, run(one_telling_feature, tanh, **QUICK))
    check_pictures([draw(stored(tmp_path, arrays, one_telling_feature, arguments=QUICK))])


def test_claims_read_existing_arrays(arrays):
    check_claims("partial_dependence", arrays)


def test_the_relevant_feature_comes_first(arrays):
    assert arrays["features"][0] == 1
