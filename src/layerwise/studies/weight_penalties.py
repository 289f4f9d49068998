"""L1, L2 and weight decay: how strong, what becomes of the weights and of the boundary, and how Adam takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from layerwise import nn
from layerwise.studies import deep_networks as deep
from layerwise.studies.inputs import Data, named

PENALTIES: dict[str, Callable[[float], nn.Regularizer]] = {"l2": nn.L2, "l1": nn.L1}
SMALL = 1e-3  # a weight below it counts as zero: Adam never makes one exactly so


def _kernels(model: nn.Sequential) -> np.ndarray:
    """Return all weights of a model that are multiplied, in one row."""
    return np.concatenate([layer.params["kernel"].ravel() for layer in model.layers if "kernel" in layer.params])


def strengths(
    data: Data,
    values: Sequence[float] = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2),
    units: Sequence[int] = (64, 64),
    examples: int = 500,
    epochs: int = 30,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train with an L2 and with an L1 penalty of growing strength.

    Returns
    -------
    dict
        ``values`` (v,); for each penalty, (seeds, v): errors ``train.…`` and ``validation.…``, ``norm.…`` of all
        weights, ``small.…`` the share below 0.001; the same without penalty as ``plain.<measure>`` (seeds,);
        ``chosen.…`` (1,), the strongest whose mean validation error is within a standard error of the lowest (Breiman
        et al. 1984), ``chosen_<measure>.…`` (seeds,) there; ``weights.<plain|l1|l2>`` (w,), the first seed's, there.
    """
    splits = deep.narrow(data)
    xv, yv = splits["validation"]
    classes = int(yv.max()) + 1

    def measured(regularizer: nn.Regularizer | None, seed: int) -> tuple[list[float], np.ndarray]:
        x, y = deep.draw(splits["train"], examples, seed)
        stack = deep.layers(units, classes, regularizer=regularizer)
        model = deep.train(stack, (x, y), seed, nn.Adam(1e-3), epochs, batch_size)
        weights = _kernels(model)
        errors = [1 - deep.accuracy(deep.logits(model, xs), ys) for xs, ys in ((x, y), (xv, yv))]
        return [*errors, float(np.linalg.norm(weights)), float((np.abs(weights) < SMALL).mean())], weights

    measures = ("train", "validation", "norm", "small")
    found = [measured(None, seed) for seed in range(seeds)]
    plain = np.array([numbers for numbers, _ in found])
    result: dict[str, np.ndarray] = {"values": np.array(values), "weights.plain": found[0][1]}
    result |= named("plain", measures, plain.T)
    for name, make in PENALTIES.items():
        runs = [[measured(make(value), seed) for value in values] for seed in range(seeds)]
        table = np.array([[numbers for numbers, _ in row] for row in runs])
        result |= {f"{measure}.{name}": table[:, :, i] for i, measure in enumerate(measures)}
        mean = table[:, :, 1].mean(axis=0)
        error = table[:, :, 1].std(axis=0, ddof=1) / seeds**0.5
        lowest = int(np.argmin(mean))
        k = int(np.flatnonzero(mean <= mean[lowest] + error[lowest])[-1])
        result |= {f"chosen.{name}": np.array([values[k]]), f"weights.{name}": runs[0][k][1]}
        result |= {f"chosen_{measure}.{name}": table[:, k, i] for i, measure in enumerate(measures)}
    return result


def boundaries(
    data: Data,
    values: Sequence[float] = (0.0, 1e-4, 1e-3, 1e-2, 1e-1),
    units: Sequence[int] = (50, 50),
    examples: int = 60,
    epochs: int = 300,
    steps: int = 60,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Draw the decision regions of a network of two features as its L2 penalty grows.

    Returns
    -------
    dict
        ``grid`` (steps,), ``x``, ``y`` of the first seed; ``boundary.<value>`` (steps, steps), its probability of class
        1; ``validation.<value>`` (seeds,) accuracy; ``slope.<value>`` (seeds,): mean length of the probability's
        gradient over the plane, how restless it is.
    """
    splits = deep.narrow(data)
    xv, yv = splits["validation"]
    reach = float(np.abs(splits["train"][0]).max()) * 1.05
    grid = np.linspace(-reach, reach, steps, dtype=np.float32)
    plane = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    x, y = deep.draw(splits["train"], examples, 0)
    result: dict[str, np.ndarray] = {"grid": grid, "x": x, "y": y}
    for value in values:
        accuracy, slopes = [], []
        for seed in range(seeds):
            split = deep.draw(splits["train"], examples, seed)
            stack = deep.layers(units, 2, regularizer=nn.L2(value) if value else None)
            model = deep.train(stack, split, seed, nn.Adam(5e-3), epochs, examples)
            p = deep.probabilities(deep.logits(model, plane))[:, 1].reshape(steps, steps)
            accuracy.append(deep.accuracy(deep.logits(model, xv), yv))
            slopes.append(float(np.hypot(*np.gradient(p.astype(float), float(grid[1] - grid[0]))).mean()))
            if not seed:
                result[f"boundary.{value:g}"] = p
        result |= {f"validation.{value:g}": np.array(accuracy), f"slope.{value:g}": np.array(slopes)}
    return result


def decay(
    data: Data,
    rates: Sequence[float] = (1e-3, 3e-3, 1e-2),
    values: Sequence[float] = (0.0, 1e-3, 1e-2, 1e-1, 1.0, 10.0),
    units: Sequence[int] = (64, 64),
    examples: int = 500,
    epochs: int = 12,
    batch_size: int = 50,
    seeds: int = 3,
    twins: int = 5,
) -> dict[str, np.ndarray]:
    """Compare an L2 penalty with decoupled weight decay (Loshchilov & Hutter 2019), under Adam and under plain SGD.

    A penalty λ‖w‖² adds 2λw to the gradient; decay takes ηδw off the weights. Under SGD with δ = 2λ they are the same
    step. Adam divides the gradient, and with it the penalty's part, by the root of its mean square.

    Returns
    -------
    dict
        ``rates``, ``values`` (of δ = 2λ); ``validation.<penalty|decay>`` (seeds, rates, values) errors;
        ``apart.sgd``, ``apart.adam`` (twins,): distance of the two ways' final weights, relative to how far they moved;
        ``best.<way>`` (seeds,): validation error at the best pair.
    """
    splits = deep.narrow(data)
    xv, yv = splits["validation"]
    classes = int(yv.max()) + 1

    def trained(optimizer: nn.Optimizer, penalty: float, seed: int) -> nn.Sequential:
        # Decay shrinks whatever is trained, so there shall be nothing but kernels.
        stack = deep.layers(units, classes, regularizer=nn.L2(penalty) if penalty else None, bias=False)
        split = deep.draw(splits["train"], examples, seed)
        return deep.train(stack, split, seed, optimizer, epochs, batch_size)

    ways: dict[str, Callable[[float, float], tuple[nn.Optimizer, float]]] = {
        "penalty": lambda rate, value: (nn.Adam(rate), value / 2),
        "decay": lambda rate, value: (nn.AdamW(rate, weight_decay=value), 0.0),
    }
    result: dict[str, np.ndarray] = {"rates": np.array(rates), "values": np.array(values)}
    for way, make in ways.items():
        table = np.zeros((seeds, len(rates), len(values)))
        for seed, i, k in np.ndindex(table.shape):
            optimizer, penalty = make(rates[i], values[k])
            table[seed, i, k] = 1 - deep.accuracy(deep.logits(trained(optimizer, penalty, seed), xv), yv)
        best = np.unravel_index(np.argmin(table.mean(axis=0)), table.shape[1:])
        result |= {f"validation.{way}": table, f"best.{way}": table[:, best[0], best[1]]}
    for name, make_optimizer in (("sgd", nn.SGD), ("adam", nn.Adam)):
        rate, value = (0.1, 1e-2) if name == "sgd" else (1e-3, 1e-2)
        apart = []
        for seed in range(twins):
            penalised = _kernels(trained(make_optimizer(rate), value / 2, seed))
            decayed = _kernels(trained(make_optimizer(rate, weight_decay=value), 0.0, seed))
            free = _kernels(trained(make_optimizer(rate), 0.0, seed))
            apart.append(float(np.linalg.norm(penalised - decayed) / np.linalg.norm(penalised - free)))
        result[f"apart.{name}"] = np.array(apart)
    return result
