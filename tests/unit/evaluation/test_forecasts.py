"""Forecast metrics against values computed by hand, and the coverage of prediction intervals."""

import numpy as np
import pytest

from layerwise.evaluation.forecasts import half_width, mase, naive_error, smape


def test_scale_free_errors_by_hand():
    history = np.array([1.0, 3.0, 2.0, 6.0])
    assert naive_error(history) == pytest.approx((2 + 1 + 4) / 3)
    assert naive_error(history, season=2) == pytest.approx((1 + 3) / 2)
    truth, forecast = np.array([4.0, 0.0, 2.0]), np.array([2.0, 0.0, 6.0])
    assert mase(truth, forecast, unit=0.5) == pytest.approx(2 / 0.5)
    assert smape(truth, forecast) == pytest.approx(200 * (2 / 6 + 0 + 4 / 8) / 3)


def test_a_history_shorter_than_a_season_is_an_error():
    with pytest.raises(ValueError, match="history must be longer than the season 12, got 3 steps"):
        naive_error(np.zeros(3), season=12)


def test_the_interval_is_a_quantile_of_the_residuals():
    residuals = np.array([[-3.0, 1.0], [1.0, 1.0], [2.0, -9.0], [0.5, 1.0]])
    np.testing.assert_array_equal(half_width(residuals, 0.6), [2.0, 1.0])  # the third of four
    assert np.isinf(half_width(residuals, 0.9)).all()  # too few residuals for this level


def test_intervals_have_the_nominal_coverage_for_exchangeable_data():
    rng = np.random.default_rng(0)
    half = half_width(rng.normal(size=(49, 2000)), 0.9)
    assert np.mean(np.abs(rng.normal(size=2000)) <= half) == pytest.approx(0.9, abs=0.02)
