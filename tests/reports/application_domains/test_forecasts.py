"""Forecasters use only past values, fit simple series, and agree with statsmodels."""

from types import SimpleNamespace

import numpy as np
import pytest

from layerwise.data.windows import cut
from layerwise.reports.application_domains.figures.forecasts import (
    against_autoregression,
    coverage,
    draw,
    errors_by_horizon,
    table,
)
from layerwise.reports.application_domains.studies import forecasts

from .page import check_drawn, page_of

SETTINGS = {"order": 2, "season": 4, "steps": 3, "window": 8}


def wave(n=120):
    t = np.arange(n)
    return 0.02 * t + np.sin(np.pi * t / 2) + 0.1 * np.random.default_rng(0).normal(size=n)


def windows(series, window=6, horizon=2, borders=((0, 60), (60, 90), (90, 120))):
    borders = dict(zip(("train", "validation", "test"), borders))
    examples = cut(series[:, None], np.arange(len(series)), borders, window, horizon)
    return {"wave": {part: (examples.x[examples.part == part], examples.y[examples.part == part]) for part in borders}}


class Echo:
    """A network that predicts the last value of its window, twice."""

    def predict(self, x, verbose=0):
        return np.repeat(x[:, -1], 2, axis=1)


def trained(window=6):
    scaling = {"target": {"mean": [10.0], "scale": [2.0]}}
    return SimpleNamespace(dataset={"scaling": scaling, "shape": [window, 1]}, models=lambda: [Echo(), Echo()])


def test_the_series_is_reconstructed_from_its_windows():
    series = wave()
    reconstructed, borders, horizon = forecasts.whole(windows(series))
    np.testing.assert_array_equal(reconstructed, series)
    assert borders == [60, 90]
    assert horizon == 2


def test_examples_that_are_not_windows_raise():
    x = np.zeros((5, 4), np.float32)
    with pytest.raises(ValueError, match=r"dataset 'table': the examples must be windows .*, got shape \(4,\)"):
        forecasts.whole({"table": dict.fromkeys(("train", "validation", "test"), (x, x))})


@pytest.mark.parametrize("name", forecasts.BASELINES)
def test_a_forecast_depends_only_on_values_before_its_origin(name):
    series, origins = wave(), np.array([90, 100, 110])
    forecast = forecasts.BASELINES[name](series[:80], **SETTINGS)
    predicted = forecast(series, origins, 3)
    assert predicted.shape == (3, 3)
    for k, origin in enumerate(origins):
        other = series.copy()
        other[origin:] = 1e3
        np.testing.assert_allclose(forecast(other, origins[: k + 1], 3)[k], predicted[k], rtol=1e-6)


def test_last_value_and_last_season_by_hand():
    series, origins = np.arange(20.0), np.array([10, 12])
    last = forecasts.last_value(series)(series, origins, 3)
    np.testing.assert_array_equal(last, [[9, 9, 9], [11, 11, 11]])
    season = forecasts.last_season(series, season=2)(series, origins, 3)
    np.testing.assert_array_equal(season, [[8, 9, 8], [10, 11, 10]])


@pytest.mark.parametrize("name", ["autoregression", "refitted", "ridge"])
def test_linear_models_continue_a_sine_wave(name):
    series = np.sin(np.arange(120) / 3)  # x(t) = 2 cos(1/3) x(t - 1) - x(t - 2)
    forecast = forecasts.BASELINES[name](series[:90], **SETTINGS)
    predicted = forecast(series, np.array([90, 100]), 3)
    np.testing.assert_allclose(predicted, forecasts.ahead(series, np.array([90, 100]), 3), atol=1e-3)


def test_seasonal_models_beat_the_last_value_on_a_trend_with_a_season():
    series = wave()
    origins = np.arange(90, 117)
    truth = forecasts.ahead(series, origins, 3)
    error = {
        name: np.mean(np.abs(forecasts.BASELINES[name](series[:90], **SETTINGS)(series, origins, 3) - truth))
        for name in ("last_value", "smoothing", "airline", "last_season")
    }
    assert max(error["smoothing"], error["airline"]) < error["last_season"] < error["last_value"] / 4


@pytest.mark.parametrize("season", [1, 12])
def test_exponential_smoothing_equals_statsmodels(season):
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    series = wave() + 0.1 * np.arange(120) + np.random.default_rng(0).normal(size=120)
    kind = {"trend": "add", "seasonal": "add", "seasonal_periods": season} if season > 1 else {}
    theirs = ExponentialSmoothing(series[:90], **kind, initialization_method="estimated").fit().forecast(15)
    ours = forecasts.exponential_smoothing(series[:90], season)(series, np.array([90]), 15)
    assert np.allclose(ours[0], theirs)


def test_a_network_is_applied_to_its_own_forecasts_beyond_its_horizon():
    steps = forecasts.network(lambda x: x[:, -1] + 1, window=3)
    np.testing.assert_array_equal(steps(np.arange(10.0), np.array([5]), 4), [[5, 6, 7, 8]])


def test_measures_are_in_the_unit_of_the_series():
    series = wave()
    arrays = forecasts.run(
        windows(series), {"echo/numpy": trained()}, ["last_value"], steps=4, periods={"early": 9, "late": 20}
    )
    assert arrays["forecast.echo"].shape == (2, 29)
    np.testing.assert_allclose(arrays["truth"], 10 + 2 * series[90:119])
    errors = 2 * np.abs(forecasts.ahead(series, np.arange(90, 119), 2) - series[89:118, None])
    assert arrays["mae.early.last_value"] == pytest.approx(errors[:9].mean())
    np.testing.assert_allclose(arrays["error.late.last_value"], errors[9:].mean(axis=1)[::2])
    for measure in ("rmse.late", "mase.late", "smape.early", "width.late"):
        np.testing.assert_allclose(arrays[f"{measure}.echo"], np.repeat(arrays[f"{measure}.last_value"], 2))
    assert arrays["by_step.echo"].shape == (2, 4)
    assert set(arrays["covered.late.echo"]) <= {0, 1}
    assert 0 <= arrays["inside.late.echo"].min() <= arrays["inside.late.echo"].max() <= 1


def test_periods_that_do_not_cover_the_test_period_raise():
    with pytest.raises(ValueError, match="the lengths must add up to the 29 test origins, got 9"):
        forecasts.run(windows(wave()), {"echo/numpy": trained()}, ["last_value"], periods={"early": 9})


@pytest.fixture
def page(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {"truth": rng.normal(size=6)}
    for method, runs in (("autoregression", 1), ("net", 3)):
        arrays |= {f"by_step.{method}": 1 + rng.random((runs, 4)), f"forecast.{method}": rng.normal(size=(runs, 6))}
        arrays[f"half.{method}"] = np.full((runs, 1), 1.5)
        for period, rows in (("early", 4), ("late", 2)):
            for measure in ("rmse", "mae", "mase", "smape", "width"):
                arrays[f"{measure}.{period}.{method}"] = np.arange(runs) + 2.0
            arrays |= {f"inside.{period}.{method}": np.arange(rows) % 2.0}
    arguments = {"baselines": ["autoregression"], "order": 9, "periods": {"early": 4, "late": 2}}
    return page_of(tmp_path, arrays, arguments=arguments)


def test_the_table_has_reference_values_and_coverage(page):
    rows = table(*page).set_index("method")
    assert rows.loc["AR(9)", "RMSE early"] == "2.00 (reference 13.8)"
    assert rows.loc["AR(9)", "RMSE late"] == "2.00"
    assert rows.loc["FCN", "RMSE early"] == "3.00 ± 2.48"  # 4.30 / √3
    assert coverage(*page).set_index("method").loc["FCN", "late"] == "50%"


def test_the_autoregression_is_compared_with_every_network(page):
    study = page[1]
    assert against_autoregression(study) == (
        "AR(9), with 10 parameters fitted to the same years, has a lower RMSE than 1 of 1 networks in early (2.0 "
        "against 3.0 to 3.0) and 1 of 1 networks in late (2.0 against 3.0 to 3.0)."
    )


def test_forecasts_are_drawn(page):
    check_drawn(errors_by_horizon(*page, "ppm", "month"), "error one month ahead")
    check_drawn(draw(*page, ["net", "autoregression"], "year"), "RMSE one step ahead: FCN")
