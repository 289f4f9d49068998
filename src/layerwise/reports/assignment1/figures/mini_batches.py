"""Batch, mini-batch and stochastic gradient descent."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study

BATCHES = {"all": "all examples", "1": "1 example"}


def draw(study: Study, timing: Study | None) -> list[Picture]:
    """Draw the loss of batch, mini-batch and stochastic gradient descent over epochs and, if timed, over seconds."""
    curves = study.group("loss")
    names = {size: BATCHES.get(size, f"{size} examples") for size in curves}
    final = {size: float(curve[:, -1].mean()) for size, curve in curves.items()}
    best = min(final, key=lambda size: final[size])
    epochs = np.arange(next(iter(curves.values())).shape[1])
    pictures = [
        lines(
            {names[size]: (epochs, curve) for size, curve in curves.items()},
            "epoch (pass over the data)",
            "loss above the minimum (nats)",
            f"Per epoch, steps on {names[best]} converge fastest: loss {final[best]:.4f} above the minimum after "
            f"{epochs[-1]} epochs",
            log="y",
        )
    ]
    seconds = timing.group("epoch") if timing else {}
    if set(curves) <= set(seconds) and timing and timing.spec["datasets"] == study.spec["datasets"]:
        cost = {size: float(np.median(seconds[size])) for size in curves}
        horizon = min(cost[size] * epochs[-1] for size in curves)
        reached = {
            size: float(np.interp(horizon, epochs * cost[size], curve.mean(axis=0))) for size, curve in curves.items()
        }
        fastest = min(reached, key=lambda size: reached[size])
        pictures.append(
            lines(
                {names[size]: (1000 * epochs[1:] * cost[size], curve[:, 1:]) for size, curve in curves.items()},
                "time (ms)",
                "loss above the minimum (nats)",
                f"After {1000 * horizon:.1f} ms of computing, steps on {names[fastest]} have reached the lowest loss",
                log="xy",
            )
        )
    return pictures
