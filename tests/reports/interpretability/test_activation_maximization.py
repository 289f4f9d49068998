import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.interpretability.figures.activation_maximization import draw
from layerwise.reports.interpretability.studies.activation_maximization import _example, run

from .claims import check_claims

pytestmark = pytest.mark.training

QUICK = {"sure": 0.8}


@pytest.fixture(scope="module")
def arrays(stripes, cnn):
    return run(stripes, cnn, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, stripes, cnn, tmp_path):
    check_same(arrays, run(stripes, cnn, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, stripes, arguments=QUICK)))


def test_claims_read_existing_arrays(arrays):
    check_claims("activation_maximization", arrays)


def test_each_run_uses_a_different_correctly_classified_image():
    y, predicted = np.array([0, 1, 0, 1, 0]), np.array([0, 0, 1, 0, 0])
    assert [_example(y, predicted, 0, run) for run in range(3)] == [0, 4, 0]
    assert [_example(y, predicted, 1, run) for run in range(3)] == [1, 3, 1]  # none is classified correctly


def test_optimized_images_have_a_high_probability_and_agreement_is_a_share(arrays):
    assert all(arrays[f"sure.{kind}"].min() > 0.5 for kind in ("excites", "noise", "disguised"))
    for kind in ("excites", "noise"):
        assert 0 <= arrays[f"shared.{kind}"].min() <= arrays[f"shared.{kind}"].max() <= 1
