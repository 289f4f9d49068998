"""Detrending."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from layerwise import nn
from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained

Split = tuple[np.ndarray, np.ndarray]


def run(
    data: Data, runs: Mapping[str, Trained], units: int = 8, learning_rate: float = 0.01, epochs: int = 25
) -> dict[str, np.ndarray]:
    """Train a GRU on windows without their level, and compare it with trained networks that see the level.

    The last value of each window is subtracted from the window and from the values to forecast, and added to the
    forecast (Zeng et al. 2023, *NLinear*), so that the network never has to output a level outside the training range.
    Changes are divided by the standard deviation of those of the training targets.

    Parameters
    ----------
    data : mapping
        One dataset of windows ``(n, window, 1)`` and the values that follow ``(n, horizon)``.
    runs : mapping
        The runs of one experiment on it: the same network, trained on the level.
    units, learning_rate, epochs
        Settings of the GRU, equal to those of the experiment; one network is trained per run.

    Returns
    -------
    dict
        In the unit of the series, for ``level`` and ``detrended``: ``mae.…`` (runs,), the mean absolute error over the
        test windows; ``year.…`` (windows,), the absolute error of every ``horizon``-th window, over runs and steps;
        ``forecast.…`` (windows,), the first run's forecasts one step ahead. ``mae.last`` (1,) and ``year.last``
        (windows,), the errors of repeating the last value; ``truth`` (windows,), the observed values.
        ``highest.train`` (1,), the highest value of the training split.
    """
    [splits], [trained] = data.values(), runs.values()
    target = trained.dataset["scaling"]["target"]
    scale, mean = target["scale"][0], target["mean"][0]
    (x, y), (xt, yt) = splits["train"], splits["test"]
    last, spread = xt[:, -1], np.float32((y - x[:, -1]).std())
    detrended = []
    for seed in range(len(trained.folders)):
        model = nn.Sequential([nn.Input(x.shape[1:]), nn.GRU(units), nn.Dense(y.shape[1])], seed=seed)
        batch_size = 16
        steps = epochs * -(-len(x) // batch_size)
        model.compile(nn.Adam(nn.CosineDecay(learning_rate, steps)), nn.MeanSquaredError())
        model.fit(*changes(x, y, spread), batch_size=batch_size, epochs=epochs, verbose=0)
        output = model.predict(changes(xt, yt, spread)[0], verbose=0)
        detrended.append(last + spread * output)
    predictions = {
        "level": trained.outputs(xt),
        "detrended": np.array(detrended),
        "last": np.repeat(last, yt.shape[1], axis=1)[None],
    }

    result = {"truth": yt[:, 0] * scale + mean, "highest.train": np.array([x.max() * scale + mean])}
    for name, values in predictions.items():
        errors = scale * np.abs(values - yt)
        result |= {
            f"mae.{name}": errors.mean(axis=(1, 2)),
            f"year.{name}": errors.mean(axis=(0, 2))[:: yt.shape[1]],
            f"forecast.{name}": values[0, :, 0] * scale + mean,
        }
    return result


def changes(x: np.ndarray, y: np.ndarray, spread: np.float32) -> Split:
    """Return windows and targets as changes from the last value of the window, divided by ``spread``."""
    return (x - x[:, -1:]) / spread, (y - x[:, -1]) / spread
