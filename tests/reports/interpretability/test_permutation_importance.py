import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.interpretability.figures.permutation_importance import draw
from layerwise.reports.interpretability.studies.permutation_importance import run

from .claims import check_claims

pytestmark = pytest.mark.training

QUICK = {"repeats": 3}


@pytest.fixture(scope="module")
def arrays(one_telling_feature, logistic):
    return run(one_telling_feature, logistic, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, one_telling_feature, logistic, tmp_path):
    check_same(arrays, run(one_telling_feature, logistic, **QUICK))
    check_pictures([draw(stored(tmp_path, arrays, one_telling_feature, arguments=QUICK))])


def test_claims_read_existing_arrays(arrays):
    check_claims("permutation_importance", arrays)


def test_the_relevant_feature_is_the_most_important(arrays):
    for way in ("permutation", "gradients"):
        assert (arrays[way].argmax(axis=1) == 1).all()
    assert (arrays["odds"][:, 1] > 2).all()
    assert arrays["error"].max() < 1e-3


def test_a_network_with_a_hidden_layer_raises(one_telling_feature, tanh):
    with pytest.raises(
        ValueError, match="permutation_importance: the model must be a logistic regression with one output"
    ):
        run(one_telling_feature, tanh)
