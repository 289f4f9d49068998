import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.interpretability.figures.attribution_evaluation import (
    agreement,
    deletion,
    infidelity,
    randomization,
)
from layerwise.reports.interpretability.studies.attribution_evaluation import run

from .claims import check_claims

pytestmark = pytest.mark.training

QUICK = {"images": 4, "points": 3}


@pytest.fixture(scope="module")
def arrays(stripes, cnn):
    return run(stripes, cnn, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, stripes, cnn, tmp_path):
    again = run(stripes, cnn, **QUICK)
    assert list(arrays) == list(again)
    assert np.array_equal(arrays["layers"], again["layers"])
    check_same(*({name: array for name, array in both.items() if name != "layers"} for both in (arrays, again)))
    study = stored(tmp_path, arrays, stripes, arguments=QUICK)
    check_pictures([*randomization(study), *deletion(study), infidelity(study), agreement(study)])


def test_claims_read_existing_arrays(arrays):
    check_claims("attribution_evaluation", arrays)


def test_integrated_gradients_beat_random_deletion_and_depend_on_the_weights(arrays):
    assert arrays["deletion_area.integrated_gradients"].mean() < arrays["deletion_area.random"].mean() - 0.1
    for sign in ("signed", "absolute"):
        control, destroyed = (arrays[f"{kind}.{sign}.integrated_gradients"].mean() for kind in ("control", "destroyed"))
        assert destroyed < control
    assert arrays["infidelity.integrated_gradients"].mean() < arrays["infidelity.random"].mean()
    assert arrays["layers"].tolist() == ["dense", "conv2d_1", "conv2d"]


def test_a_table_raises(one_telling_feature, logistic):
    with pytest.raises(ValueError, match=r"dataset 'table': the examples must be images .*, got \(4,\)"):
        run(one_telling_feature, logistic)
