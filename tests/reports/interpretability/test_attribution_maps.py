import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.interpretability.figures.attribution_maps import completeness, draw, mistakes
from layerwise.reports.interpretability.studies.attribution_maps import run

from .claims import STUDIES, check_claims

pytestmark = pytest.mark.training

QUICK = {"mistakes": 2, "images": 4, "steps": [2, 16]}


@pytest.fixture(scope="module")
def arrays(stripes, cnn):
    return run(stripes, cnn, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, stripes, cnn, tmp_path):
    check_same(arrays, run(stripes, cnn, **QUICK))
    study = stored(tmp_path, arrays, stripes, arguments=QUICK)
    check_pictures([draw(study), completeness(study), *mistakes(study)])


def test_claims_read_existing_arrays(arrays):
    errors = {f"error.{steps}" for steps in STUDIES["attribution_maps"]["arguments"]["steps"]}
    check_claims("attribution_maps", errors.union(arrays))
