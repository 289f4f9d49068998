"""Measures of forecasts against values worked out by hand, and what an interval promises."""

import numpy as np
import pytest

from layerwise.evaluation.forecasts import half_width, mase, naive_error, smape


def test_errors_without_a_unit_by_hand():
    history = np.array([1.0, 3.0, 2.0, 6.0])
    assert naive_error(history) == pytest.approx((2 + 1 + 4) / 3)
    assert naive_error(history, season=2) == pytest.approx((1 + 3) / 2)
    truth, forecast = np.array([4.0, 0.0, 2.0]), np.array([2.0, 0.0, 6.0])
    assert mase(truth, forecast, unit=0.5) == pytest.approx(2 / 0.5)
    assert smape(truth, forecast) == pytest.approx(200 * (2 / 6 + 0 + 4 / 8) / 3)


def test_a_history_without_a_whole_season_is_refused():
    with pytest.raises(ValueError, match="a history of 3 steps holds no season of 12"):
        naive_error(np.zeros(3), season=12)


def test_the_interval_is_a_quantile_of_the_residuals():
    residuals = np.array([[-3.0, 1.0], [1.0, 1.0], [2.0, -9.0], [0.5, 1.0]])
    np.testing.assert_array_equal(half_width(residuals, 0.6), [2.0, 1.0])  # the third of four
    assert np.isinf(half_width(residuals, 0.9)).all()  # four residuals cannot promise that much


def test_intervals_hold_what_they_promise_where_nothing_changes():
    rng = np.random.default_rng(0)
    half = half_width(rng.normal(size=(49, 2000)), 0.9)
    assert np.mean(np.abs(rng.normal(size=2000)) <= half) == pytest.approx(0.9, abs=0.02)
