import numpy as np
from studies import check_pictures, check_same, stored

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.assignment4.figures import residual_connections as figures
from layerwise.reports.assignment4.studies.residual_connections import (
    autocorrelation,
    gradient_norms,
    input_gradients,
    run,
    stack,
)

QUICK = {"depths": [2, 4], "units": 3, "examples": 40, "epochs": 2, "batch_size": 20, "seeds": 2}
QUICK |= {"shattered_depths": [2, 4, 6], "shattered_units": 5, "points": 12, "lags": 3, "shattered_seeds": 2}


def test_the_study_is_reproducible_and_drawn(images, tmp_path):
    arrays = run(images, **QUICK)
    check_same(arrays, run(images, **QUICK))
    study = stored(tmp_path, arrays, images, arguments=QUICK)
    check_pictures([*figures.accuracy_by_depth(study), *figures.gradient_norms(study)])
    check_pictures(figures.shattered_gradients(study))


def test_plain_and_residual_stacks_differ_only_in_the_shortcuts():
    plain, residual = (
        training_kit.classifier([*stack(4, kind, True, 5), nn.Dense(3)], (8,), seed=0) for kind in (False, True)
    )
    for a, b in zip(plain.get_weights(), residual.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert sum(isinstance(layer, nn.Residual) for layer in residual.layers) == 2
    x, y = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32), np.arange(6) % 3
    assert gradient_norms(residual, x, y).shape == (5,)


def test_autocorrelation_of_a_sine_and_of_white_noise():
    wave = np.sin(2 * np.pi * np.arange(4000) / 8)
    np.testing.assert_allclose(autocorrelation(wave, 5), np.cos(np.pi / 4 * np.arange(5)), atol=2e-3)
    noise = autocorrelation(np.random.default_rng(0).normal(size=4000), 4)
    assert noise[0] == 1 and np.abs(noise[1:]).max() < 0.06  # four standard deviations of 1/√n


def test_input_gradients_are_piecewise_constant_in_a_shallow_plain_network():
    """A ReLU network without hidden normalization is piecewise linear, with at most one kink per unit and layer."""
    gradients = input_gradients(0, residual=False, norm=False, units=4, points=200, seed=0)
    assert np.count_nonzero(np.diff(gradients)) <= 4
