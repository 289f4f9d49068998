"""Metrics: means over all the examples of an epoch, whatever the batches."""

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
def test_accuracy_reads_its_kind_off_the_shapes(y_true, y_pred, expected):
    metric = nn.Accuracy()
    metric.update(np.array(y_true), np.array(y_pred))
    assert metric.result() == pytest.approx(expected)


def test_binary_accuracy_of_logits_cuts_at_zero():
    x = np.array([[0.2], [-0.2], [0.4]])
    y = np.array([1, 0, 0])
    for from_logits, expected in ((True, 2 / 3), (False, 2 / 3)):
        model = nn.Sequential([nn.Input((1,)), nn.Dense(1, kernel_initializer="ones")])
        model.compile("sgd", nn.BinaryCrossentropy(from_logits=from_logits), metrics=["accuracy"])
        assert model.evaluate(x if from_logits else x + 0.5, y)[1] == pytest.approx(expected)


def test_a_metric_is_the_mean_over_examples_not_over_batches():
    y, p = np.arange(5.0).reshape(5, 1), np.zeros((5, 1))
    for name, expected in (("mse", 6.0), ("mae", 2.0), ("rmse", 6.0**0.5)):
        metric = metrics.get(name)
        assert metric.name == name
        metric.update(y[:4], p[:4])
        metric.update(y[4:], p[4:])
        assert metric.result() == pytest.approx(expected)
        metric.reset()
        assert np.isnan(metric.result())


def test_a_metric_may_be_a_loss_and_travels_in_a_config():
    metric = metrics.get(nn.Huber(0.5))
    assert metric.name == "huber"
    twin = metrics.get(metric.serialize())
    y, p = np.zeros((3, 1)), np.ones((3, 1))
    metric.update(y, p)
    twin.update(y, p)
    assert metric.result() == twin.result() == pytest.approx(0.375)


def test_an_unknown_metric_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'accuracy'"):
        metrics.get("acuracy")
