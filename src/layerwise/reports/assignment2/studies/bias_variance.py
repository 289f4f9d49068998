"""Bias–variance decomposition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment2 import batched_networks
from layerwise.reports.assignment2.shared import UNITS
from layerwise.reports.inputs import Data, only, pooled


def run(
    data: Data,
    units: Sequence[int] = UNITS,
    groups: int = 10,
    sets: int = 5,
    examples: int = 100,
    epochs: int = 800,
    learning_rate: float = 0.3,
) -> dict[str, np.ndarray]:
    r"""Decompose the squared error of the probability into bias and variance over training sets (Geman et al. 1992).

    .. math:: E[(y − p)^2] = (y − \bar p)^2 + E[(p − \bar p)^2]

    averaged over the test examples, with p̄ the mean over networks trained on different training sets. Both terms are
    estimated without bias from a few sets. The first includes the noise of the labels, the same for every network size.

    Returns
    -------
    dict
        ``bias.<units>``, ``variance.<units>``, ``error.<units>`` (groups,), each estimated from the training sets of
        one group; ``identity`` (1,), the largest |error − bias − variance|.
    """
    splits = only(data)
    (x, y), (xt, yt) = pooled({name: splits[name] for name in ("train", "validation")}), splits["test"]
    rng = np.random.default_rng(0)
    rows = np.stack([rng.choice(len(y), examples, replace=False) for _ in range(groups * sets)])
    xs, t = x[rows].astype(np.float32), batched_networks.targets(y[rows], 2)
    result: dict[str, np.ndarray] = {"units": np.array(units)}
    identity = 0.0
    for count in units:
        parameters = batched_networks.start([x.shape[1], count, 1], "glorot", range(groups * sets))
        parameters = batched_networks.trained(parameters, xs, t, epochs, learning_rate=learning_rate)
        p = batched_networks.probabilities(parameters, xt.astype(np.float32)).astype(float).reshape(groups, sets, -1)
        variance = p.var(axis=1, ddof=1).mean(axis=-1)
        bias = ((yt - p.mean(axis=1)) ** 2).mean(axis=-1) - variance / sets  # without the variance of the mean itself
        error = ((yt - p) ** 2).mean(axis=(1, 2))
        identity = max(identity, float(np.abs(error - bias - variance).max()))
        result |= {f"bias.{count}": bias, f"variance.{count}": variance, f"error.{count}": error}
    return {**result, "identity": np.array([identity])}
