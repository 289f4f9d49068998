import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.interpretability.figures.attribution_backends import draw
from layerwise.reports.interpretability.studies.attribution_backends import run

from .claims import check_claims

pytestmark = pytest.mark.training

QUICK = {"images": 5}


@pytest.fixture(scope="module")
def arrays(stripes, cnn):
    return run(stripes, cnn, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, stripes, cnn, tmp_path):
    check_same(arrays, run(stripes, cnn, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, stripes, arguments=QUICK)))


def test_claims_read_existing_arrays(arrays):
    check_claims("attribution_backends", arrays)
