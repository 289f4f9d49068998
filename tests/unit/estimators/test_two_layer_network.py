import warnings

import numpy as np
import pytest
from sklearn.datasets import make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from layerwise.estimators import LogisticRegression, TwoLayerNetwork
from layerwise.estimators.two_layer_network import (
    ACTIVATIONS,
    OUTPUT_LOSSES,
    forward,
    initial_parameters,
    two_layer_loss_and_gradient,
)

pytestmark = pytest.mark.training

MOONS = make_moons(200, noise=0.1, random_state=0)
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [0, 1, 1, 0]


@pytest.mark.parametrize("weighted, l2", [(False, 0.0), (True, 0.3)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss, output", OUTPUT_LOSSES)
def test_backpropagation_matches_finite_differences(loss, output, activation, weighted, l2, numerical_gradient):
    rng = np.random.RandomState(1)
    outputs = 1 if output == "sigmoid" else 3
    x, parameters = rng.normal(size=(9, 4)), initial_parameters([4, 5, outputs], 0.8, rng)
    parameters[1] = rng.normal(size=5)
    y = np.eye(3)[rng.randint(3, size=9)][:, :outputs]
    assert np.abs(x @ parameters[0] + parameters[1]).min() > 1e-3  # away from the kink of ReLU
    options = {
        "activation": activation,
        "loss": loss,
        "output": output,
        "l2": l2,
        "sample_weight": rng.uniform(0.5, 2, 9) if weighted else None,
    }
    _, gradient = two_layer_loss_and_gradient(parameters, x, y, **options)
    expected = numerical_gradient(lambda p: two_layer_loss_and_gradient(p, x, y, **options)[0], parameters)
    for computed, slope in zip(gradient, expected):
        np.testing.assert_allclose(computed, slope, rtol=1e-7, atol=1e-9)


def test_forward_by_hand():
    parameters = [np.array([[1.0, -1.0]]), np.array([0.0, 1.0]), np.array([[2.0], [3.0]]), np.array([-1.0])]
    hidden, z = forward(parameters, np.array([[2.0]]), "relu")
    np.testing.assert_array_equal(hidden, [[2, 0]])
    np.testing.assert_array_equal(z, [[3]])


@pytest.mark.parametrize(
    "initialization, first, second",
    [("zeros", 0, 0), ("glorot", (2 / 500) ** 0.5, (2 / 400) ** 0.5), ("he", 0.1, (2 / 300) ** 0.5), (3.0, 3, 3)],
)
def test_standard_deviation_of_the_initial_weights(initialization, first, second):
    w1, b1, w2, b2 = initial_parameters([200, 300, 100], initialization, np.random.RandomState(0))
    assert (w1.shape, b1.shape, w2.shape, b2.shape) == ((200, 300), (300,), (300, 100), (100,))
    assert w1.std() == pytest.approx(first, rel=0.02)
    assert w2.std() == pytest.approx(second, rel=0.02)
    assert not b1.any() and not b2.any()


def test_with_zero_initialization_hidden_units_stay_identical():
    zeros = TwoLayerNetwork(4, activation="sigmoid", initialization="zeros").fit(*MOONS)
    # A matrix product may round equal columns differently, by 1e-16 in each of 500 steps.
    np.testing.assert_allclose(zeros.coefs_[0], zeros.coefs_[0][:, :1].repeat(4, axis=1), rtol=0, atol=1e-10)
    assert zeros.coefs_[0].any()
    assert zeros.score(*MOONS) < 0.95
    small = TwoLayerNetwork(4, initialization=0.01, random_state=0).fit(*MOONS)
    assert np.ptp(small.coefs_[0], axis=1).min() > 0.06  # at most 0.03 before training, at least 0.12 after it


@pytest.mark.parametrize("loss, chance", [("cross_entropy", np.log(3)), ("squared_error", 1 / 3)])
def test_small_weights_start_at_chance(loss, chance, iris):
    network = TwoLayerNetwork(initialization=1e-6, loss=loss, epochs=1, random_state=0).fit(*iris)
    assert network.loss_curve_[0] == pytest.approx(chance, rel=1e-6)


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_learns_xor_where_logistic_regression_cannot(activation, loss):
    """With 32 units, ReLU networks learn XOR from any seed; with 8, a quarter of the seeds have too many dead units."""
    network = TwoLayerNetwork(32, activation=activation, loss=loss, learning_rate=0.5, epochs=3000, random_state=0)
    assert network.fit(*XOR).score(*XOR) == 1
    assert network.loss_curve_[-1] < 0.02
    np.testing.assert_allclose(LogisticRegression().fit(*XOR).predict_proba(XOR[0]), 0.5)


def test_squared_error_learns_slowly_when_confidently_wrong():
    parameters = [np.array([[2.0]]), np.array([0.0]), np.array([[8.0]]), np.array([0.0])]
    x, y = np.array([[1.0]]), np.array([[0.0]])
    slope = {
        loss: abs(two_layer_loss_and_gradient(parameters, x, y, loss=loss)[1][3][0])
        for loss in ["cross_entropy", "squared_error"]
    }
    assert slope["cross_entropy"] > 0.999
    assert slope["squared_error"] < 1e-3


@pytest.mark.parametrize(
    "options", [{"batch_size": 16}, {"batch_size": 1, "learning_rate": 0.01, "epochs": 60}, {"activation": "relu"}]
)
def test_learns_three_spirals(options):
    rng = np.random.default_rng(0)
    radius = np.tile(np.linspace(0.1, 1, 60), 3)
    y = np.repeat(["a", "b", "c"], 60)
    angle = 4 * radius + np.repeat([0, 2, 4], 60) * np.pi / 3 + rng.normal(scale=0.05, size=180)
    x = 2 * np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    network = TwoLayerNetwork(**{"hidden_units": 30, "learning_rate": 0.1, "random_state": 0} | options).fit(x, y)
    assert network.score(x, y) > 0.95
    assert [w.shape for w in network.coefs_] == [(2, 30), (30, 3)]
    assert [b.shape for b in network.intercepts_] == [(30,), (3,)]


def test_hidden_activations_are_the_inputs_of_the_output_layer():
    network = TwoLayerNetwork(5, epochs=50, random_state=0).fit(*MOONS)
    hidden = network.hidden_activations(MOONS[0])
    assert hidden.shape == (200, 5)
    assert np.abs(hidden).max() <= 1
    np.testing.assert_allclose(
        (hidden @ network.coefs_[1] + network.intercepts_[1])[:, 0], network.decision_function(MOONS[0])
    )


def test_early_stopping_keeps_the_best_epoch():
    x, y = make_moons(60, noise=0.4, random_state=0)
    options = {"hidden_units": 50, "learning_rate": 0.5, "early_stopping": True, "validation_fraction": 0.3}
    stopped = TwoLayerNetwork(**options, epochs=3000, patience=40, random_state=0).fit(x, y)
    assert stopped.best_epoch_ == np.argmin(stopped.validation_loss_curve_)
    assert stopped.n_iter_ == stopped.best_epoch_ + 40 == len(stopped.validation_loss_curve_) - 1 < 3000
    assert len(stopped.loss_curve_) == len(stopped.validation_loss_curve_)
    # Training for just as many epochs gives the same parameters.
    full_run = TwoLayerNetwork(**options, epochs=stopped.best_epoch_, patience=40, random_state=0).fit(x, y)
    for restored, last in zip(stopped.coefs_ + stopped.intercepts_, full_run.coefs_ + full_run.intercepts_):
        np.testing.assert_array_equal(restored, last)


def test_early_stopping_split_is_stratified():
    """If all validation data had one class, the best network would always predict it."""
    x = np.random.default_rng(0).normal(size=(100, 2))
    y = np.repeat([0, 1], [90, 10])
    with pytest.raises(ValueError, match="least populated class"):
        TwoLayerNetwork(early_stopping=True).fit(x[:91], y[:91])
    network = TwoLayerNetwork(early_stopping=True, validation_fraction=0.2, initialization=1e-9, epochs=1)
    network.fit(x, y, sample_weight=np.where(y == 1, 9, 1))
    assert network.validation_loss_curve_[0] == pytest.approx(np.log(2))


def test_without_early_stopping_all_epochs_are_run():
    network = TwoLayerNetwork(epochs=30, patience=1).fit(*MOONS)
    assert network.n_iter_ == network.best_epoch_ == 30
    assert network.validation_loss_curve_ is None
    assert len(network.loss_curve_) == 31


def test_l2_shrinks_weights():
    norms = [
        sum(np.sum(w**2) for w in TwoLayerNetwork(l2=l2, random_state=0).fit(*MOONS).coefs_) for l2 in [0, 0.01, 0.1]
    ]
    assert norms[0] > 3 * norms[1] > 9 * norms[2]


def test_heavier_class_is_predicted_more_often():
    x, y = make_moons(200, noise=0.5, random_state=0)
    shares = [
        np.mean(TwoLayerNetwork(class_weight={0: 1, 1: w}, epochs=100, random_state=0).fit(x, y).predict(x))
        for w in [0.2, 1, 5]
    ]
    assert shares == sorted(shares)
    assert shares[2] - shares[0] > 0.2


def test_results_are_determined_by_the_seed():
    x, y = MOONS
    for options in [{}, {"batch_size": 16}, {"early_stopping": True}]:
        same, again, other = (
            TwoLayerNetwork(epochs=5, random_state=seed, **options).fit(x, y).predict_proba(x) for seed in [0, 0, 1]
        )
        np.testing.assert_array_equal(same, again)
        assert not np.array_equal(same, other)


def test_divergence_warns():
    with (
        np.errstate(all="ignore"),
        pytest.warns(ConvergenceWarning, match="TwoLayerNetwork: training diverged: the loss is (inf|nan) after"),
    ):
        network = TwoLayerNetwork(activation="relu", learning_rate=1e80, random_state=0).fit(*MOONS)
    assert network.n_iter_ < 500
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TwoLayerNetwork(epochs=2).fit(*MOONS)


def test_works_with_scikit_learn_tools():
    x, y = MOONS
    pipeline = make_pipeline(StandardScaler(), TwoLayerNetwork(random_state=0, epochs=300))
    assert cross_val_score(pipeline, x, y, cv=3).mean() > 0.97
    search = GridSearchCV(pipeline, {"twolayernetwork__hidden_units": [1, 8]}, cv=3).fit(x, y)
    assert search.best_params_ == {"twolayernetwork__hidden_units": 8}


@pytest.mark.parametrize(
    "parameter, value, condition",
    [
        ("hidden_units", 0, "an integer ≥ 1"),
        ("activation", "swish", "one of 'tanh', 'sigmoid', 'relu'"),
        ("loss", "hinge", "one of 'cross_entropy', 'squared_error'"),
        ("initialization", "xavier", "a number ≥ 0 or 'zeros' or 'glorot' or 'he'"),
        ("l2", -1, "a number ≥ 0"),
        ("learning_rate", "auto", "a number > 0"),
        ("schedule", None, "one of 'constant', 'inverse', 'exponential', 'cosine'"),
        ("decay", -1, "a number ≥ 0"),
        ("momentum", -0.5, "a number ≥ 0 and < 1"),
        ("batch_size", -1, "an integer ≥ 1 or None"),
        ("epochs", 1.5, "an integer ≥ 1"),
        ("validation_fraction", 1, "a number > 0 and < 1"),
        ("patience", 0, "an integer ≥ 1"),
    ],
)
def test_invalid_parameter_raises(parameter, value, condition):
    with pytest.raises(ValueError) as error:
        TwoLayerNetwork(**{parameter: value}).fit(*MOONS)
    assert str(error.value) == f"TwoLayerNetwork: {parameter} must be {condition}, got {value!r}"
