import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.interpretability.figures.embeddings import draw, neighbors
from layerwise.reports.interpretability.studies.embeddings import run

from .claims import check_claims

pytestmark = pytest.mark.training

QUICK = {"images": 40, "neighbours": 3, "mistakes": 2}


@pytest.fixture(scope="module")
def arrays(stripes, cnn):
    return run(stripes, cnn, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, stripes, cnn, tmp_path):
    check_same(arrays, run(stripes, cnn, **QUICK))
    study = stored(tmp_path, arrays, stripes, arguments=QUICK)
    check_pictures([*draw(study), neighbors(study)])


def test_claims_read_existing_arrays(arrays):
    check_claims("embeddings", arrays)
