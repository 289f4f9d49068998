import warnings

import numpy as np
import pytest
import scipy.special
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression as Reference
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from layerwise.estimators import LogisticRegression
from layerwise.estimators.logistic_regression import (
    logistic_loss_and_gradient,
    sigmoid,
    sigmoid_cross_entropy,
    smoothness,
    softmax,
    softmax_cross_entropy,
)

pytestmark = pytest.mark.training

CONVERGED = {"momentum": 0.95, "tol": 1e-9, "max_epochs": 20_000}
SCORES = np.array([[-1e4, 1e4, 0.0], [-800.0, -30.0, -1.0], [2.0, 30.0, 800.0]])


def test_probabilities_of_huge_scores():
    np.testing.assert_allclose(sigmoid(SCORES), scipy.special.expit(SCORES), rtol=1e-12)
    np.testing.assert_allclose(softmax(SCORES), scipy.special.softmax(SCORES, axis=1), rtol=1e-12)


def test_losses_of_huge_scores():
    y = np.eye(3)[[0, 1, 2]]
    losses, dz = sigmoid_cross_entropy(SCORES, y)
    np.testing.assert_allclose(losses, [2e4 + np.log(2), 30 + np.log1p(np.exp(-1)), 32 + np.log1p(np.exp(-2))])
    np.testing.assert_allclose(dz, scipy.special.expit(SCORES) - y, rtol=1e-12, atol=1e-15)
    losses, dz = softmax_cross_entropy(SCORES, y)
    np.testing.assert_allclose(losses, [2e4, 29, 0], atol=1e-12)
    np.testing.assert_allclose(dz, scipy.special.softmax(SCORES, axis=1) - y, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "cross_entropy, outputs", [(sigmoid_cross_entropy, 1), (sigmoid_cross_entropy, 3), (softmax_cross_entropy, 3)]
)
def test_gradient_matches_finite_differences(cross_entropy, outputs, weighted, l2, numerical_gradient):
    rng = np.random.default_rng(0)
    x, weights, bias = rng.normal(size=(9, 4)), rng.normal(size=(4, outputs)), rng.normal(size=outputs)
    labels = rng.integers(3, size=9)
    y = np.eye(3)[labels] if outputs == 3 else (labels[:, np.newaxis] == 1).astype(float)
    options = {
        "l2": l2,
        "sample_weight": rng.uniform(0.5, 2, 9) if weighted else None,
        "cross_entropy": cross_entropy,
    }
    _, gradient = logistic_loss_and_gradient(weights, bias, x, y, **options)
    expected = numerical_gradient(lambda p: logistic_loss_and_gradient(*p, x, y, **options)[0], [weights, bias])
    for computed, slope in zip(gradient, expected):
        np.testing.assert_allclose(computed, slope, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("c", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("data", ["breast_cancer", "iris"])
def test_coefficients_match_scikit_learn(data, c, request):
    x, y = request.getfixturevalue(data)
    reference = Reference(C=c, tol=1e-12, max_iter=10_000).fit(x, y)
    model = LogisticRegression(l2=1 / (c * len(x)), **CONVERGED).fit(x, y)
    np.testing.assert_allclose(model.coef_, reference.coef_, atol=1e-4)
    np.testing.assert_allclose(model.intercept_, reference.intercept_, atol=1e-4)
    np.testing.assert_allclose(model.predict_proba(x), reference.predict_proba(x), atol=1e-4)
    np.testing.assert_array_equal(model.predict(x), reference.predict(x))


def test_one_vs_rest_probabilities_far_from_the_data_are_finite(iris):
    x, y = iris
    model = LogisticRegression(multiclass="one_vs_rest").fit(x, y)
    model.coef_, model.intercept_ = np.eye(3, 4), np.zeros(3)
    p = model.predict_proba([[-800.0, -801, -802, 0], [-1e300, -1e300, -1e300, 0], [800, -800, 0, 0]])
    expected = np.exp([[0.0, -1, -2], [0, 0, 0], [0, -800, np.log(0.5)]])
    np.testing.assert_allclose(p, expected / expected.sum(axis=1, keepdims=True), rtol=1e-12)


def test_one_vs_rest_matches_scikit_learn(iris):
    x, y = iris
    reference = OneVsRestClassifier(Reference(C=1, tol=1e-12, max_iter=10_000)).fit(x, y)
    model = LogisticRegression(multiclass="one_vs_rest", l2=1 / len(x), **CONVERGED).fit(x, y)
    np.testing.assert_allclose(model.coef_, np.vstack([one.coef_ for one in reference.estimators_]), atol=1e-4)
    np.testing.assert_allclose(model.predict_proba(x), reference.predict_proba(x), atol=1e-4)


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 1, 1: 5, 2: 0.5}])
def test_class_and_sample_weights_match_scikit_learn(class_weight, iris):
    x, y = iris
    x, y = x[:120], y[:120]  # 50, 50 and 20: "balanced" matters
    sample_weight = np.random.default_rng(0).uniform(0, 2, len(x))
    reference = Reference(C=1, class_weight=class_weight, tol=1e-12, max_iter=10_000).fit(x, y, sample_weight)
    # scikit-learn sums the losses instead of averaging, so C corresponds to the sum of the weights
    total = np.sum(sample_weight * (reference_class_weights(class_weight, y, sample_weight)))
    model = LogisticRegression(l2=1 / total, class_weight=class_weight, **CONVERGED).fit(x, y, sample_weight)
    np.testing.assert_allclose(model.coef_, reference.coef_, atol=1e-4)


def reference_class_weights(class_weight, y, sample_weight):
    if class_weight is None:
        return np.ones(len(y))
    if class_weight == "balanced":
        totals = np.bincount(y, weights=sample_weight)
        return (totals.sum() / (len(totals) * totals))[y]
    return np.array([class_weight[label] for label in y])


def test_l1_gives_the_same_zeros_as_scikit_learn(iris):
    x, y = iris
    reference = Reference(C=1 / (len(x) * 0.02), l1_ratio=1, solver="saga", tol=1e-8, max_iter=20_000).fit(x, y)
    model = LogisticRegression(l1=0.02, tol=1e-9, max_epochs=20_000).fit(x, y)
    np.testing.assert_allclose(model.coef_, reference.coef_, atol=1e-4)
    assert np.sum(model.coef_ == 0) == np.sum(reference.coef_ == 0) >= 6


@pytest.mark.parametrize("outputs, curvature", [(1, 1 / 4), (2, 1 / 2)])
def test_smoothness_equals_the_largest_curvature_at_zero(outputs, curvature):
    """At zero weights the bound is tight: p (1 − p) = 1/4, and the softmax of two classes has 1/2 along (1, −1)."""
    rng = np.random.default_rng(0)
    x, sample_weight = rng.normal(size=(12, 3)), rng.uniform(0.5, 2, 12)
    y = np.eye(2)[rng.integers(2, size=12)][:, :outputs]

    def gradient(theta):
        weights = theta.reshape(4, outputs)
        _, (dw, db) = logistic_loss_and_gradient(
            weights[:3],
            weights[3],
            x,
            y,
            sample_weight=sample_weight,
            cross_entropy=sigmoid_cross_entropy if outputs == 1 else softmax_cross_entropy,
        )
        return np.append(dw, db)

    steps = 1e-5 * np.eye(4 * outputs)
    hessian = np.array([(gradient(step) - gradient(-step)) / 2e-5 for step in steps])
    bound = smoothness(x, curvature, sample_weight=sample_weight)
    assert bound == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=1e-7)
    assert smoothness(x, curvature, sample_weight=sample_weight, l2=0.5) == pytest.approx(bound + 0.5)


def test_smoothness_of_batches_is_between_one_row_and_all_rows():
    x = np.random.default_rng(0).normal(size=(20, 30))  # more features than rows, so that X Xᵀ is used
    bounds = [smoothness(x, 1 / 4, batch_size=size) for size in [1, 2, 5, 10, 20, None]]
    assert bounds[0] == pytest.approx((np.sum(x**2, axis=1) + 1).max() / 4)
    assert bounds[-1] == bounds[-2] == pytest.approx(np.linalg.norm(np.column_stack([x, np.ones(20)]), 2) ** 2 / 80)
    assert bounds == sorted(bounds, reverse=True)


@pytest.mark.parametrize("data, chance", [("breast_cancer", np.log(2)), ("iris", np.log(3))])
def test_loss_starts_at_chance_and_decreases_with_the_automatic_step(data, chance, request):
    x, y = request.getfixturevalue(data)
    model = LogisticRegression(momentum=0, tol=0, max_epochs=200).fit(x, y)
    assert model.loss_curve_[0] == pytest.approx(chance)
    assert len(model.loss_curve_) == 201
    assert np.all(np.diff(model.loss_curve_) < 0)


def test_stops_when_the_gradient_is_below_tol(iris):
    x, y = iris
    model = LogisticRegression(l2=0.01, tol=1e-3).fit(x, y)
    _, gradient = logistic_loss_and_gradient(
        model.coef_.T, model.intercept_, x, np.eye(3)[y], l2=0.01, cross_entropy=softmax_cross_entropy
    )
    assert 1e-4 < max(np.abs(g).max() for g in gradient) <= 1e-3
    assert 1 < model.n_iter_ == len(model.loss_curve_) - 1 < 1000


def test_warns_when_not_converged(iris):
    with pytest.warns(ConvergenceWarning, match=r"not converged after 3 epochs: .* above tol=0\.0001; increase max_"):
        assert LogisticRegression(max_epochs=3).fit(*iris).n_iter_ == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert LogisticRegression(max_epochs=3, tol=0).fit(*iris).n_iter_ == 3


def test_a_diverging_step_size_warns():
    x, y = np.array([[1.0], [-1.0], [2.0]]), [0, 1, 1]
    with np.errstate(all="ignore"), pytest.warns(ConvergenceWarning, match="the loss is (inf|nan)"):
        model = LogisticRegression(learning_rate=1e200, l2=1.0).fit(x, y)
    assert model.n_iter_ < 10


def test_unpenalized_weights_of_separable_classes_keep_growing():
    x, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), [0, 0, 1, 1]
    slopes = [
        LogisticRegression(momentum=0, tol=0, max_epochs=epochs).fit(x, y).coef_[0, 0] for epochs in [10, 100, 1000]
    ]
    assert np.all(np.diff(slopes) > 1)
    assert LogisticRegression(l2=0.1).fit(x, y).coef_[0, 0] < 2


@pytest.mark.parametrize("batch_size", [1, 16])
@pytest.mark.parametrize("schedule", ["inverse", "exponential", "cosine"])
def test_stochastic_gradient_descent_converges_with_a_decreasing_step(batch_size, schedule, iris):
    x, y = iris
    options = {"l2": 0.05, "tol": 0}
    optimum = LogisticRegression(l2=0.05, tol=1e-8, max_epochs=5000).fit(x, y)
    stochastic = LogisticRegression(
        batch_size=batch_size, schedule=schedule, decay=0.1, momentum=0.0, max_epochs=100, random_state=0, **options
    ).fit(x, y)
    # With 24 other seeds: at most 6e-4 at the end, at least 1.3e-2 in the worst of the first ten epochs.
    assert stochastic.loss_curve_[-1] - optimum.loss_curve_[-1] < 2e-3
    assert max(stochastic.loss_curve_[1:11]) - optimum.loss_curve_[-1] > 5e-3


def test_batches_depend_on_the_seed(iris):
    x, y = iris
    same, again, other = (
        LogisticRegression(batch_size=10, tol=0, max_epochs=5, random_state=seed).fit(x, y).coef_ for seed in [0, 0, 1]
    )
    np.testing.assert_array_equal(same, again)
    assert not np.array_equal(same, other)


def test_labels_may_be_strings(iris):
    x, y = iris
    words = np.array(["setosa", "versicolor", "virginica"])[y]
    np.testing.assert_array_equal(
        LogisticRegression(l2=0.01).fit(x, words).predict(x) == words,
        LogisticRegression(l2=0.01).fit(x, y).predict(x) == y,
    )


def test_works_with_scikit_learn_tools(breast_cancer):
    x, y = breast_cancer
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(l2=0.01, tol=1e-3))
    assert cross_val_score(pipeline, x, y, cv=5).mean() > 0.97
    search = GridSearchCV(pipeline, {"logisticregression__l2": [0.001, 10.0]}, cv=3).fit(x, y)
    assert search.best_params_ == {"logisticregression__l2": 0.001}


@pytest.mark.parametrize(
    "parameter, value, condition",
    [
        ("multiclass", "ovr", "one of 'softmax', 'one_vs_rest'"),
        ("l1", -1, "a number ≥ 0"),
        ("l2", "strong", "a number ≥ 0"),
        ("l2", np.nan, "a number ≥ 0"),
        ("learning_rate", 0, "a number > 0 or 'auto'"),
        ("schedule", "linear", "one of 'constant', 'inverse', 'exponential', 'cosine'"),
        ("decay", -0.1, "a number ≥ 0"),
        ("momentum", 1.0, "a number ≥ 0 and < 1"),
        ("batch_size", 0, "an integer ≥ 1 or None"),
        ("batch_size", 2.5, "an integer ≥ 1 or None"),
        ("max_epochs", True, "an integer ≥ 1"),
        ("tol", None, "a number ≥ 0"),
    ],
)
def test_invalid_parameter_raises(parameter, value, condition, iris):
    with pytest.raises(ValueError) as error:
        LogisticRegression(**{parameter: value}).fit(*iris)
    assert str(error.value) == f"LogisticRegression: {parameter} must be {condition}, got {value!r}"


def test_a_single_class_raises():
    with pytest.raises(ValueError, match="y must have at least 2 classes, got 1 class, \\['a'\\]"):
        LogisticRegression().fit([[1.0], [2.0]], ["a", "a"])


def test_rows_of_weight_zero_are_ignored_but_their_classes_are_kept(iris):
    x, y = iris
    weight = np.where((y == 2) | (np.arange(150) % 3 == 0), 0.0, 1.0)
    options = {"multiclass": "one_vs_rest", "batch_size": 10, "max_epochs": 5, "tol": 0, "random_state": 0}
    weighted = LogisticRegression(**options).fit(x, y, sample_weight=weight)
    filtered = LogisticRegression(**options).fit(x[weight > 0], y[weight > 0])
    reference = Reference().fit(x, y, sample_weight=weight)
    np.testing.assert_array_equal(weighted.classes_, reference.classes_)
    np.testing.assert_allclose(weighted.coef_[1:2], filtered.coef_, rtol=1e-12)
    assert weighted.predict_proba(x)[:, 2].max() < weighted.predict_proba(x)[:, :2].max(axis=1).min()


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 1, 1: 5, 2: 1}])
@pytest.mark.parametrize("multiclass", ["softmax", "one_vs_rest"])
def test_a_class_whose_rows_all_have_weight_zero_is_never_predicted(multiclass, class_weight, iris):
    x, y = iris
    model = LogisticRegression(multiclass=multiclass, class_weight=class_weight, l2=0.01)
    model.fit(x, y, sample_weight=(y != 1).astype(float))
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])
    np.testing.assert_array_equal(np.unique(model.predict(x)), [0, 2])
    assert model.score(x[y != 1], y[y != 1]) > 0.98
