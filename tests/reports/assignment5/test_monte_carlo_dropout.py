import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from studies import check_pictures, check_same, stored

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.assignment5.figures.monte_carlo_dropout import draw
from layerwise.reports.assignment5.studies.monte_carlo_dropout import _auc, _predict, _rotate, run
from layerwise.reports.inputs import only

QUICK = {"width": 8, "examples": 60, "epochs": 2, "draws": 3, "angles": [0, 90], "count": 20, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, pictures, arguments=QUICK)))


def test_auc_equals_scikit_learn():
    rng = np.random.default_rng(0)
    unusual, usual = rng.integers(0, 8, 50) + 2.0, rng.integers(0, 8, 70) * 1.0
    expected = roc_auc_score(np.r_[np.ones(50), np.zeros(70)], np.r_[unusual, usual])
    assert _auc(unusual, usual) == pytest.approx(expected)


def test_images_are_rotated_about_their_center():
    x = np.arange(16, dtype=np.float32).reshape(1, 16)
    square = x.reshape(4, 4)
    assert np.array_equal(_rotate(x, (4, 4), 0), x)
    assert np.array_equal(_rotate(x, (4, 4), 180).reshape(4, 4), square[::-1, ::-1])
    assert np.array_equal(_rotate(x, (4, 4), 90).reshape(4, 4), np.rot90(square, -1))


def test_a_second_dataset_is_out_of_distribution(pictures):
    other = {name: (1 - x, y) for name, (x, y) in pictures["pictures"].items()}
    settings = {"width": 8, "examples": 60, "epochs": 2, "draws": 2, "angles": [0], "count": 20, "seeds": 1}
    arrays = run({**pictures, "negatives": other}, **settings)
    assert arrays["entropy.other"].shape == (20,)
    assert 0 <= arrays["auc.once.other"][0] <= 1


def test_entropy_and_disagreement_of_a_certain_network_are_zero(pictures):
    x, _ = only(pictures, np.float32)["train"]
    model = nn.Sequential([nn.Input((64,)), *training_kit.layers([4], 10, dropout=0.5)], seed=0)
    for layer in model.layers:
        for weight in layer.params.values():
            weight[...] = 0
    model.layers[-1].params["bias"][3] = 100
    prediction = _predict(model, x, 4)
    assert np.allclose(prediction["entropy"], 0, atol=1e-9)
    assert np.allclose(prediction["disagreement"], 0, atol=1e-9)
