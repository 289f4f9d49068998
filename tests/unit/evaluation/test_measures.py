"""Metrics against values computed by hand and scikit-learn, and the bootstrap against its definition."""

import numpy as np
import pytest
from sklearn import metrics as sk

from layerwise.evaluation import bootstrap, metrics


def test_two_classes_by_hand():
    # Sorted by score: + (.9), - (.8), + (.3), - (.1); at threshold 0.5 one TP, FP, FN and TN each.
    y, p = np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.3, 0.1])
    measures = metrics.classification(y, p, ["no", "yes"])
    assert measures["confusion_matrix"] == [[1, 1], [1, 1]]
    assert measures["accuracy"] == 0.5
    assert measures["precision_macro"] == measures["recall_macro"] == measures["f1_macro"] == 0.5
    assert measures["roc_auc"] == 0.75  # three of four pairs are ranked correctly
    assert measures["pr_auc"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert measures["log_loss"] == pytest.approx(-np.log([0.9, 0.2, 0.3, 0.9]).mean())
    assert measures["brier"] == pytest.approx((0.1**2 + 0.8**2 + 0.7**2 + 0.1**2) / 4)
    assert measures["per_class"]["yes"]["support"] == 2


def test_three_classes_by_hand():
    y = np.array([0, 0, 1, 2])
    p = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2]])
    measures = metrics.classification(y, p, ["a", "b", "c"])
    assert measures["confusion_matrix"] == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert measures["accuracy"] == 0.5
    assert measures["precision_macro"] == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)
    assert measures["recall_macro"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert measures["f1_macro"] == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    assert measures["brier"] == pytest.approx((0.26 + 1.14 + 0.06 + 0.98) / 4)  # not halved: in [0, 2]
    assert measures["roc_auc"] == pytest.approx((3 / 4 + 1 + 1) / 3)


@pytest.mark.parametrize(
    "p, y, expected",
    [
        ([0.8, 0.8, 0.8, 0.8, 0.8], [1, 1, 1, 1, 0], 0.0),  # 80% accuracy at 80% confidence
        ([1.0, 1.0], [1, 0], 0.5),  # 50% accuracy at 100% confidence
        ([0.9, 0.6], [1, 0], (0.1 + 0.6) / 2),  # two bins of one example each
    ],
)
def test_calibration_error_by_hand(p, y, expected):
    probabilities = metrics.class_probabilities(np.array(p))
    assert metrics.calibration_error(np.array(y), probabilities) == pytest.approx(expected)


def test_a_class_without_examples_has_no_curve():
    y = np.array([0, 1, 0])
    p = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1]])
    measures = metrics.classification(y, p, ["a", "b", "c"])
    assert measures["per_class"]["c"]["roc_auc"] is None
    assert measures["roc_auc"] == 1.0  # the mean over the classes present


def test_regression_by_hand():
    measures = metrics.regression(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 6.0]))
    assert measures == {"mse": 3.0, "rmse": pytest.approx(3**0.5), "mae": 1.0, "r2": pytest.approx(1 - 9 / 2)}


def test_forecasts_of_several_channels_are_flattened():
    y, p = np.random.default_rng(0).normal(size=(2, 5, 3, 2))
    measures = metrics.regression(y, p)
    assert measures == pytest.approx(metrics.regression(y.reshape(5, 6), p.reshape(5, 6)))
    assert measures["mse"] == pytest.approx(np.mean((y - p) ** 2))


SCORES = {
    "spread": lambda rng, n, classes: rng.random((n, classes)) ** 3 + 1e-9,
    "tied": lambda rng, n, classes: rng.integers(1, 4, size=(n, classes)).astype(float),
    "extreme": lambda rng, n, classes: np.exp(np.maximum(200 * rng.normal(size=(n, classes)) - 200, -700)),
    "certain": lambda rng, n, classes: np.eye(classes)[rng.integers(classes, size=n)],
}


@pytest.mark.parametrize("present", ["some", "one"])
@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_classification_metrics_equal_scikit_learn_bit_for_bit(classes, score, present):
    for seed in range(8):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 200))
        y = rng.integers(classes, size=n) if present == "some" else np.full(n, seed % classes)
        p = SCORES[score](rng, n, classes)
        p /= p.sum(axis=1, keepdims=True)
        measures, predicted, labels = metrics.classification(y, p, range(classes)), p.argmax(axis=1), range(classes)

        assert measures["accuracy"] == sk.accuracy_score(y, predicted)
        assert measures["log_loss"] == sk.log_loss(y, p, labels=labels)
        assert measures["confusion_matrix"] == sk.confusion_matrix(y, predicted, labels=labels).tolist()
        expected = sk.precision_recall_fscore_support(y, predicted, labels=labels, zero_division=0)
        for name, values in zip(("precision", "recall", "f1", "support"), expected):
            assert [row[name] for row in measures["per_class"].values()] == values.tolist(), name
        for name, values in zip(("precision_macro", "recall_macro", "f1_macro"), expected):
            assert measures[name] == values.mean(), name
        for k, row in enumerate(measures["per_class"].values()):
            if 0 < np.sum(y == k) < n:
                assert row["roc_auc"] == sk.roc_auc_score(y == k, p[:, k])
                assert row["pr_auc"] == sk.average_precision_score(y == k, p[:, k])
            else:
                assert row["roc_auc"] is row["pr_auc"] is None


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("columns", [1, 4])
def test_regression_metrics_equal_scikit_learn_bit_for_bit(columns, dtype):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=(int(rng.integers(2, 200)), columns)).astype(dtype)
        p = y + 0.3 * rng.normal(size=y.shape)
        if seed % 4 == 0:
            y[:, 0] = 2  # a constant target
        if seed % 8 == 0:
            p[:, 0] = 2  # that is predicted exactly
        measures = metrics.regression(y, p)
        assert measures["mse"] == sk.mean_squared_error(y, p)
        assert measures["mae"] == sk.mean_absolute_error(y, p)
        assert measures["r2"] == sk.r2_score(y, p)


@pytest.fixture
def three_classes():
    rng = np.random.default_rng(1)
    y = rng.integers(3, size=120)
    p = rng.integers(1, 6, size=(120, 3)) + 2 * np.eye(3)[y]  # integers create ties
    return y, p / p.sum(axis=1, keepdims=True)


def test_drawing_each_example_once_gives_the_metric_itself(three_classes, monkeypatch):
    y, p = three_classes
    monkeypatch.setattr(bootstrap, "_counts", lambda n, resamples, rng: iter([np.ones((2, n))]))
    monkeypatch.setattr(bootstrap, "_confusion_measures", lambda confusion, resamples, rng: np.zeros((2, 4)))
    intervals, direct = bootstrap.classification(y, p, 2), metrics.classification(y, p, "abc")
    for name in ("log_loss", "brier", "ece", "roc_auc", "pr_auc"):
        assert intervals[name] == pytest.approx([direct[name]] * 2), name


@pytest.mark.parametrize("name", ["roc_auc", "pr_auc"])
def test_weighted_areas_equal_scikit_learn(three_classes, name):
    y, p = three_classes
    counts = np.random.default_rng(0).integers(0, 4, size=(1, len(y)))
    score = {"roc_auc": sk.roc_auc_score, "pr_auc": sk.average_precision_score}[name]
    area = bootstrap._area_measure(y == 1, p[:, 1])(counts.astype(float))[("roc_auc", "pr_auc").index(name), 0]
    assert area == pytest.approx(score(y == 1, p[:, 1], sample_weight=counts[0]))


def test_resampled_confusion_metrics_equal_scikit_learn(three_classes):
    y, p = three_classes
    confusion = sk.confusion_matrix(y, p.argmax(axis=1))

    class Same:
        def multinomial(self, n, shares, size):
            return np.tile(np.round(n * shares).astype(int), (size, 1))

    direct = metrics.classification(y, p, "abc")
    names = ["accuracy", "precision_macro", "recall_macro", "f1_macro"]
    assert bootstrap._confusion_measures(confusion, 1, Same())[0] == pytest.approx([direct[name] for name in names])


def test_drawing_each_example_once_gives_the_regression_metric_itself(monkeypatch):
    rng = np.random.default_rng(2)
    y = rng.normal(size=(50, 2))
    p = y + rng.normal(size=(50, 2))
    monkeypatch.setattr(bootstrap, "_counts", lambda n, resamples, rng: iter([np.ones((2, n))]))
    intervals, direct = bootstrap.regression(y, p, 2), metrics.regression(y, p)
    assert {name: value[0] for name, value in intervals.items()} == pytest.approx(direct)


@pytest.mark.parametrize("name", ["accuracy", "log_loss"])
def test_intervals_have_the_nominal_coverage(name):
    """Of 200 samples, the 95% interval should cover the true value in 190 ± 3·3."""
    rng = np.random.default_rng(3)
    truth = {"accuracy": 0.8, "log_loss": -0.8 * np.log(0.8) - 0.2 * np.log(0.2)}[name]
    hits = 0
    for _ in range(200):
        y = (rng.random(150) < 0.8).astype(int)
        low, high = bootstrap.classification(y, np.full(150, 0.8), resamples=400)[name]
        hits += low <= truth <= high
    assert 181 <= hits <= 199


def test_intervals_are_seeded(three_classes):
    assert bootstrap.classification(*three_classes, 50) == bootstrap.classification(*three_classes, 50)
    assert bootstrap.classification(*three_classes, 50) != bootstrap.classification(*three_classes, 50, seed=1)


def test_blocks_do_not_change_the_draws(three_classes, monkeypatch):
    whole = bootstrap.classification(*three_classes, 50)
    monkeypatch.setattr(bootstrap, "_BLOCK", 7 * 120)
    blocks = bootstrap.classification(*three_classes, 50)
    assert np.array(list(blocks.values())) == pytest.approx(np.array(list(whole.values())))


def test_a_calibrated_model_of_few_examples_has_a_calibration_error():
    """With one bin, it is the mean absolute error of a proportion: sqrt(2 p (1 - p) / (π n)) for large n."""
    for n in (100, 10_000):
        p = np.tile([0.8, 0.2], (n, 1))
        expected = (2 * 0.8 * 0.2 / (np.pi * n)) ** 0.5
        assert metrics.calibrated_error(p, draws=500) == pytest.approx(expected, rel=0.15)
