"""The widget “decision threshold and temperature” computes what the Python code computes."""

from types import SimpleNamespace

import numpy as np
import pytest
from widget_pages import LEFT, FakeDataset, FakeStudy

from layerwise.evaluation import metrics
from layerwise.reporting.widgets import (
    gradient_descent,
    threshold,
)


@pytest.mark.parametrize("temperature", [1.0, 0.5, 4.0])
def test_matrix_and_calibration_equal_metrics(temperature, opened, predictions, tumors):
    call = opened("threshold")
    [experiment], [study] = predictions
    for number, p in enumerate([experiment.predictions("numpy").astype(float), study["probabilities.before"][:, 1]]):
        z = np.log(p / (1 - p)) / temperature
        warm = 1 / (1 + np.exp(-z))
        counts = call("confusion", number, 0.3, temperature)
        expected = [[np.sum((tumors.y == k) & ((warm >= 0.3) == m)) for m in (0, 1)] for k in (0, 1)]
        assert [[counts["tn"], counts["fp"]], [counts["fn"], counts["tp"]]] == expected
        result = call("reliability", number, temperature)
        both = np.column_stack([1 - warm, warm])
        assert result["ece"] == pytest.approx(metrics.calibration_error(tumors.y, both), abs=1e-6)
        assert result["loss"] == pytest.approx(-np.log(both[np.arange(len(z)), tumors.y]).mean(), abs=1e-6)
        fpr, tpr = np.transpose(call("roc", number))
        assert np.trapezoid(tpr, fpr) == pytest.approx(metrics.curve_areas(tumors.y == 1, p)[0], abs=1e-6)


def test_threshold_moves_with_the_arrow_keys(opened, browser):
    call = opened("threshold")
    before = call("status")
    slider = browser.find_elements("css selector", ".stage input[type=range]")[0]
    slider.send_keys(LEFT * 30)
    assert slider.get_attribute("value") == "0.2"
    assert call("status") != before


def test_large_tables_give_no_widget(tumors, predictions):
    x, y = np.resize(tumors.x, (6000, 4)), np.resize(tumors.y, 6000)
    large = FakeDataset(x, y, tumors.names, **{**tumors.info, "counts": {"test": 6000}})
    [experiment], _ = predictions
    assert threshold.widget([SimpleNamespace(**{**vars(experiment), "dataset": large})]) is None
    assert gradient_descent.widget(FakeStudy({}, large)) is None


def test_no_binary_task_gives_no_widget(networks):
    experiment = networks["MLP"]
    experiment.dataset.info["classes"] = 10
    assert threshold.widget([experiment]) is None
