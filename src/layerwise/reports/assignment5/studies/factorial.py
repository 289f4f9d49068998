"""Factorial ablation: batch normalization, dropout and L2 in every combination."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np

from layerwise import nn
from layerwise.evaluation.compare import Estimate, two_way_difference
from layerwise.evaluation.metrics import calibration_error
from layerwise.reports import training_kit
from layerwise.reports.assignment5 import batched_networks
from layerwise.reports.assignment5.batched_networks import Networks, Setting
from layerwise.reports.assignment5.shared import correct, log_losses, tuned
from layerwise.reports.inputs import Data, Splits, only

FACTORS = ("batch_normalization", "dropout", "L2")
TERMS = tuple(":".join(term) for size in (1, 2, 3) for term in combinations(FACTORS, size))
CELLS = tuple(product((0, 1), repeat=3))


def run(
    data: Data,
    examples: Sequence[int] = (200, 1000),
    dropout: Sequence[float] = (0.1, 0.25),
    l2: Sequence[float] = (0.003,),
    learning_rates: Sequence[float] = (0.01, 0.02),
    units: Sequence[int] = (64, 64),
    steps: int = 1200,
    batch_size: int = 50,
    tuning: int = 2,
    seeds: int = 5,
    keras_cells: Sequence[str] = ("000", "100", "010", "001", "111"),
    keras_seeds: int = 2,
) -> dict[str, np.ndarray]:
    """Train a network with every combination of the three methods on few and on many examples, and test it.

    Each combination has the dropout rate, the L2 strength and the learning rate with the highest validation accuracy on
    ``tuning`` separate seeds. Within a seed all combinations share the examples, their order and the initial kernels.

    Parameters
    ----------
    dropout, l2, learning_rates : sequence of float
        Candidates where the method is on.
    keras_cells : sequence of str
        Combinations that Keras repeats on the largest training set, with the chosen settings, for the first
        ``keras_seeds`` seeds: the same initial weights and batches.

    Returns
    -------
    dict
        Cell ``101.200`` is batch normalization on, dropout off, L2 on, 200 examples. ``chosen.<cell>`` (3,): learning
        rate, dropout rate, L2 strength; ``correct.<cell>`` (seeds, test examples); ``test.<cell>``, ``loss.<cell>``
        and ``ece.<cell>`` (seeds,). ``estimate.<examples>.<term>`` (5,): see :func:`estimate_terms`, and
        ``alone.<examples>.<method>``, ``added.<examples>.<method>`` (5,), the same for the method on its own and added
        to the other two. ``gain.correct.<without|with>.<first>.<second>.<examples>`` (seeds, test examples): the
        effect of the first method without and with the second, averaged over the third. ``correct.numpy``,
        ``correct.keras`` (cells · seeds, test examples), for the cells that both backends train.
    """
    splits = only(data, np.float32)
    yt = splits["test"][1]
    result: dict[str, np.ndarray] = {"examples": np.array(examples)}
    logits = {}
    for count in examples:
        table = np.zeros((2, 2, 2, seeds, len(yt)))
        for batchnorm in (0, 1):
            arms = [
                [
                    {"learning_rate": rate, "dropout": share, "l2": strength}
                    for share in (dropout if drop else [0.0])
                    for strength in (l2 if penalty else [0.0])
                    for rate in learning_rates
                ]
                for drop, penalty in product((0, 1), repeat=2)
            ]
            runs = tuned(
                splits, arms, seeds, tuning, units=units, examples=count, steps=steps, batch_size=batch_size,
                norm="batch" if batchnorm else None,
            )  # fmt: skip
            for chosen, z, (drop, penalty) in zip(runs.chosen, runs.logits["test"], product((0, 1), repeat=2)):
                cell = f"{batchnorm}{drop}{penalty}.{count}"
                logits[cell] = z
                right = correct(z, yt)
                table[batchnorm, drop, penalty] = right
                result |= {
                    f"chosen.{cell}": np.array([chosen[name] for name in ("learning_rate", "dropout", "l2")]),
                    f"correct.{cell}": right,
                    f"test.{cell}": right.mean(axis=-1),
                    f"loss.{cell}": log_losses(z, yt),
                    f"ece.{cell}": np.array([calibration_error(yt, training_kit.probabilities(one)) for one in z]),
                }
        result |= {f"estimate.{count}.{term}": row for term, row in estimate_terms(table).items()}
        for i, method in enumerate(FACTORS):
            off, on = np.moveaxis(table, i, 0)
            result[f"alone.{count}.{method}"] = _row(two_way_difference(on[0, 0], off[0, 0]))
            result[f"added.{count}.{method}"] = _row(two_way_difference(on[1, 1], off[1, 1]))
            for j, other in enumerate(FACTORS):
                if i != j:
                    effects = np.moveaxis(on - off, j - (j > i), 0).mean(axis=1)  # without, with the other
                    for word, effect in zip(("without", "with"), effects):
                        result[f"gain.correct.{word}.{method}.{other}.{count}"] = effect
    if not keras_cells:
        return result
    count = examples[-1]
    cells = [f"{cell}.{count}" for cell in keras_cells]
    keras = [
        _keras(splits, result[f"chosen.{cell}"], cell[0] == "1", units, count, steps, batch_size, keras_seeds)
        for cell in cells
    ]
    return result | {
        "correct.numpy": np.concatenate([result[f"correct.{cell}"][:keras_seeds] for cell in cells]),
        "correct.keras": np.concatenate([correct(z, yt) for z in keras]),
    }


def estimate_terms(table: np.ndarray) -> dict[str, np.ndarray]:
    """Estimate every term of a 2³ design for new seeds and new test examples.

    Parameters
    ----------
    table : ndarray, shape (2, 2, 2, seeds, examples)
        A value of each run for each example, with one axis per factor, off and on.

    Returns
    -------
    dict
        Term → mean effect, ends of its 95% interval, F and p. The effect of a factor is the mean where it is on minus
        the mean where it is off; that of an interaction is the change of an effect when the other factor is on, halved.
        The interval and the F test, F = t², are one analysis: `two_way_difference` of the contrast.
    """
    rows = {}
    for term in TERMS:
        sign = np.ones((2, 2, 2, 1, 1))
        for factor in term.split(":"):
            sign = sign * np.array([-1.0, 1.0]).reshape([2 if name == factor else 1 for name in (*FACTORS, "", "")])
        contrast = (table * sign).sum(axis=(0, 1, 2)) / 4
        rows[term] = _row(two_way_difference(contrast, np.zeros_like(contrast)))
    return rows


def _row(estimate: Estimate) -> np.ndarray:
    """Return mean, ends of the 95% interval, F and its p-value."""
    tail = estimate.p_above(0.0)
    ratio = (estimate.mean / estimate.error) ** 2 if estimate.error else 0.0
    return np.array([estimate.mean, *estimate.interval(), ratio, 2 * min(tail, 1 - tail)])


def _keras(
    splits: Splits,
    chosen: np.ndarray,
    batchnorm: bool,
    units: Sequence[int],
    examples: int,
    steps: int,
    batch_size: int,
    seeds: int,
) -> np.ndarray:
    """Train one combination in Keras; return the test logits ``(seeds, n, classes)``."""
    from layerwise.experiments.keras_import import keras
    from layerwise.experiments.keras_loops import Loops, tensors

    rate, dropout, l2 = (float(value) for value in chosen)
    x, y = splits["train"]
    sizes = [x.shape[1], *units, int(y.max()) + 1]
    stack = training_kit.layers(
        units, sizes[-1], norm="batch" if batchnorm else None, dropout=dropout, regularizer=nn.L2(l2) if l2 else None
    )
    start = training_kit.classifier(stack, sizes[:1], 0)
    keras.utils.set_random_seed(0)
    model = nn.to_keras(start)
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    model.compile(keras.optimizers.Adam(schedule), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.optimizer.build(model.trainable_variables)
    initial = [variable.numpy() for variable in model.optimizer.variables]
    loops, logits = Loops(model), []
    for seed in range(seeds):
        fresh = training_kit.classifier(stack, sizes[:1], 0)
        dense = [layer for layer in fresh.layers if "kernel" in layer.params]
        for layer, kernel in zip(dense, Networks([Setting(seed, rate)], sizes).kernels):
            layer.params["kernel"][...] = kernel[0]
        model.set_weights(fresh.get_weights())
        for variable, value in zip(model.optimizer.variables, initial):
            variable.assign(value)
        rows = batched_networks.order(len(y), seed, examples, steps, batch_size)
        loops.train(tensors(x[rows], y[rows]), np.arange(len(rows)), batch_size)
        logits.append(np.asarray(model(splits["test"][0], training=False)))
    return np.stack(logits)
