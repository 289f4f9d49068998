"""What a hidden layer does to its inputs: it moves the classes apart until a line can part them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from layerwise.estimators import LogisticRegression
from layerwise.studies import networks
from layerwise.studies.inputs import Data, flat


def untangle(
    data: Data,
    units: Mapping[str, int],
    at: Sequence[int] = (0, 20, 100, 1500),
    seeds: int = 10,
    learning_rate: float = 0.3,
) -> dict[str, np.ndarray]:
    """Train a few hidden units and keep where they put each example.

    Parameters
    ----------
    data : mapping
        Datasets of two classes in the plane.
    units : mapping of str to int
        Hidden units for each dataset; of three, two principal components are kept.
    at : sequence of int
        Epochs to look at.
    seeds : int
        Networks; the one that ends with the highest training accuracy is kept for the eye.
    learning_rate : float

    Returns
    -------
    dict
        For each dataset: ``space.…`` (t, n, 2), ``line.…`` (t, 3), the weights and the bias of the boundary there;
        ``x.…``, ``y.…``; ``accuracy.…`` (t,) of the network kept; validation accuracies (seeds,): ``network.…`` at
        the end and ``line_only.…`` of logistic regression on training data drawn anew.
    """
    result: dict[str, np.ndarray] = {"at": np.array(at)}
    for name, splits in data.items():
        x, y = flat(name, *splits["train"])
        xv, yv = flat(name, *splits["validation"])
        x, xv = x.astype(np.float32), xv.astype(np.float32)
        parameters = networks.start([2, units[name], 1], "glorot", range(seeds))
        kept = []
        for step in networks.train(parameters, x, networks.targets(y, 2), learning_rate=learning_rate):
            if step.epoch in at:
                kept.append(step.parameters)
            if step.epoch == max(at):
                break
        best = int(np.argmax(networks.accuracy(networks.probabilities(kept[-1], x), y)))
        hidden = np.stack([networks.activations(p, x)[1][best] for p in kept])
        out = np.stack([p[2][best, :, 0] for p in kept])
        bias = np.array([p[3][best, 0, 0] for p in kept])
        centre, axes = np.zeros((len(at), units[name])), np.stack([np.eye(units[name])[:2]] * len(at))
        if units[name] > 2:
            centre = hidden.mean(axis=1)
            axes = np.stack([np.linalg.svd(h - c, full_matrices=False)[2][:2] for h, c in zip(hidden, centre)])
        space = np.stack([(h - c) @ a.T for h, c, a in zip(hidden, centre, axes)])
        line = np.stack([np.append(a @ w, c @ w + b) for a, w, c, b in zip(axes, out, centre, bias)])
        lines = []
        for seed in range(seeds):
            rows = np.random.default_rng(seed).integers(len(y), size=len(y))
            lines.append(LogisticRegression(l2=1e-3, tol=1e-3).fit(x[rows], y[rows]).score(xv, yv))
        result |= {
            f"space.{name}": space,
            f"line.{name}": line,
            f"x.{name}": x,
            f"y.{name}": y,
            f"accuracy.{name}": np.array([networks.accuracy(networks.probabilities(p, x), y)[best] for p in kept]),
            f"network.{name}": networks.accuracy(networks.probabilities(kept[-1], xv), yv),
            f"line_only.{name}": np.array(lines),
        }
    return result
