"""Word attribution."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from layerwise.data.text import PADDING, UNKNOWN
from layerwise.interpret.gradients import completeness, integrated_gradients
from layerwise.interpret.probes import probe
from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained


def run(
    data: Data, runs: Mapping[str, Trained], shown: int = 2, examples: int = 200, steps: int = 64, removed: int = 5
) -> dict[str, np.ndarray]:
    """Attribute the decisions of trained networks to words, and remove the words that were named.

    Integrated gradients (Sundararajan, Taly & Yan 2017) at the Embedding's output, from a text of padding alone, summed
    over each word's vector.

    Parameters
    ----------
    data : mapping
        One text dataset.
    runs : mapping
        One experiment in one backend.
    shown : int
        Texts to draw of each class, right ones that the first run is surest of, and twice as many mistakes.
    examples : int
        Texts to measure on.
    steps : int
        Points of the integral.
    removed : int
        Words to make unknown, one after the other.

    Returns
    -------
    dict
        Of the texts to draw ``text`` (t,), their rows in the test split, ``words`` (t, steps), attributions by the
        first run, ``predicted``, ``truth``, ``probability`` (t,). ``completeness`` (examples,): the error of the sum.
        ``same.top`` and ``same.random`` (runs, removed + 1): the share of texts that keep their class as the words of
        the highest attributions, or any, become unknown; ``last.top``, ``last.random`` (runs,): the ends of these.
    """
    [splits], [trained] = data.values(), runs.values()
    x, y = splits["test"]
    some = x[np.random.default_rng(0).permutation(len(y))[:examples]]
    rng = np.random.default_rng(1)
    result: dict[str, np.ndarray] = {}
    same: dict[str, list[list[float]]] = {"top": [], "random": []}
    for run, model in enumerate(trained.models()):
        whole = probe(model)
        at = {"layer": whole.names[0], "baseline": np.asarray(model.get_weights()[0])[PADDING]}
        found = integrated_gradients(model, some, steps=steps, **at)
        if run == 0:
            predicted, sure = whole.targets(x), whole.confidence(x)
            chosen = _surest(predicted, sure, y, shown)
            result = {
                "text": chosen,
                "words": integrated_gradients(model, x[chosen], steps=steps, **at).sum(axis=-1),
                "predicted": predicted[chosen],
                "truth": y[chosen],
                "probability": sure[chosen],
                "completeness": completeness(model, some, found, **at),
            }
        for name, importance in (("top", found.sum(axis=-1)), ("random", rng.random(some.shape))):
            place = np.where(some == PADDING, -np.inf, importance).argsort(axis=1)[:, ::-1].argsort(axis=1)
            without = (np.where((place < k) & (some != PADDING), UNKNOWN, some) for k in range(removed + 1))
            first = whole.targets(some)
            same[name].append([float(np.mean(whole.targets(texts) == first)) for texts in without])
    curves = {f"same.{name}": np.array(values) for name, values in same.items()}
    return result | curves | {f"last.{name}": np.array(values)[:, -1] for name, values in same.items()}


def _surest(predicted: np.ndarray, sure: np.ndarray, truth: np.ndarray, count: int) -> np.ndarray:
    """Return rows, the surest first: ``count`` right ones of each class that is predicted, then as many mistakes."""
    order = np.argsort(-sure, kind="stable")
    right, wrong = order[predicted[order] == truth[order]], order[predicted[order] != truth[order]]
    return np.concatenate([*(right[predicted[right] == k][:count] for k in np.unique(predicted)), wrong[: 2 * count]])
