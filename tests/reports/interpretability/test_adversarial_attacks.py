import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise import nn
from layerwise.reports.interpretability.figures.adversarial_attacks import draw
from layerwise.reports.interpretability.studies.adversarial_attacks import (
    fast_gradient_sign,
    loss_gradient,
    projected_gradient,
    random_signs,
    run,
)
from layerwise.reports.numerical_gradient import central_differences

pytestmark = pytest.mark.training

QUICK = {"epsilons": [0.0, 0.1, 0.4], "images": 30, "steps": 5, "shown": 0.4, "examples": 3}


@pytest.fixture(scope="module")
def arrays(stripes, cnn):
    return run(stripes, cnn, **QUICK)


@pytest.fixture
def linear():
    model = nn.Sequential([nn.Input((2, 2, 1)), nn.Flatten(), nn.Dense(3)], seed=0)
    return model, np.full((4, 2, 2, 1), 0.5, np.float32), np.array([0, 1, 2, 0])


def test_the_study_is_reproducible_and_drawn(arrays, stripes, cnn, tmp_path):
    check_same(arrays, run(stripes, cnn, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, stripes, arguments=QUICK, runs=list(cnn))))


def test_larger_changes_are_worse_and_the_gradient_is_worse_than_chance(arrays):
    assert (np.diff(arrays["PGD.convolution"], axis=1) <= 0).all()
    assert (arrays["FGSM.convolution"][:, 0] == arrays["noise.convolution"][:, 0]).all()
    assert arrays["shown.FGSM.convolution"].mean() < arrays["shown.noise.convolution"].mean()
    assert arrays["shown.PGD.convolution"].mean() < arrays["shown.noise.convolution"].mean()


def test_the_gradient_is_that_of_each_examples_loss(linear):
    model, x, y = linear
    loss = nn.SparseCategoricalCrossentropy(from_logits=True)
    pixels = x.astype(np.float64)
    numerical = central_differences(pixels, lambda: len(y) * float(loss(y, model.predict(pixels, verbose=0))), 1e-2)
    np.testing.assert_allclose(loss_gradient(model, x, y), numerical, atol=1e-3)


@pytest.mark.parametrize("epsilon", [0.1, 0.7])
def test_attacks_stay_within_the_bounds_and_raise_the_loss(linear, epsilon):
    model, x, y = linear
    loss = nn.SparseCategoricalCrossentropy(from_logits=True)
    attacks = [fast_gradient_sign(model, x, y, epsilon), projected_gradient(model, x, y, epsilon, 10, seed=0)]
    for changed in attacks:
        assert np.abs(changed - x).max() <= min(epsilon, 0.5) + 1e-6
        assert changed.min() >= 0 and changed.max() <= 1
        assert loss(y, model.predict(changed, verbose=0)) > loss(y, model.predict(x, verbose=0))
    # the score is linear in the pixels, so that one step is as good as many
    np.testing.assert_allclose(attacks[0], attacks[1], atol=1e-5)
    assert set(np.unique(np.abs(random_signs(x, 0.25, 0) - x))) == {np.float32(0.25)}
