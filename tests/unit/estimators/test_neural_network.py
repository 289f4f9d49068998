import pickle

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_moons, make_regression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from layerwise import nn
from layerwise.estimators import LogisticRegression, NeuralNetworkClassifier, NeuralNetworkRegressor

pytestmark = pytest.mark.training

MOONS = make_moons(300, noise=0.2, random_state=0)
X, Y = make_regression(200, 5, n_targets=2, noise=5, random_state=0)
ONE_TARGET = scale(X), scale(Y[:, 0])
TWO_TARGETS = scale(X), scale(Y)


def convolutions():
    """Return layers for 8 × 8 images."""
    return [nn.Reshape((8, 8, 1)), nn.Conv2D(8, 3, activation="relu"), nn.MaxPooling2D(2), nn.Flatten()]


def kinds(estimator):
    return [type(layer).__name__ for layer in estimator.model_.layers if not isinstance(layer, nn.Input)]


@pytest.mark.parametrize(
    "parameters, expected",
    [
        ({"hidden_layer_sizes": ()}, ["Dense"]),
        ({"hidden_layer_sizes": (8, 4)}, ["Dense", "Activation", "Dense", "Activation", "Dense"]),
        (
            {"hidden_layer_sizes": [8], "batch_normalization": True, "dropout": 0.1},
            ["Dense", "BatchNormalization", "Activation", "Dropout", "Dense"],
        ),
        ({"hidden_layers": lambda: [nn.Dense(3, activation="tanh")]}, ["Dense", "Dense"]),
    ],
)
def test_parameters_determine_the_layers(parameters, expected):
    assert kinds(NeuralNetworkClassifier(**parameters, epochs=1).fit(*MOONS)) == expected


def test_without_hidden_layers_equals_logistic_regression(breast_cancer):
    x, y = breast_cancer
    by_hand = LogisticRegression(l2=0.1, tol=1e-9, max_epochs=5000).fit(x, y)
    network = NeuralNetworkClassifier(
        (), l2=0.1, optimizer=nn.SGD(0.3, momentum=0.9), batch_size=len(x), epochs=1000, random_state=0
    ).fit(x, y)
    np.testing.assert_allclose(network.model_.get_weights()[0].T, by_hand.coef_, atol=1e-6)
    np.testing.assert_allclose(network.predict_proba(x), by_hand.predict_proba(x), atol=1e-6)
    assert network.loss_curve_[-1] == pytest.approx(by_hand.loss_curve_[-1], abs=1e-6)


def test_classifies_moons_and_digits():
    x, y = MOONS
    network = NeuralNetworkClassifier((32,), learning_rate=0.01, random_state=0).fit(x, y)
    assert network.score(x, y) > 0.93  # with 20 seeds at least 0.976; a linear classifier reaches 0.87
    assert network.decision_function(x).shape == (300,)
    np.testing.assert_allclose(network.predict_proba(x)[:, 1], 1 / (1 + np.exp(-network.decision_function(x))))
    x, y = load_digits(return_X_y=True)
    words = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])[y]
    x_train, x_test, y_train, y_test = train_test_split(x.astype("float32") / 16, words, random_state=0)
    network = NeuralNetworkClassifier(hidden_layers=convolutions, learning_rate=0.01, epochs=15, random_state=0).fit(
        x_train, y_train
    )
    assert network.score(x_test, y_test) > 0.9  # with 20 seeds at least 0.955
    assert kinds(network) == ["Reshape", "Conv2D", "MaxPooling2D", "Flatten", "Dense"]


def test_regresses_one_or_two_targets():
    one_target = NeuralNetworkRegressor((32,), learning_rate=0.01, random_state=0).fit(*ONE_TARGET)
    assert one_target.score(*ONE_TARGET) > 0.98
    assert one_target.predict(ONE_TARGET[0]).shape == (200,)
    two_targets = NeuralNetworkRegressor((32,), learning_rate=0.01, random_state=0).fit(*TWO_TARGETS)
    assert two_targets.score(*TWO_TARGETS) > 0.98
    assert two_targets.predict(TWO_TARGETS[0]).shape == (200, 2)


@pytest.mark.parametrize("estimator, data", [(NeuralNetworkClassifier, MOONS), (NeuralNetworkRegressor, ONE_TARGET)])
class TestBoth:
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_trains_in_the_dtype_of_the_features(self, estimator, data, dtype):
        x, y = data
        network = estimator((4,), epochs=1).fit(x.astype(dtype), y)
        assert {weight.dtype for weight in network.model_.get_weights()} == {np.dtype(dtype)}
        assert estimator((4,), epochs=1).fit((10 * x).astype(int), y).model_.get_weights()[0].dtype == "float64"

    def test_an_integer_is_one_hidden_layer(self, estimator, data):
        one, listed = (estimator(sizes, epochs=1, random_state=0).fit(*data) for sizes in [8, (8,)])
        np.testing.assert_array_equal(one.predict(data[0]), listed.predict(data[0]))

    def test_results_are_determined_by_the_seed(self, estimator, data):
        x, y = data
        same, again, other = (
            estimator((8,), dropout=0.2, epochs=3, early_stopping=True, random_state=seed).fit(x, y).predict(3 * x)
            for seed in [0, 0, 1]
        )
        np.testing.assert_array_equal(same, again)
        assert not np.array_equal(same, other)

    def test_early_stopping_keeps_the_best_epoch(self, estimator, data):
        x, y = data[0][:60], np.random.default_rng(0).permutation(data[1][:60])  # pure noise
        options = {"learning_rate": 0.01, "early_stopping": True, "validation_fraction": 0.3, "random_state": 0}
        stopped = estimator((50,), patience=5, **options).fit(x, y)
        best = int(np.argmin(stopped.validation_loss_curve_)) + 1
        assert stopped.n_iter_ == best + 5 == len(stopped.loss_curve_) == len(stopped.validation_loss_curve_) < 100
        full_run = estimator((50,), patience=5, epochs=best, **options).fit(x, y)
        for restored, last in zip(stopped.model_.get_weights(), full_run.model_.get_weights()):
            np.testing.assert_array_equal(restored, last)

    def test_without_early_stopping_no_data_are_held_out(self, estimator, data):
        network = estimator((4,), epochs=3, patience=1).fit(*data)
        assert network.n_iter_ == len(network.loss_curve_) == 3
        assert network.validation_loss_curve_ is None

    def test_l2_shrinks_weights(self, estimator, data):
        norms = [
            sum(
                np.sum(w**2)
                for w in estimator((8,), l2=l2, learning_rate=0.01, random_state=0).fit(*data).model_.get_weights()
            )
            for l2 in [0, 10]
        ]
        assert norms[1] < norms[0] / 4

    def test_the_given_optimizer_is_not_modified(self, estimator, data):
        optimizer = nn.SGD(0.05, momentum=0.9)
        first, second = (estimator((4,), optimizer=optimizer, epochs=2, random_state=0).fit(*data) for _ in range(2))
        assert optimizer.iterations == 0
        assert first.model_.optimizer.learning_rate == 0.05
        np.testing.assert_array_equal(first.predict(data[0]), second.predict(data[0]))
        faster = estimator((4,), optimizer=optimizer, learning_rate=0.1, epochs=1).fit(*data)
        assert (faster.model_.optimizer.learning_rate, faster.model_.optimizer.momentum) == (0.1, 0.9)

    def test_integer_weights_equal_repeated_rows(self, estimator, data):
        x, y = data[0][:40], data[1][:40]
        repeats = np.random.default_rng(0).integers(0, 4, 40)
        options = {"batch_size": 200, "epochs": 20, "learning_rate": 0.01, "random_state": 0}
        weighted = estimator((8,), **options).fit(x, y, sample_weight=repeats)
        repeated = estimator((8,), **options).fit(x.repeat(repeats, axis=0), y.repeat(repeats, axis=0))
        for weight, expected in zip(weighted.model_.get_weights(), repeated.model_.get_weights()):
            np.testing.assert_allclose(weight, expected, atol=1e-8)

    def test_works_with_scikit_learn_tools(self, estimator, data):
        x, y = data
        pipeline = make_pipeline(StandardScaler(), estimator((32,), learning_rate=0.02, epochs=50, random_state=0))
        assert cross_val_score(pipeline, x, y, cv=3).mean() > 0.93
        name = pipeline.steps[-1][0]
        search = GridSearchCV(pipeline, {f"{name}__learning_rate": [1e-6, 0.01]}, cv=3).fit(x, y)
        assert search.best_params_ == {f"{name}__learning_rate": 0.01}
        copy = pickle.loads(pickle.dumps(search))
        np.testing.assert_array_equal(copy.predict(x), search.predict(x))

    @pytest.mark.parametrize(
        "parameter, value, message",
        [
            (
                "hidden_layers",
                [3],
                "hidden_layers must be a function that returns a list of layers, or None, got [3]",
            ),
            ("hidden_layer_sizes", "8", "hidden_layer_sizes must be an integer or a sequence of integers, got '8'"),
            ("hidden_layer_sizes", 2.5, "hidden_layer_sizes must be an integer or a sequence of integers, got 2.5"),
            ("dropout", 1, "dropout must be a number ≥ 0 and < 1, got 1"),
            ("l2", -1, "l2 must be a number ≥ 0, got -1"),
            ("learning_rate", 0, "learning_rate must be a number > 0 or None, got 0"),
            ("batch_size", None, "batch_size must be an integer ≥ 1, got None"),
            ("epochs", 0, "epochs must be an integer ≥ 1, got 0"),
            ("validation_fraction", 0, "validation_fraction must be a number > 0 and < 1, got 0"),
            ("patience", 0, "patience must be an integer ≥ 1, got 0"),
        ],
    )
    def test_invalid_parameter_raises(self, estimator, data, parameter, value, message):
        with pytest.raises(ValueError) as error:
            estimator(**{parameter: value}).fit(*data)
        assert str(error.value) == f"{estimator.__name__}: {message}"

    @pytest.mark.parametrize("parameter, value", [("activation", "rely"), ("optimizer", "adan")])
    def test_unknown_names_suggest_the_closest(self, estimator, data, parameter, value):
        with pytest.raises(ValueError, match=f"{value}.*did you mean '(relu|adam)'"):
            estimator(**{parameter: value}).fit(*data)


def test_balanced_weights_favor_the_minority_class():
    x, y = make_moons(300, noise=0.4, random_state=0)
    imbalanced = (y == 0) | (np.arange(300) % 6 == 0)
    x, y = x[imbalanced], y[imbalanced]
    shares = [
        NeuralNetworkClassifier((16,), class_weight=weight, learning_rate=0.01, random_state=0)
        .fit(x, y)
        .predict(x)
        .mean()
        for weight in [None, "balanced"]
    ]
    assert shares[1] > 1.2 * shares[0]  # with 20 seeds at least 1.4 times
