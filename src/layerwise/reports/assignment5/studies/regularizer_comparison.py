"""L2, L1, AdamW, label smoothing and dropout over their strength."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from layerwise import nn
from layerwise.evaluation.metrics import calibration_error
from layerwise.reports import training_kit
from layerwise.reports.assignment5.shared import correct, kernels, log_losses, tuned
from layerwise.reports.inputs import Data, Splits, only

SMALL = 1e-3  # smaller weights count as zero, as Adam does not make them exactly zero


def run(
    data: Data,
    strengths: Mapping[str, Sequence[float]],
    learning_rates: Sequence[float] = (0.003, 0.01, 0.03),
    units: Sequence[int] = (64, 64),
    examples: int = 1000,
    steps: int = 1200,
    seeds: int = 5,
    pairs: int = 5,
) -> dict[str, np.ndarray]:
    """Train a network without regularization and with each regularizer at several strengths, and test the best.

    The learning rate is chosen for each strength by the validation accuracy, on a separate seed.

    Parameters
    ----------
    strengths : mapping
        Regularizer, a field of a `batched_networks.Setting` (``l2``, ``l1``, ``weight_decay``, ``dropout``,
        ``label_smoothing``) → strengths.
    pairs : int
        Number of seeds of the comparison between L2 and weight decay under SGD and under Adam.

    Returns
    -------
    dict
        For each regularizer, with the strength 0 first: ``strength.…`` (s,); ``validation.…`` accuracy, ``loss.…``
        (validation log loss), ``norm.…`` of all kernels, ``small.…``, the share of weights below 0.001, each (seeds,
        s); ``learning_rate.…`` (s,). For ``none`` and each regularizer at its strength ``best.…`` (1,) with the highest
        validation accuracy, ``correct.…`` (seeds, examples), whether a test example is classified correctly, and
        ``test_loss.…``, ``ece.…`` (calibration error on test), ``best_norm.…``, ``best_small.…`` (seeds,).
        ``apart.sgd``, ``apart.adam`` (pairs,): see :func:`_apart`.
    """
    splits = only(data, np.float32)
    yv, yt = splits["validation"][1], splits["test"][1]
    settings: list[Mapping[str, float]] = [{}]
    settings += [{name: value} for name, values in strengths.items() for value in values]
    arms = [[{**setting, "learning_rate": rate} for rate in learning_rates] for setting in settings]
    runs = tuned(splits, arms, seeds, units=units, examples=examples, steps=steps)
    measures = {
        "validation": correct(runs.logits["validation"], yv).mean(axis=-1),
        "loss": log_losses(runs.logits["validation"], yv),
        "norm": np.linalg.norm(runs.weights, axis=-1),
        "small": (np.abs(runs.weights) < SMALL).mean(axis=-1),
    }
    rates = np.array([candidate["learning_rate"] for candidate in runs.chosen])
    result: dict[str, np.ndarray] = {}
    best = {"none": 0}
    for name, values in strengths.items():
        rows = [0, *(i for i, setting in enumerate(settings) if name in setting)]
        result |= {f"{measure}.{name}": table[rows].T for measure, table in measures.items()}
        result |= {f"strength.{name}": np.array([0.0, *values]), f"learning_rate.{name}": rates[rows]}
        best[name] = max(rows[1:], key=lambda i: measures["validation"][i].mean())
    for name, i in best.items():
        z = runs.logits["test"][i]
        result |= {
            f"best.{name}": np.array([settings[i].get(name, 0.0)]),
            f"correct.{name}": correct(z, yt),
            f"test_loss.{name}": log_losses(z, yt),
            f"ece.{name}": np.array([calibration_error(yt, training_kit.probabilities(one)) for one in z]),
            **{f"best_{measure}.{name}": measures[measure][i] for measure in ("norm", "small")},
        }
    return result | {f"apart.{name}": _apart(splits, name, pairs) for name in ("sgd", "adam")}


def _apart(splits: Splits, optimizer: str, pairs: int, units: Sequence[int] = (32,), examples: int = 300) -> np.ndarray:
    """Compare an L2 penalty λ with decoupled weight decay 2λ (Loshchilov & Hutter 2019).

    A penalty λ‖w‖² adds 2λw to the gradient; decay subtracts ηδw from the weights. Under SGD with δ = 2λ, both give the
    same step. Adam divides the gradient, including the part of the penalty, by the root of its mean square.

    Returns
    -------
    ndarray, shape (pairs,)
        Distance between the final weights of both methods, relative to the distance of those with the penalty from
        those without.
    """
    make: Callable[..., nn.Optimizer] = {"sgd": nn.SGD, "adam": nn.Adam}[optimizer]
    rate, decay = (0.1, 1e-2) if optimizer == "sgd" else (1e-3, 1e-2)
    apart = []
    for seed in range(pairs):
        split = training_kit.draw(splits["train"], examples, seed)

        def trained(penalty: float, **settings: float) -> np.ndarray:
            # no biases: the penalty applies to kernels only, weight decay to all weights
            stack = training_kit.layers(units, 10, regularizer=nn.L2(penalty), bias=False)
            optimizer = make(rate, **settings)
            # in float64, because training amplifies rounding errors
            return kernels(training_kit.train(stack, split, seed, optimizer, 12, 50, dtype="float64"))  # noqa: B023

        penalized, decayed, plain = trained(decay / 2), trained(0.0, weight_decay=decay), trained(0.0)
        apart.append(np.linalg.norm(penalized - decayed) / np.linalg.norm(penalized - plain))
    return np.array(apart)
