"""Class activation maps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from layerwise.interpret import probe, removal_curve
from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained


def run(
    data: Data, runs: Mapping[str, Trained], examples: int = 200, steps: int = 10, seed: int = 0
) -> dict[str, np.ndarray]:
    r"""Compute class activation maps of series, and test them by removing steps.

    .. math:: \mathrm{score}_c = \frac{1}{T} \sum_t M_c(t), \qquad M_c(t) = \sum_k w_{kc} A_k(t) + b_c

    Zhou et al. 2016, *Learning deep features for discriminative localization*, eqs. 1 and 2: A are the last feature
    maps, w and b the weights of the Dense layer. The maps are exact for a network that ends in global average pooling
    and one Dense layer. As a test, steps are set to zero in the order of the map of the predicted class, the highest
    first, and in random order.

    Returns
    -------
    dict
        ``series`` (classes, T), the first test example of each class, and ``map.<model>`` (classes, T), its map for its
        true class in the first run; ``share`` (steps + 1,), the share of steps removed; ``removed.<model>`` and
        ``random.<model>`` (runs, steps + 1), the mean probability of the originally predicted class; ``fall.<model>``
        and ``random_fall.<model>`` (runs,), the mean decrease of this probability over the shares; ``residue.<model>``
        (runs,), the largest difference between a score and the mean of its map.
    """
    [splits] = data.values()
    x, y = splits["test"]
    order = np.random.default_rng(seed).random(x[:examples].shape[:2])
    firsts = np.array([np.flatnonzero(y == k)[0] for k in np.unique(y)])
    result: dict[str, np.ndarray] = {"series": x[firsts, :, 0]}
    for name, trained in runs.items():
        model, curves, random_curves, residues = name.partition("/")[0], [], [], []
        for run in trained.models():
            maps = class_maps(run, x[:examples])
            logits = both_classes(np.asarray(run.predict(x[:examples], verbose=0)))
            residues.append(np.abs(maps.mean(axis=1) - logits).max())
            predicted = logits.argmax(axis=1)
            importance = np.take_along_axis(maps, predicted[:, None, None], axis=2)[:, :, 0]
            share, curve = removal_curve(run, x[:examples], importance, predicted, steps=steps)
            curves.append(curve.mean(axis=0))
            _, curve = removal_curve(run, x[:examples], order, predicted, steps=steps)
            random_curves.append(curve.mean(axis=0))
            if f"map.{model}" not in result:
                examples_maps = class_maps(run, x[firsts])
                result |= {"share": share, f"map.{model}": examples_maps[np.arange(len(firsts)), :, y[firsts]]}
        result |= {f"removed.{model}": np.array(curves), f"random.{model}": np.array(random_curves)}
        result |= {
            f"fall.{model}": (np.array(curves)[:, :1] - curves).mean(axis=1),
            f"random_fall.{model}": (np.array(random_curves)[:, :1] - random_curves).mean(axis=1),
            f"residue.{model}": np.array(residues),
        }
    return result


def class_maps(model, x: np.ndarray) -> np.ndarray:
    """Return the class activation maps M of `run` for every class, ``(n, T, classes)``.

    Maps that are shorter than the series are stretched to its length T by repetition.

    Raises
    ------
    ValueError
        If the model does not end in GlobalAveragePooling1D and a Dense layer without activation.
    """
    whole = probe(model)
    ends = [type(layer).__name__ for layer in whole.layers[-2:]]
    if ends != ["GlobalAveragePooling1D", "Dense"]:
        raise ValueError(f"class_activation_maps: the model must end in GlobalAveragePooling1D and Dense, got {ends}")
    features = whole.split(whole.names[-3])[0].outputs(x)
    weights, bias = whole.weights()[whole.names[-1]]
    steps = np.arange(x.shape[1]) * features.shape[1] // x.shape[1]
    return both_classes(features @ weights + bias)[:, steps]


def both_classes(scores: np.ndarray) -> np.ndarray:
    """Return scores ``(…, classes)``; a single score of a binary classifier is expanded to two, the first negated."""
    return np.concatenate([-scores, scores], axis=-1) if scores.shape[-1] == 1 else scores
