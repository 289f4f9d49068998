"""Factorial ablation (ANOVA)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, product

import numpy as np
from scipy.special import fdtrc

from layerwise import nn
from layerwise.evaluation.metrics import calibration_error
from layerwise.reports import training_kit
from layerwise.reports.inputs import Data, Split, only

FACTORS = ("batch_normalization", "dropout", "L2", "examples")
TERMS = tuple(":".join(term) for size in range(1, 5) for term in combinations(FACTORS, size))
MEASURES = ("test", "gap", "ece", "loss")
Fit = Callable[[list[nn.Layer], Split, int, int], Callable[[np.ndarray], np.ndarray]]


def run(
    data: Data,
    backend: str = "numpy",
    examples: Sequence[int] = (200, 1000),
    units: Sequence[int] = (64, 64),
    dropout: float = 0.3,
    l2: float = 1e-3,
    learning_rate: float = 3e-3,
    steps: int = 300,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train a network with every combination of the three methods on few and on many examples, and test it.

    Within a seed, all cells share the examples, their order and the initial weights (except those of batch
    normalization); both backends start from the same weights and see the same batches.

    Parameters
    ----------
    backend : {"numpy", "keras"}
        The backend that trains.
    examples : (int, int)
        The two sizes of the training set; multiples of the batch size.
    steps : int
        Optimizer steps per run, the same for both sizes.
    dropout, l2 : float
        Dropout rate and L2 strength where they are on.

    Returns
    -------
    dict
        ``<measure>.<cell>`` (seeds,): cell ``101.200`` is batch normalization on, dropout off, L2 on, 200 examples;
        measures are ``train`` and ``test`` accuracy, their ``gap``, test ``ece`` (calibration error) and test
        ``loss``. ``effect.<measure>.<term>`` (seeds,): see :func:`effects`; a term is a factor or an interaction such
        as ``dropout:L2``. ``anova.<measure>`` (terms + 2, 5): see :func:`anova`. ``p.<measure>.<term>`` (1,):
        p-values. ``predictions.<cell>`` (test examples, classes): probabilities of the first seed.
    """
    splits = only(data, np.float32)
    xt, yt = splits["test"]
    classes = int(yt.max()) + 1
    fit: Fit = {"numpy": _numpy, "keras": _keras}[backend](learning_rate, batch_size, steps)
    measured: dict[str, np.ndarray] = {name: np.zeros((seeds, 2, 2, 2, 2)) for name in ("train", *MEASURES)}
    predictions: dict[str, np.ndarray] = {}
    for batchnorm, drop, penalty in product((0, 1), repeat=3):
        for seed, (k, count) in product(range(seeds), enumerate(examples)):
            x, y = training_kit.draw(splits["train"], count, seed)
            rng = np.random.default_rng(seed)
            order = np.concatenate([rng.permutation(count) for _ in range(-(-steps * batch_size // count))])
            order = order[: steps * batch_size]
            stack = training_kit.layers(
                units,
                classes,
                norm="batch" if batchnorm else None,
                dropout=dropout * drop,
                regularizer=nn.L2(l2) if penalty else None,
            )
            outputs = fit(stack, (x[order], y[order]), seed, batchnorm * 4 + drop * 2 + penalty)
            z = outputs(xt)
            index = seed, batchnorm, drop, penalty, k
            measured["train"][index] = training_kit.accuracy(outputs(x), y)
            measured["test"][index] = training_kit.accuracy(z, yt)
            measured["ece"][index] = calibration_error(yt, training_kit.probabilities(z))
            measured["loss"][index] = training_kit.cross_entropy(z, yt)
            if not seed:
                predictions[f"{batchnorm}{drop}{penalty}.{count}"] = training_kit.probabilities(z)
    measured["gap"] = measured["train"] - measured["test"]
    result: dict[str, np.ndarray] = {"examples": np.array(examples)}
    for name, table in measured.items():
        for b, d, p, k in product((0, 1), repeat=4):
            result[f"{name}.{b}{d}{p}.{examples[k]}"] = table[:, b, d, p, k]
    for name in MEASURES:
        table = anova(measured[name])
        result |= {f"effect.{name}.{term}": values for term, values in effects(measured[name]).items()}
        result |= {f"anova.{name}": table}
        result |= {f"p.{name}.{term}": table[i, 3:4] for i, term in enumerate(TERMS)}
    return result | {f"predictions.{cell}": p for cell, p in predictions.items()}


def effects(table: np.ndarray) -> dict[str, np.ndarray]:
    """Return the effect of each term in each seed.

    Parameters
    ----------
    table : ndarray, shape (seeds, 2, 2, 2, 2)
        A measure, with one axis per factor (off, on).

    Returns
    -------
    dict
        Term → (seeds,). The effect of a factor is the mean where it is on minus the mean where it is off. The effect
        of an interaction is the change in the effect of one factor as the others go from off to on, halved for each
        factor beyond the first.
    """
    by_term = {}
    for term in TERMS:
        sign = np.ones((2, 2, 2, 2))
        for factor in term.split(":"):
            shape = [1] * 4
            shape[FACTORS.index(factor)] = 2
            sign = sign * np.array([-1.0, 1.0]).reshape(shape)
        by_term[term] = (table * sign).sum(axis=(1, 2, 3, 4)) / 8
    return by_term


def anova(table: np.ndarray) -> np.ndarray:
    r"""Return the analysis of variance of a full 2⁴ design with seeds as blocks.

    The design is balanced, so a term with mean effect :math:`\bar e` over all N runs has the sum of squares
    :math:`N \bar e^2 / 4` with one degree of freedom (Box, Hunter & Hunter 2005, chapter 5).

    Parameters
    ----------
    table : ndarray, shape (seeds, 2, 2, 2, 2)

    Returns
    -------
    ndarray, shape (terms + 2, 5)
        Sum of squares, degrees of freedom, F, p, and share of the total sum of squares, one row for each of `TERMS`,
        one for the seeds and one for the residual, whose F and p are NaN.
    """
    seeds = len(table)
    squares = [table.size * values.mean() ** 2 / 4 for values in effects(table).values()]
    blocks = table[0].size * np.sum((table.mean(axis=(1, 2, 3, 4)) - table.mean()) ** 2)
    total = np.sum((table - table.mean()) ** 2)
    residual = total - sum(squares) - blocks
    freedom = table.size - seeds - len(squares)
    rows = []
    for square, df in [*((square, 1) for square in squares), (blocks, seeds - 1)]:
        ratio = (square / df) / (residual / freedom)
        rows.append([square, df, ratio, float(fdtrc(df, freedom, ratio)), square / total])
    return np.array([*rows, [residual, freedom, np.nan, np.nan, residual / total]])


def _numpy(learning_rate: float, batch_size: int, steps: int) -> Fit:
    """Return a function that trains a network of `nn` on examples in the given order."""

    def fit(stack: list[nn.Layer], ordered: Split, seed: int, cell: int) -> Callable[[np.ndarray], np.ndarray]:
        model = _model(stack, ordered, seed, learning_rate)
        model.fit(*ordered, batch_size=batch_size, shuffle=False, verbose=0)
        return lambda x: training_kit.logits(model, x)

    return fit


def _model(stack: list[nn.Layer], split: Split, seed: int, learning_rate: float) -> nn.Sequential:
    model = nn.Sequential([nn.Input(split[0].shape[1:]), *stack], seed=seed)
    model.compile(nn.Adam(learning_rate), training_kit.LOSS)
    return model


def _keras(learning_rate: float, batch_size: int, steps: int) -> Fit:
    """Return a function that trains the same network in Keras, compiling each kind of network only once."""
    from layerwise.experiments.keras_import import keras
    from layerwise.experiments.keras_loops import Loops, tensors

    compiled: dict[int, tuple[Loops, list[np.ndarray]]] = {}

    def fit(stack: list[nn.Layer], ordered: Split, seed: int, cell: int) -> Callable[[np.ndarray], np.ndarray]:
        start = _model(stack, ordered, seed, learning_rate)
        if cell not in compiled:
            keras.utils.set_random_seed(0)
            model = nn.to_keras(start)
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            model.compile(keras.optimizers.Adam(learning_rate), loss)
            model.optimizer.build(model.trainable_variables)
            compiled[cell] = Loops(model), [variable.numpy() for variable in model.optimizer.variables]
        loops, initial = compiled[cell]
        loops.model.set_weights(start.get_weights())
        for variable, value in zip(loops.model.optimizer.variables, initial):
            variable.assign(value)
        loops.train(tensors(*ordered), np.arange(len(ordered[1])), batch_size)
        return lambda x: np.asarray(loops.model(x, training=False))

    return fit
