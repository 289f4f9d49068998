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
    """Attribute the predictions of trained networks to words, and test the attributions by removing words.

    The attribution of a word is the sum over its vector of the integrated gradients (Sundararajan, Taly & Yan 2017) at
    the output of the Embedding, with a text of padding as the baseline.

    Parameters
    ----------
    data : mapping
        One text dataset.
    runs : mapping
        One experiment in one backend.
    shown : int
        Number of texts to show per predicted class, the most confident correct ones of the first run; and up to twice
        as many mistakes.
    examples : int
        Number of texts for the measures.
    steps : int
        Number of points of the integral.
    removed : int
        Number of words to replace by the unknown word, one after the other.

    Returns
    -------
    dict
        Of the texts to show, in the first run: ``text`` (t,), rows in the test split; ``words`` (t, length),
        attributions; ``predicted``, ``truth``, ``probability`` (t,). ``completeness`` (examples,): relative error of
        the sum, first run. ``same.top`` and ``same.random`` (runs, removed + 1): share of texts whose predicted class
        does not change when the words with the highest attributions, or random words, become unknown; ``last.top``,
        ``last.random`` (runs,): their last values.
    """
    [splits], [trained] = data.values(), runs.values()
    x, y = splits["test"]
    sample = x[np.random.default_rng(0).permutation(len(y))[:examples]]
    rng = np.random.default_rng(1)
    result: dict[str, np.ndarray] = {}
    same: dict[str, list[list[float]]] = {"top": [], "random": []}
    for run, model in enumerate(trained.models()):
        whole = probe(model)
        settings = {"layer": whole.names[0], "baseline": np.asarray(model.get_weights()[0])[PADDING]}
        attributions = integrated_gradients(model, sample, steps=steps, **settings)
        if run == 0:
            predicted, probability = whole.targets(x), whole.confidence(x)
            chosen = _most_confident(predicted, probability, y, shown)
            result = {
                "text": chosen,
                "words": integrated_gradients(model, x[chosen], steps=steps, **settings).sum(axis=-1),
                "predicted": predicted[chosen],
                "truth": y[chosen],
                "probability": probability[chosen],
                "completeness": completeness(model, sample, attributions, **settings),
            }
        for name, importance in (("top", attributions.sum(axis=-1)), ("random", rng.random(sample.shape))):
            rank = np.where(sample == PADDING, -np.inf, importance).argsort(axis=1)[:, ::-1].argsort(axis=1)
            reduced = (np.where((rank < k) & (sample != PADDING), UNKNOWN, sample) for k in range(removed + 1))
            original = whole.targets(sample)
            same[name].append([float(np.mean(whole.targets(texts) == original)) for texts in reduced])
    curves = {f"same.{name}": np.array(values) for name, values in same.items()}
    return result | curves | {f"last.{name}": np.array(values)[:, -1] for name, values in same.items()}


def _most_confident(predicted: np.ndarray, probability: np.ndarray, truth: np.ndarray, count: int) -> np.ndarray:
    """Return rows of ``count`` correct texts per predicted class and up to ``2 * count`` mistakes, by confidence."""
    order = np.argsort(-probability, kind="stable")
    right, wrong = order[predicted[order] == truth[order]], order[predicted[order] != truth[order]]
    return np.concatenate([*(right[predicted[right] == k][:count] for k in np.unique(predicted)), wrong[: 2 * count]])
