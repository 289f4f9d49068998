"""Regularizers and constraints: values, derivatives and effect on training."""

import numpy as np
import pytest
from numeric import gradient

from layerwise import nn


@pytest.mark.parametrize("regularizer", [nn.L1(0.3), nn.L2(0.2), nn.L1L2(0.1, 0.4), nn.L1L2()])
def test_derivatives_match_finite_differences(regularizer):
    w = np.array([[0.5, -1.5], [2.0, -0.1]])
    expected = regularizer.l1 * np.abs(w).sum() + regularizer.l2 * (w**2).sum()
    assert regularizer(w) == pytest.approx(expected)
    np.testing.assert_allclose(regularizer.gradient(w), gradient(lambda: regularizer(w), w), atol=1e-9)
    assert regularizer.gradient(w.astype("float32")).dtype == "float32"


def test_penalty_enters_the_loss_and_the_step():
    x, y = np.zeros((4, 3), "float32"), np.zeros((4, 2), "float32")
    model = nn.Sequential([nn.Input((3,)), nn.Dense(2, kernel_regularizer=nn.L2(0.1))], seed=0)
    model.compile(nn.SGD(0.5), "mse")
    kernel = model.get_weights()[0]
    penalty = 0.1 * float((kernel**2).sum())
    assert model.evaluate(x, y) == pytest.approx(penalty)
    assert model.train_on_batch(x, y) == pytest.approx(penalty)
    np.testing.assert_allclose(model.get_weights()[0], kernel - 0.5 * 0.2 * kernel, rtol=1e-6)


def test_penalties_apply_to_every_regularized_weight():
    layers = [
        nn.Dense(3, bias_regularizer=nn.L1(0.1), bias_initializer="ones"),
        nn.BatchNormalization(gamma_regularizer=nn.L2(0.1), beta_regularizer=nn.L2(0.2), beta_initializer="ones"),
        nn.Residual([nn.Dense(3, kernel_regularizer="l2", kernel_initializer="ones")]),
    ]
    model = nn.Sequential([nn.Input((2,)), *layers], seed=0)
    model.compile("sgd", "mse")
    x = np.zeros((1, 2))
    y = model.predict(x)
    assert model.evaluate(x, y) == pytest.approx(0.3 + 0.3 + 0.6 + 0.09, rel=1e-6)


def test_max_norm_rescales_weights_that_exceed_it():
    w = np.array([[3.0, 0.3], [4.0, 0.4]])
    nn.MaxNorm(2.0)(w)
    np.testing.assert_allclose(w, [[1.2, 0.3], [1.6, 0.4]], rtol=1e-6)
    image = np.ones((2, 2, 3, 4))
    nn.MaxNorm(1.0, axis=(0, 1, 2))(image)
    np.testing.assert_allclose((image**2).sum(axis=(0, 1, 2)), 1, rtol=1e-6)


def test_max_norm_matches_keras_formula_and_preserves_zeros():
    w = np.array([[3.0, 0.0], [4.0, 0.0]])
    nn.MaxNorm(2.0)(w)
    np.testing.assert_allclose(w, [[3 * 2 / (5 + 1e-7), 0.0], [4 * 2 / (5 + 1e-7), 0.0]], rtol=1e-12)


def test_constraint_holds_after_training():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 5)), 50 * rng.normal(size=(64, 3))
    model = nn.Sequential([nn.Dense(3, kernel_constraint=nn.MaxNorm(0.7))], seed=0)
    model.compile(nn.SGD(0.1), "mse")
    model.fit(x, y, epochs=3, verbose=0)
    norms = np.linalg.norm(model.get_weights()[0], axis=0)
    assert (norms <= 0.7 + 1e-5).all() and norms.max() > 0.69


@pytest.mark.parametrize("thing", [nn.L1(0.3), nn.L2(0.2), nn.L1L2(0.1, 0.4), nn.MaxNorm(3.0, axis=(0, 1))])
def test_config_round_trip(thing):
    rebuilt = type(thing).get(thing.serialize())
    assert rebuilt.serialize() == thing.serialize()


def test_names_and_errors():
    assert nn.Regularizer.get("l2").l2 == 0.01 and nn.Regularizer.get("l1_l2").l1 == 0.0
    for make, message in (
        (lambda: nn.L2(-1), "L2: l2 must be a finite number ≥ 0, got -1"),
        (lambda: nn.MaxNorm(0), "MaxNorm: max_value must be a number > 0, got 0"),
        (lambda: nn.Dense(3, kernel_regularizer="l3"), "unknown regularizer 'l3'"),
    ):
        with pytest.raises(ValueError, match=message):
            make()
