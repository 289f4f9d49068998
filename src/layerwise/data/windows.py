"""Cutting a long series into examples: a window of the past, and what came next."""

from __future__ import annotations

import numpy as np

from layerwise.data.examples import Examples


def cut(
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
    cut : Examples
        x ``(n, window, channels)``; y ``(n, horizon)`` of one channel, else ``(n, horizon, channels)``. Scaling is
        fitted on the training steps.
    """
    starts: list[int] = []
    part: list[str] = []
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


def in_turn(steps: int, window: int, test: float | int, validation: float | int) -> dict[str, tuple[int, int]]:
    """Return the borders that `cut` takes for splits that follow each other in time.

    ``test`` is a part (a fraction or a count) of all windows, ``validation`` of those that are left.
    """
    end = steps - count(test, steps - window)
    middle = end - count(validation, end - window)
    return {"train": (0, middle), "validation": (middle, end), "test": (end, steps)}


def count(size: float | int, of: int) -> int:
    """Return how many a part is of ``of``: a count as it is, a fraction rounded."""
    return size if isinstance(size, int) else round(size * max(of, 0))
