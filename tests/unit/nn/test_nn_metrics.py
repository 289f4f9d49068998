"""Metrics are means over all examples of an epoch, independent of the batches."""

import numpy as np
import pytest

from layerwise import nn
from layerwise.nn import metrics


@pytest.mark.parametrize(
    "y_true, y_pred, expected",
    [
        ([0, 2, 1], [[0.9, 0.05, 0.05], [0.1, 0.2, 0.7], [0.8, 0.1, 0.1]], 2 / 3),
        (np.eye(3)[[0, 2, 1]], [[0.9, 0.05, 0.05], [0.1, 0.2, 0.7], [0.8, 0.1, 0.1]], 2 / 3),
        ([[1], [0], [1]], [[0.6], [0.4], [0.5]], 2 / 3),
        ([1, 0, 1], [[0.6], [0.4], [0.51]], 1.0),
        ([[0, 1], [1, 1]], [[[0.9, 0.1], [0.2, 0.8]], [[0.4, 0.6], [0.7, 0.3]]], 3 / 4),
    ],
)
def test_accuracy_infers_the_kind_of_targets_from_the_shapes(y_true, y_pred, expected):
    metric = nn.Accuracy()
    metric.update(np.array(y_true), np.array(y_pred))
    assert metric.result() == pytest.approx(expected)


def test_binary_accuracy_of_logits_uses_threshold_zero():
    x = np.array([[0.2], [-0.2], [0.4]])
    y = np.array([1, 0, 0])
    for from_logits, expected in ((True, 2 / 3), (False, 2 / 3)):
        model = nn.Sequential([nn.Input((1,)), nn.Dense(1, kernel_initializer="ones")])
        model.compile("sgd", nn.BinaryCrossentropy(from_logits=from_logits), metrics=["accuracy"])
        assert model.evaluate(x if from_logits else x + 0.5, y)[1] == pytest.approx(expected)


def test_metrics_are_means_over_examples_not_over_batches():
    y, p = np.arange(5.0).reshape(5, 1), np.zeros((5, 1))
    for name, expected in (("mse", 6.0), ("mae", 2.0), ("rmse", 6.0**0.5)):
        metric = metrics.get(name)
        assert metric.name == name
        metric.update(y[:4], p[:4])
        metric.update(y[4:], p[4:])
        assert metric.result() == pytest.approx(expected)
        metric.reset()
        assert np.isnan(metric.result())


def test_a_loss_can_be_a_metric_and_is_serialized():
    metric = metrics.get(nn.Huber(0.5))
    assert metric.name == "huber"
    rebuilt = metrics.get(metric.serialize())
    y, p = np.zeros((3, 1)), np.ones((3, 1))
    metric.update(y, p)
    rebuilt.update(y, p)
    assert metric.result() == rebuilt.result() == pytest.approx(0.375)


def test_unknown_metric_suggests_the_closest_name():
    with pytest.raises(ValueError, match="did you mean 'accuracy'"):
        metrics.get("acuracy")
