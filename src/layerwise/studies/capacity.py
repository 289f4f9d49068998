"""How large a network should be: hidden units, noise, sample size, bias and variance, overfitting, double descent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.studies import networks
from layerwise.studies.inputs import Data, Split, Splits, only, pooled

UNITS = (1, 2, 3, 4, 5, 10, 20, 50, 100, 200)


def _narrow(splits: Splits) -> dict[str, Split]:
    return {name: (x.astype(np.float32), y) for name, (x, y) in splits.items()}


def hidden_units(
    data: Data,
    units: Sequence[int] = UNITS,
    seeds: int = 10,
    epochs: int = 1000,
    learning_rate: float = 0.3,
    steps: int = 70,
) -> dict[str, np.ndarray]:
    """Train networks with more and more hidden units.

    Returns
    -------
    dict
        ``<split>.<units>`` (seeds,) accuracies; ``grid`` (steps,), ``boundary.<units>`` (steps, steps): probability
        over the plane of the first network.
    """
    splits = _narrow(only(data))
    x, y = splits["train"]
    classes = int(y.max()) + 1
    t = networks.targets(y, classes)
    reach = float(np.abs(x).max()) * 1.05
    grid = np.linspace(-reach, reach, steps, dtype=np.float32)
    plane = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    result: dict[str, np.ndarray] = {"units": np.array(units), "grid": grid}
    for count in units:
        parameters = networks.start([x.shape[1], count, t.shape[-1]], "glorot", range(seeds))
        parameters = networks.trained(parameters, x, t, epochs, learning_rate=learning_rate)
        for name, (xs, ys) in splits.items():
            result[f"{name}.{count}"] = networks.accuracy(networks.probabilities(parameters, xs), ys)
        if x.shape[1] == 2 and classes == 2:
            first = [array[:1] for array in parameters]
            result[f"boundary.{count}"] = networks.probabilities(first, plane)[0].reshape(steps, steps)
    return result


def bias_variance(
    data: Data,
    units: Sequence[int] = UNITS,
    groups: int = 10,
    sets: int = 5,
    examples: int = 100,
    epochs: int = 800,
    learning_rate: float = 0.3,
) -> dict[str, np.ndarray]:
    r"""Split the squared error of the probability into bias and variance over training sets (Geman et al. 1992).

    .. math:: E[(y − p)^2] = (y − \bar p)^2 + E[(p − \bar p)^2]

    averaged over the test examples, with p̄ the mean over networks, each trained on examples of its own. The first
    term holds the noise of the labels too, which is the same for every size.

    Returns
    -------
    dict
        ``bias.<units>``, ``variance.<units>``, ``error.<units>`` (groups,), each group of so many training sets;
        ``identity`` (1,), the largest |error − bias − variance|.
    """
    splits = only(data)
    (x, y), (xt, yt) = pooled({name: splits[name] for name in ("train", "validation")}), splits["test"]
    rng = np.random.default_rng(0)
    rows = np.stack([rng.choice(len(y), examples, replace=False) for _ in range(groups * sets)])
    xs, t = x[rows].astype(np.float32), networks.targets(y[rows], 2)
    result: dict[str, np.ndarray] = {"units": np.array(units)}
    identity = 0.0
    for count in units:
        parameters = networks.start([x.shape[1], count, 1], "glorot", range(groups * sets))
        parameters = networks.trained(parameters, xs, t, epochs, learning_rate=learning_rate)
        p = networks.probabilities(parameters, xt.astype(np.float32)).astype(float).reshape(groups, sets, -1)
        mean = p.mean(axis=1)
        bias, variance = ((yt - mean) ** 2).mean(axis=-1), p.var(axis=1).mean(axis=-1)
        error = ((yt - p) ** 2).mean(axis=(1, 2))
        identity = max(identity, float(np.abs(error - bias - variance).max()))
        result |= {f"bias.{count}": bias, f"variance.{count}": variance, f"error.{count}": error}
    return {**result, "identity": np.array([identity])}


def sample_size(
    data: Data,
    units: Sequence[int] = (1, 3, 10, 50, 200),
    examples: Sequence[int] = (20, 50, 100, 200, 500, 1000),
    seeds: int = 10,
    epochs: int = 500,
    learning_rate: float = 0.3,
) -> dict[str, np.ndarray]:
    """Cross the number of hidden units with the number of training examples.

    Returns
    -------
    dict
        ``units``, ``examples``; ``test.<units>.<examples>`` (seeds,) accuracies; ``gain.<units>`` (seeds,), what the
        most examples reach above the fewest.
    """
    splits = only(data)
    (x, y), (xt, yt) = pooled({name: splits[name] for name in ("train", "validation")}), splits["test"]
    result = {"units": np.array(units), "examples": np.array(examples)}
    orders = np.stack([np.random.default_rng(seed).permutation(len(y)) for seed in range(seeds)])
    for count in units:
        for n in examples:
            rows = orders[:, :n]
            parameters = networks.start([x.shape[1], count, 1], "glorot", range(seeds))
            parameters = networks.trained(
                parameters,
                x[rows].astype(np.float32),
                networks.targets(y[rows], 2),
                epochs,
                learning_rate=learning_rate,
            )
            p = networks.probabilities(parameters, xt.astype(np.float32))
            result[f"test.{count}.{n}"] = networks.accuracy(p, yt)
        result[f"gain.{count}"] = result[f"test.{count}.{examples[-1]}"] - result[f"test.{count}.{examples[0]}"]
    return result


def overfitting(
    data: Data,
    units: int = 100,
    strengths: Sequence[float] = (0.0, 0.0003, 0.001, 0.003),
    seeds: int = 10,
    epochs: int = 2500,
    every: int = 25,
    learning_rate: float = 0.3,
) -> dict[str, np.ndarray]:
    """Train on and on, with and without L2, and see where the validation loss turns.

    Returns
    -------
    dict
        ``epoch`` (t,); ``<split>.<λ>`` (seeds, t) losses of train and validation; test accuracies (seeds,):
        ``accuracy.last`` without any remedy, ``accuracy.stopped`` at the epoch of the lowest validation loss
        (``turn`` (seeds,)), ``accuracy.decayed`` with the λ of the lowest validation loss at the end (``best``).
    """
    splits = _narrow(only(data))
    classes = int(splits["train"][1].max()) + 1
    t = {name: networks.targets(y, classes) for name, (_, y) in splits.items()}
    x, y = splits["train"][0], t["train"]
    at = np.arange(0, epochs + 1, every)
    result: dict[str, np.ndarray] = {"epoch": at, "strengths": np.array(strengths)}
    accuracy = {}
    for strength in strengths:
        first = networks.start([x.shape[1], units, y.shape[-1]], "glorot", range(seeds))
        losses: dict[str, list[np.ndarray]] = {"train": [], "validation": []}
        scores = []
        for epoch, parameters in networks.train(first, x, y, learning_rate=learning_rate, l2=strength):
            if epoch % every == 0:
                for name, curve in losses.items():
                    z = networks.activations(parameters, splits[name][0])[-1]
                    curve.append(networks.cross_entropy(z, t[name]))
                p = networks.probabilities(parameters, splits["test"][0])
                scores.append(networks.accuracy(p, splits["test"][1]))
            if epoch == epochs:
                break
        result |= {f"{name}.{strength:g}": np.stack(curve, axis=1) for name, curve in losses.items()}
        accuracy[strength] = np.stack(scores, axis=1)
    ends = [result[f"validation.{strength:g}"][:, -1].mean() for strength in strengths]
    best, plain = strengths[int(np.argmin(ends))], strengths[0]
    turn = result[f"validation.{plain:g}"].argmin(axis=1)
    return result | {
        "turn": at[turn],
        "best": np.array([best]),
        "accuracy.last": accuracy[plain][:, -1],
        "accuracy.stopped": accuracy[plain][np.arange(seeds), turn],
        "accuracy.decayed": accuracy[best][:, -1],
        "fall": result[f"validation.{plain:g}"][:, -1] - result[f"validation.{plain:g}"].min(axis=1),
    }


def double_descent(
    data: Data,
    widths: Sequence[int] = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100, 200),
    features: Sequence[int] = (10, 30, 60, 100, 130, 160, 180, 200, 220, 250, 300, 400, 600, 1000),
    examples: int = 200,
    noise: float = 0.2,
    seeds: int = 10,
    epochs: int = 1000,
    learning_rate: float = 0.1,
) -> dict[str, np.ndarray]:
    """Look for a second descent of the test error beyond the size at which noisy labels are fitted exactly.

    Once in networks trained by gradient descent, once where it is known to appear: random ReLU features and the
    shortest least-squares solution (Belkin et al. 2019, *Reconciling modern machine-learning practice and the classical
    bias-variance trade-off*), which fits as many examples as it has features.

    Returns
    -------
    dict
        ``trained.<units>``, ``fit.<units>`` (seeds,): test and training error of trained networks;
        ``random.<features>`` (seeds,): test error of random features. For trained networks ``before``,
        ``threshold``, ``beyond`` (seeds,):
        test error at a third of the least width whose mean training error is below 1 %, at it, and at the largest;
        for random features ``random_before``, ``random_threshold``, ``random_beyond``: at n/3, n and the most.
    """
    splits = _narrow(only(data))
    (x, y), (xt, yt) = splits["train"], splits["test"]
    classes = int(y.max()) + 1
    sets, labels = [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        rows = rng.choice(len(y), examples, replace=False)
        wrong = rng.choice(examples, round(noise * examples), replace=False)
        noisy = y[rows].copy()
        noisy[wrong] = (noisy[wrong] + rng.integers(1, classes, len(wrong))) % classes
        sets.append(x[rows])
        labels.append(noisy)
    xs, ys = np.stack(sets), np.stack(labels)
    t = networks.targets(ys, classes)
    result: dict[str, np.ndarray] = {"widths": np.array(widths), "features": np.array(features)}
    for width in widths:
        parameters = networks.start([x.shape[1], width, t.shape[-1]], "he", range(seeds))
        settings = {"activation": "relu", "learning_rate": learning_rate}
        parameters = networks.trained(parameters, xs, t, epochs, **settings)
        result[f"fit.{width}"] = 1 - networks.accuracy(networks.probabilities(parameters, xs, "relu"), ys)
        result[f"trained.{width}"] = 1 - networks.accuracy(networks.probabilities(parameters, xt, "relu"), yt)
    for count in features:
        result[f"random.{count}"] = np.array(
            [1 - _random_features(xs[i], t[i], xt, yt, count, seed=i) for i in range(seeds)]
        )
    fits = [width for width in widths if result[f"fit.{width}"].mean() < 0.01] or [widths[-1]]
    third = min(widths, key=lambda width: abs(width - fits[0] / 3))
    few = min(features, key=lambda count: abs(count - examples / 3))
    level = min(features, key=lambda count: abs(count - examples))
    return result | {
        "interpolates": np.array([fits[0]]),
        "before": result[f"trained.{third}"],
        "threshold": result[f"trained.{fits[0]}"],
        "beyond": result[f"trained.{widths[-1]}"],
        "random_before": result[f"random.{few}"],
        "random_threshold": result[f"random.{level}"],
        "random_beyond": result[f"random.{features[-1]}"],
    }


def _random_features(x: np.ndarray, t: np.ndarray, xt: np.ndarray, yt: np.ndarray, count: int, seed: int) -> float:
    """Return the test accuracy of the shortest least-squares weights on ``count`` random ReLU features."""
    rng = np.random.default_rng([seed, count])
    weights = rng.normal(size=(x.shape[1], count)) / x.shape[1] ** 0.5
    bias = 0.1 * rng.normal(size=count)
    hidden, hidden_t = (np.maximum(part @ weights + bias, 0) for part in (x, xt))
    solution = np.linalg.lstsq(hidden, 2 * t - 1, rcond=1e-10)[0]
    scores = hidden_t @ solution
    predicted = scores.argmax(axis=1) if scores.shape[1] > 1 else scores[:, 0] > 0
    return float(np.mean(predicted == yt))
