import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.interpretability.figures.label_randomization import draw
from layerwise.reports.interpretability.studies.label_randomization import run

from .claims import check_claims

pytestmark = pytest.mark.training

QUICK = {"examples": 30, "epochs": 5, "images": 4, "seeds": 2}


@pytest.fixture(scope="module")
def arrays(stripes):
    return run(stripes, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, stripes, tmp_path):
    check_same(arrays, run(stripes, **QUICK))
    check_pictures([draw(stored(tmp_path, arrays, stripes, arguments=QUICK))])


def test_claims_read_existing_arrays(arrays):
    check_claims("label_randomization", arrays)
