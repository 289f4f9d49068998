"""Bundled series: sunspots and CO₂, forecast from their past and split by time; one-dimensional digits."""

from __future__ import annotations

from typing import Any

import mnist1d.data
import numpy as np
from statsmodels.datasets import co2 as co2_data
from statsmodels.datasets import sunspots as sunspots_data

from layerwise.data.bundled import package_file
from layerwise.data.examples import DIGITS, Examples
from layerwise.data.windows import count, cut, in_turn


def sunspots(spec: dict[str, Any]) -> Examples:
    """Yearly sunspot numbers 1700–2008; trained on years up to 1920, tested on those after, ``time`` is the year.

    The test years fall into the two of the literature, 1921–1955 and 1956–1979 (Weigend, Huberman & Rumelhart 1990),
    and what came later.
    """
    table = sunspots_data.load_pandas().data
    years = table["YEAR"].to_numpy().astype(int)
    end = int(np.searchsorted(years, 1921))
    middle = end - count(spec["validation"], end - spec["window"])
    borders = {"train": (0, middle), "validation": (middle, end), "test": (end, len(years))}
    values = table[["SUNACTIVITY"]].to_numpy()
    examples = cut(values, years, borders, spec["window"], spec["horizon"])
    examples.inputs = [package_file("statsmodels", "datasets/sunspots/sunspots.csv")]
    examples.feature_names = ["sunspot number"]
    return examples


def co2(spec: dict[str, Any]) -> Examples:
    """Monthly means of CO₂ at Mauna Loa 1958–2001 (ppm), gaps bridged by straight lines; ``time`` in years.

    The splits follow each other in time.
    """
    monthly = co2_data.load_pandas().data["co2"].resample("MS").mean().interpolate()
    borders = in_turn(len(monthly), spec["window"], spec["test"], spec["validation"])
    time = (monthly.index.year + (monthly.index.month - 1) / 12).to_numpy()
    examples = cut(monthly.to_numpy()[:, None], time, borders, spec["window"], spec["horizon"])
    examples.inputs = [package_file("statsmodels", "datasets/co2/co2.csv")]
    examples.feature_names = ["CO2 (ppm)"]
    return examples


def mnist1d_digits(spec: dict[str, Any]) -> Examples:
    """Generate the 4,000 training and 1,000 test signals of MNIST-1D, ``(40, 1)``, with the authors' own seed."""
    made = mnist1d.data.make_dataset()
    x = np.concatenate([made["x"], made["x_test"]])[:, :, None]
    part = np.repeat(["learn", "test"], [len(made["x"]), len(made["x_test"])])
    return Examples("series", x, np.concatenate([made["y"], made["y_test"]]), DIGITS, part=part)


LOADERS = {"sunspots": sunspots, "co2": co2, "mnist1d": mnist1d_digits}
