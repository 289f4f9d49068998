"""Series: windows of the past and what came next, split by time; and one-dimensional digits."""

from __future__ import annotations

from typing import Any

import mnist1d.data
import numpy as np
from statsmodels.datasets import co2 as co2_data
from statsmodels.datasets import sunspots as sunspots_data

from layerwise.data.bundled import DIGITS, package_file
from layerwise.data.examples import Examples


def windows(
    values: np.ndarray, time: np.ndarray, borders: dict[str, tuple[int, int]], window: int, horizon: int
) -> Examples:
    """Cut a series into examples: ``window`` steps in, the next ``horizon`` steps out.

    Parameters
    ----------
    values : ndarray ``(steps, channels)``
    time : ndarray ``(steps,)``
        Stored as ``time`` ``(n,)``: that of the first step to forecast.
    borders : dict of str to (int, int)
        For each split the steps, from first to before last, that hold its targets. Inputs may reach back into the
        split before, as they would in use.
    window, horizon : int

    Returns
    -------
    Examples
        x ``(n, window, channels)``; y ``(n, horizon)`` of one channel, else ``(n, horizon, channels)``. Scaling is
        fitted on the training steps.
    """
    starts, part = [], []
    for split, (first, last) in borders.items():
        own = range(max(first, window), last - horizon + 1)
        if not own:
            raise ValueError(f"{split}: {last - first} steps hold no window of {window} and horizon of {horizon}")
        starts.extend(own)
        part.extend([split] * len(own))
    at = np.array(starts)
    view = np.lib.stride_tricks.sliding_window_view
    x = view(values, window, axis=0)[at - window].transpose(0, 2, 1)
    y = view(values, horizon, axis=0)[at].transpose(0, 2, 1)
    return Examples(
        "series",
        x,
        y[:, :, 0] if values.shape[1] == 1 else y,
        part=np.array(part),
        extras={"time": time[at]},
        reference=values[slice(*borders["train"])],
    )


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
    examples = windows(values, years, borders, spec["window"], spec["horizon"])
    examples.inputs = [package_file("statsmodels", "datasets/sunspots/sunspots.csv")]
    examples.feature_names = ["sunspot number"]
    return examples


def co2(spec: dict[str, Any]) -> Examples:
    """Monthly means of CO₂ at Mauna Loa 1958–2001 (ppm), gaps bridged by straight lines; ``time`` in years.

    The splits follow each other in time.
    """
    monthly = co2_data.load_pandas().data["co2"].resample("MS").mean().interpolate()
    n = len(monthly)
    end = n - count(spec["test"], n - spec["window"])
    middle = end - count(spec["validation"], end - spec["window"])
    borders = {"train": (0, middle), "validation": (middle, end), "test": (end, n)}
    time = (monthly.index.year + (monthly.index.month - 1) / 12).to_numpy()
    examples = windows(monthly.to_numpy()[:, None], time, borders, spec["window"], spec["horizon"])
    examples.inputs = [package_file("statsmodels", "datasets/co2/co2.csv")]
    examples.feature_names = ["CO2 (ppm)"]
    return examples


def count(size: float | int, of: int) -> int:
    """Return how many a part is of ``of``: a count as it is, a fraction rounded."""
    return size if isinstance(size, int) else round(size * of)


def mnist1d_digits(spec: dict[str, Any]) -> Examples:
    """Generate the 4,000 training and 1,000 test signals of MNIST-1D, ``(40, 1)``, with the authors' own seed."""
    made = mnist1d.data.make_dataset()
    x = np.concatenate([made["x"], made["x_test"]])[:, :, None]
    part = np.repeat(["learn", "test"], [len(made["x"]), len(made["x_test"])])
    return Examples("series", x, np.concatenate([made["y"], made["y_test"]]), DIGITS, part=part)
