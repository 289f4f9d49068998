"""Sparsity and co-adaptation of hidden units under dropout."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    units: int = 128,
    rate: float = 0.5,
    examples: int = 1500,
    epochs: int = 15,
    batch_size: int = 50,
    removed: Sequence[float] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5),
    shown: int = 24,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train an autoencoder with one ReLU layer with and without dropout (Srivastava et al. 2014, section 7).

    Returns
    -------
    dict
        For ``plain`` and ``dropout``: ``features.…`` (inputs, shown), weights into the units whose activation varies
        most, first seed; ``activations.…`` (bins,) and ``edges`` (bins + 1,), histogram of the activations, first seed;
        ``mean.…`` (seeds,), mean activation; ``active.…`` (seeds,), mean share of units active for an image;
        ``correlation.…`` (seeds,), mean absolute correlation of two units; ``removed`` (r,) and ``ablation.…`` (seeds,
        r), factor by which the reconstruction error grows if this share of the units is removed and the others are
        scaled up; ``worst.…`` (seeds,), its last value.
    """
    splits = only(data, np.float32)
    xv = splits["validation"][0]
    edges = np.linspace(0, 3, 31)
    result: dict[str, np.ndarray] = {"edges": edges, "removed": np.array(removed)}
    for name, share in (("plain", 0.0), ("dropout", rate)):
        measures: dict[str, list] = {key: [] for key in ("mean", "active", "correlation", "ablation")}
        for seed in range(seeds):
            x, _ = training_kit.draw(splits["train"], examples, seed)
            start = nn.RandomNormal(stddev=0.01)  # small, so that the learned features are visible
            stack = [nn.Dense(units, activation="relu", kernel_initializer=start), nn.Dropout(share)]
            model = nn.Sequential([nn.Input(x.shape[1:]), *stack, nn.Dense(x.shape[1])], seed=seed)
            model.compile(nn.Adam(1e-3), nn.MeanSquaredError())
            model.fit(x, x, batch_size=batch_size, epochs=epochs, verbose=0)
            hidden = model.layers[0].forward(xv).copy()
            varying = hidden[:, hidden.std(axis=0) > 0]
            correlations = np.corrcoef(varying.T)[np.triu_indices(varying.shape[1], 1)]
            measures["mean"].append(float(hidden.mean()))
            measures["active"].append(float((hidden > 0).mean()))
            measures["correlation"].append(float(np.abs(correlations).mean()))
            measures["ablation"].append(_ablation(model.layers[2], hidden, xv, removed, seed))
            if not seed:
                strongest = np.argsort(-hidden.std(axis=0), kind="stable")[:shown]
                result[f"features.{name}"] = model.layers[0].params["kernel"][:, strongest]
                result[f"activations.{name}"] = np.histogram(np.minimum(hidden, 2.999), edges)[0] / hidden.size
        result |= {f"{key}.{name}": np.array(values) for key, values in measures.items()}
        result[f"worst.{name}"] = result[f"ablation.{name}"][:, -1]
    return result


def _ablation(out: nn.Layer, hidden: np.ndarray, x: np.ndarray, removed: Sequence[float], seed: int) -> list[float]:
    """Return the squared reconstruction error without some of the units, relative to that with all units."""
    order = np.random.default_rng(seed).permutation(hidden.shape[1])
    errors = []
    for share in removed:
        dropped = order[: round(share * len(order))]
        remaining = hidden / np.float32(1 - len(dropped) / len(order))
        remaining[:, dropped] = 0
        errors.append(float(((out.forward(remaining) - x) ** 2).mean()))
    return [error / errors[0] for error in errors]
