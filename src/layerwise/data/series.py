"""Time series bundled with statsmodels, prepared for forecasting and split by time.

Their files are read directly because importing statsmodels takes two seconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from layerwise.data.examples import Examples
from layerwise.data.installed import package_file, package_path
from layerwise.data.windows import count, cut, in_turn


def sunspots(spec: dict[str, Any]) -> Examples:
    """Return yearly sunspot numbers 1700–2008, with years up to 1920 for training and later ones for testing.

    ``time`` is the year. The test years contain the two test periods of the literature, 1921–1955 and 1956–1979
    (Weigend, Huberman & Rumelhart 1990).
    """
    file = "datasets/sunspots/sunspots.csv"
    years, values = np.loadtxt(package_path("statsmodels", file), delimiter=",", skiprows=1).T
    years = years.astype(int)
    end = int(np.searchsorted(years, 1921))
    middle = end - count(spec["validation"], end - spec["window"])
    borders = {"train": (0, middle), "validation": (middle, end), "test": (end, len(years))}
    examples = cut(values[:, None], years, borders, spec["window"], spec["horizon"])
    examples.inputs = [package_file("statsmodels", file)]
    examples.feature_names = ["sunspot number"]
    return examples


def co2(spec: dict[str, Any]) -> Examples:
    """Return monthly means of CO₂ at Mauna Loa 1958–2001 (ppm), with gaps interpolated linearly.

    ``time`` is in years. The splits are consecutive in time.
    """
    file = "datasets/co2/co2.csv"
    weekly = pd.read_csv(package_path("statsmodels", file), index_col="date", parse_dates=True)["co2"]
    monthly = weekly.resample("MS").mean().interpolate()
    borders = in_turn(len(monthly), spec["window"], spec["test"], spec["validation"])
    months = pd.DatetimeIndex(monthly.index)
    time = (months.year + (months.month - 1) / 12).to_numpy()
    examples = cut(monthly.to_numpy()[:, None], time, borders, spec["window"], spec["horizon"])
    examples.inputs = [package_file("statsmodels", file)]
    examples.feature_names = ["CO2 (ppm)"]
    return examples


LOADERS = {"sunspots": sunspots, "co2": co2}
