"""Cutting a long series into examples: a window of past values and the values to forecast."""

from __future__ import annotations

import numpy as np

from layerwise.data.examples import Examples


def cut(
    values: np.ndarray, time: np.ndarray, borders: dict[str, tuple[int, int]], window: int, horizon: int
) -> Examples:
    """Cut a series into examples with ``window`` input steps and the next ``horizon`` steps as target.

    Parameters
    ----------
    values : ndarray ``(steps, channels)``
    time : ndarray ``(steps,)``
        Time of each step. ``extras["time"]`` ``(n,)`` holds the time of each example's first target step.
    borders : dict of str to (int, int)
        For each split, the half-open range of steps of its targets. Inputs may reach back into the previous split,
        as they would in practice.
    window, horizon : int

    Returns
    -------
    cut : Examples
        x ``(n, window, channels)``; y ``(n, horizon)`` for one channel, else ``(n, horizon, channels)``; the training
        steps as ``reference`` for scaling.

    Raises
    ------
    ValueError
        If a split is too short for one window and horizon.
    """
    starts: list[int] = []
    part: list[str] = []
    for split, (first, last) in borders.items():
        steps = range(max(first, window), last - horizon + 1)
        if not steps:
            raise ValueError(
                f"{split}: too few steps for a window of {window} and a horizon of {horizon}, got {last - first}"
            )
        starts.extend(steps)
        part.extend([split] * len(steps))
    targets = np.array(starts)
    view = np.lib.stride_tricks.sliding_window_view
    x = view(values, window, axis=0)[targets - window].transpose(0, 2, 1)
    y = view(values, horizon, axis=0)[targets].transpose(0, 2, 1)
    return Examples(
        "series",
        x,
        y[:, :, 0] if values.shape[1] == 1 else y,
        part=np.array(part),
        extras={"time": time[targets]},
        reference=values[slice(*borders["train"])],
    )


def in_turn(steps: int, window: int, test: float | int, validation: float | int) -> dict[str, tuple[int, int]]:
    """Return the borders for `cut` of splits that are consecutive in time.

    ``test`` is a fraction or a count of all windows, ``validation`` of the remaining ones.
    """
    end = steps - count(test, steps - window)
    middle = end - count(validation, end - window)
    return {"train": (0, middle), "validation": (middle, end), "test": (end, steps)}


def count(size: float | int, of: int) -> int:
    """Return ``size`` as a count: unchanged if an integer, else the rounded fraction of ``of``."""
    return size if isinstance(size, int) else round(size * max(of, 0))
