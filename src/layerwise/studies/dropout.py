"""Dropout: what it expects, how much of it, on how many examples, what hidden units become, and how unsure it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.studies import deep_networks as deep
from layerwise.studies.inputs import Data, Split, named


def expectation(
    data: Data,
    rates: Sequence[float] = (0.2, 0.5, 0.8),
    draws: Sequence[int] = (1, 3, 10, 30, 100, 300, 1000, 3000),
    width: int = 200,
    seeds: int = 10,
) -> dict[str, np.ndarray]:
    """Average a dropout layer over more and more masks and see its mean and variance come to what is expected.

    Of a value x kept with probability q and divided by it, the mean is x and the variance x² (1 − q) / q.

    Returns
    -------
    dict
        ``draws`` (t,); ``error.<rate>`` (seeds, t): distance of the mean over so many masks from the input, relative to
        its length; ``last.<rate>`` (seeds,): at the most masks, times the root of their number over what theory
        expects, √((1 − q)/q); ``variance.<rate>`` (seeds,): measured over expected variance; ``inference`` (1,): the
        largest change that the layer makes in inference.
    """
    result: dict[str, np.ndarray] = {"draws": np.array(draws)}
    change = 0.0
    for rate in rates:
        errors, variances = [], []
        for seed in range(seeds):
            layer = nn.Dropout(rate, dtype="float64")
            layer.rng = np.random.default_rng(seed)
            x = np.random.default_rng([seed, 1]).normal(size=width)
            outputs = layer.forward(np.tile(x, (max(draws), 1)), training=True)
            means = np.cumsum(outputs, axis=0)[np.array(draws) - 1] / np.array(draws)[:, None]
            errors.append(np.linalg.norm(means - x, axis=1) / np.linalg.norm(x))
            variances.append(float((outputs.var(axis=0) / (x**2 * rate / (1 - rate))).mean()))
            change = max(change, float(np.abs(layer.forward(x, training=False) - x).max()))
        result[f"error.{rate:g}"] = np.array(errors)
        result[f"last.{rate:g}"] = np.array(errors)[:, -1] * (max(draws) * (1 - rate) / rate) ** 0.5
        result[f"variance.{rate:g}"] = np.array(variances)
    return {**result, "inference": np.array([change])}


# --- how much, and on how many examples -----------------------------------------------------------------------------


def _errors(
    splits: dict[str, Split], split: Split, units: Sequence[int], rate: float, seed: int, steps: int, batch_size: int
) -> tuple[float, float]:
    """Train a network for so many steps and return its training and validation error."""
    xv, yv = splits["validation"]
    stack = deep.layers(units, int(yv.max()) + 1, dropout=rate)
    epochs = max(1, round(steps * batch_size / len(split[1])))
    model = deep.train(stack, split, seed, nn.Adam(1e-3), epochs, batch_size)
    return tuple(1 - deep.accuracy(deep.logits(model, x), y) for x, y in (split, (xv, yv)))  # type: ignore[return-value]


def keep_probability(
    data: Data,
    keep: Sequence[float] = (0.1, 0.3, 0.5, 0.7, 0.9, 1.0),
    width: int = 128,
    expected: int = 64,
    examples: int = 1000,
    steps: int = 300,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Vary the probability with which hidden units are kept (Srivastava et al. 2014, figure 9).

    Once with as many units whatever it is, once with ``expected`` kept on average.

    Returns
    -------
    dict
        ``keep`` (k,); errors ``train.<way>``, ``validation.<way>`` (seeds, k), a way being ``width`` or ``expected``;
        ``error.least``, ``error.half``, ``error.all`` (seeds,): validation error of the fixed width at the smallest
        probability, at ½ and at 1.
    """
    splits = deep.narrow(data)
    result: dict[str, np.ndarray] = {"keep": np.array(keep)}
    for way in ("width", "expected"):
        table = np.zeros((2, seeds, len(keep)))
        for seed in range(seeds):
            split = deep.draw(splits["train"], examples, seed)
            for k, q in enumerate(keep):
                units = [width if way == "width" else max(1, round(expected / q))] * 2
                table[:, seed, k] = _errors(splits, split, units, 1 - q, seed, steps, batch_size)
        result |= {f"train.{way}": table[0], f"validation.{way}": table[1]}
    curve = result["validation.width"]
    half = int(np.argmin(np.abs(np.array(keep) - 0.5)))
    return result | named("error", ("least", "half", "all"), (curve[:, 0], curve[:, half], curve[:, -1]))


def sample_size(
    data: Data,
    examples: Sequence[int] = (50, 100, 300, 1000, 3000),
    rate: float = 0.5,
    width: int = 128,
    steps: int = 500,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train with and without dropout on more and more examples, as many steps each (Srivastava et al. 2014, fig. 10).

    Returns
    -------
    dict
        ``examples`` (n,); validation errors ``plain`` and ``dropout`` (seeds, n); ``gain.<examples>`` (seeds,): by how
        much dropout lowers the error.
    """
    splits = deep.narrow(data)
    table = np.zeros((2, seeds, len(examples)))
    for seed in range(seeds):
        for k, count in enumerate(examples):
            split = deep.draw(splits["train"], count, seed)
            for i, share in enumerate((0.0, rate)):
                table[i, seed, k] = _errors(splits, split, [width, width], share, seed, steps, batch_size)[1]
    gains = named("gain", examples, (table[0] - table[1]).T)
    return {"examples": np.array(examples), "plain": table[0], "dropout": table[1], **gains}


# --- hidden units ---------------------------------------------------------------------------------------------------


def hidden_units(
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
    """Train an autoencoder of one ReLU layer with and without dropout and look at its units (Srivastava, section 7).

    Returns
    -------
    dict
        For ``plain`` and ``dropout``: ``features.…`` (inputs, shown), weights into the busiest units of the first seed;
        ``activations.…`` (bins,) and ``edges`` (bins + 1,): shares of activations, first seed; ``mean.…`` (seeds,):
        mean activation; ``active.…`` (seeds,): share of units that are on for an image; ``correlation.…`` (seeds,):
        mean absolute correlation of two units; ``removed`` (r,) and ``ablation.…`` (seeds, r): factor of the
        reconstruction error when so many units are taken away and the others scaled up; ``worst.…`` (seeds,): its last.
    """
    splits = deep.narrow(data)
    xv = splits["validation"][0]
    edges = np.linspace(0, 3, 31)
    result: dict[str, np.ndarray] = {"edges": edges, "removed": np.array(removed)}
    for name, share in (("plain", 0.0), ("dropout", rate)):
        kept: dict[str, list] = {key: [] for key in ("mean", "active", "correlation", "ablation")}
        for seed in range(seeds):
            x, _ = deep.draw(splits["train"], examples, seed)
            start = nn.RandomNormal(stddev=0.01)  # so small that what a unit learns is not lost in it
            stack = [nn.Dense(units, activation="relu", kernel_initializer=start), nn.Dropout(share)]
            model = nn.Sequential([nn.Input(x.shape[1:]), *stack, nn.Dense(x.shape[1])], seed=seed)
            model.compile(nn.Adam(1e-3), nn.MeanSquaredError())
            model.fit(x, x, batch_size=batch_size, epochs=epochs, verbose=0)
            hidden = model.layers[0].forward(xv).copy()
            on = hidden[:, hidden.std(axis=0) > 0]
            pairs = np.corrcoef(on.T)[np.triu_indices(on.shape[1], 1)]
            kept["mean"].append(float(hidden.mean()))
            kept["active"].append(float((hidden > 0).mean()))
            kept["correlation"].append(float(np.abs(pairs).mean()))
            kept["ablation"].append(_ablation(model.layers[2], hidden, xv, removed, seed))
            if not seed:
                busiest = np.argsort(-hidden.std(axis=0), kind="stable")[:shown]
                result[f"features.{name}"] = model.layers[0].params["kernel"][:, busiest]
                result[f"activations.{name}"] = np.histogram(np.minimum(hidden, 2.999), edges)[0] / hidden.size
        result |= {f"{key}.{name}": np.array(values) for key, values in kept.items()}
        result[f"worst.{name}"] = result[f"ablation.{name}"][:, -1]
    return result


def _ablation(out: nn.Layer, hidden: np.ndarray, x: np.ndarray, removed: Sequence[float], seed: int) -> list[float]:
    """Return the squared error of the reconstruction without some of the units, relative to that with all."""
    order = np.random.default_rng(seed).permutation(hidden.shape[1])
    errors = []
    for share in removed:
        gone = order[: round(share * len(order))]
        left = hidden / np.float32(1 - len(gone) / len(order))
        left[:, gone] = 0
        errors.append(float(((out.forward(left) - x) ** 2).mean()))
    return [error / errors[0] for error in errors]


# --- how unsure -----------------------------------------------------------------------------------------------------


def uncertainty(
    data: Data,
    unknown: Sequence[int] = (8, 9),
    rate: float = 0.5,
    width: int = 128,
    examples: int = 1500,
    epochs: int = 20,
    batch_size: int = 50,
    draws: int = 50,
    angles: Sequence[int] = (0, 30, 60, 90, 120, 150, 180),
    count: int = 300,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Leave dropout on at test time and read the spread of its answers as uncertainty (Gal & Ghahramani 2016).

    The network learns all classes but some; images of these, of a second dataset if there is one, and noise with the
    pixels of the first images shuffled are what it has never seen.

    Parameters
    ----------
    unknown : sequence of int
        Classes left out of the training.
    draws : int
        Passes with dropout on.
    angles : sequence of int
        By how many degrees test images of known classes are turned.
    count : int
        Images of each kind.

    Returns
    -------
    dict
        Kinds are ``known``, ``unknown``, ``noise`` and, with two datasets, ``other``. ``entropy.<kind>`` and
        ``disagreement.<kind>`` (count,) of the first seed: entropy of the mean answer, and what of it comes from the
        draws' disagreement (mutual information; Houlsby et al. 2011), in nats. ``auc.<measure>.<kind>`` (seeds,): how
        well a measure tells the kind from known images, a measure being ``entropy`` and ``disagreement`` with dropout
        on, and ``once``, the entropy of one pass without. ``mean_entropy.<kind>`` (seeds,). ``accuracy.once``,
        ``accuracy.mean`` (seeds,) on known images. ``angles`` (a,), ``turned.entropy``, ``turned.accuracy`` (seeds, a).
    """
    names = list(data)
    shape = data[names[0]]["test"][0].shape[1:3]
    splits = deep.narrow({names[0]: data[names[0]]})
    kinds = ["unknown", "noise", *(["other"] if len(names) > 1 else [])]
    measures: dict[str, list[float]] = {}
    turned: dict[str, list[list[float]]] = {"entropy": [], "accuracy": []}
    result: dict[str, np.ndarray] = {"angles": np.array(angles)}
    classes = int(splits["train"][1].max()) + 1
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        x, y = splits["train"]
        familiar = ~np.isin(y, unknown)
        split = deep.draw((x[familiar], y[familiar]), examples, seed)
        model = deep.train(
            deep.layers([width, width], classes, dropout=rate), split, seed, nn.Adam(1e-3), epochs, batch_size
        )
        xt, yt = splits["test"]
        rows = np.flatnonzero(~np.isin(yt, unknown))[:count]
        images = {"known": xt[rows], "unknown": xt[np.isin(yt, unknown)][:count]}
        images["noise"] = rng.permuted(images["known"], axis=1)
        if "other" in kinds:
            images["other"] = data[names[1]]["test"][0][:count].reshape(count, -1).astype(np.float32)
        found = {kind: _answers(model, x, draws) for kind, x in images.items()}
        for kind, measured in found.items():
            measures.setdefault(f"mean_entropy.{kind}", []).append(float(measured["entropy"].mean()))
            if not seed:
                result |= {f"{key}.{kind}": measured[key] for key in ("entropy", "disagreement")}
        for kind in kinds:
            for key in ("entropy", "disagreement", "once"):
                auc = _auc(found[kind][key], found["known"][key])
                measures.setdefault(f"auc.{key}.{kind}", []).append(auc)
        measures.setdefault("accuracy.once", []).append(deep.accuracy(deep.logits(model, images["known"]), yt[rows]))
        measures.setdefault("accuracy.mean", []).append(deep.accuracy(found["known"]["mean"], yt[rows]))
        around = [_answers(model, _turn(images["known"], shape, angle), draws) for angle in angles]
        turned["entropy"].append([float(answer["entropy"].mean()) for answer in around])
        turned["accuracy"].append([deep.accuracy(answer["mean"], yt[rows]) for answer in around])
    result |= {name: np.array(values) for name, values in measures.items()}
    return result | {f"turned.{name}": np.array(values) for name, values in turned.items()}


def _answers(model: nn.Sequential, x: np.ndarray, draws: int) -> dict[str, np.ndarray]:
    """Return the mean answer ``(n, classes)``, its entropy and the draws' disagreement, and one pass's entropy."""
    p = np.stack([deep.probabilities(model(x, training=True)) for _ in range(draws)]).astype(float)
    mean = p.mean(axis=0)
    return {
        "mean": mean,
        "entropy": _entropy(mean),
        "disagreement": _entropy(mean) - _entropy(p).mean(axis=0),
        "once": _entropy(deep.probabilities(deep.logits(model, x)).astype(float)),
    }


def _entropy(p: np.ndarray) -> np.ndarray:
    return -(p * np.log(np.maximum(p, 1e-12))).sum(axis=-1)


def _auc(unusual: np.ndarray, usual: np.ndarray) -> float:
    """Return the probability that an unusual image scores higher than a usual one, a tie counting half."""
    order = np.sort(usual)
    below = np.searchsorted(order, unusual, "left"), np.searchsorted(order, unusual, "right")
    return float(np.mean(below) / len(order))


def _turn(x: np.ndarray, shape: tuple[int, ...], angle: float) -> np.ndarray:
    """Turn flat images of one channel about their centre, taking for each place the nearest pixel of the original."""
    height, width = shape
    row, column = np.mgrid[:height, :width]
    row, column = row - (height - 1) / 2, column - (width - 1) / 2
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    source_row = np.rint(cosine * row - sine * column + (height - 1) / 2).astype(int)
    source_column = np.rint(sine * row + cosine * column + (width - 1) / 2).astype(int)
    inside = (source_row >= 0) & (source_row < height) & (source_column >= 0) & (source_column < width)
    images = x.reshape(len(x), height, width)
    turned = images[:, np.where(inside, source_row, 0), np.where(inside, source_column, 0)] * inside
    return turned.reshape(len(x), -1).astype(np.float32)


# --- with max-norm --------------------------------------------------------------------------------------------------


def max_norm(
    data: Data,
    limit: float = 2.0,
    rates: Sequence[float] = (0.01, 0.03, 0.1, 0.3),
    dropout: float = 0.5,
    width: int = 128,
    examples: int = 1000,
    epochs: int = 20,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Hold the weights into each unit to a largest norm, so that dropout can be trained with large steps.

    Momentum 0.95, as Srivastava et al. (2014, appendix A.2) advise with dropout.

    Returns
    -------
    dict
        ``rates`` (r,); validation errors (seeds, r) ``plain``, ``dropout``, ``dropout_max_norm``; ``chosen.<network>``
        (seeds,): test error at the rate of lowest mean validation error, ``rate.<network>`` (1,); ``norm.<network>``
        (seeds,): largest norm of the weights into a hidden unit there; ``highest.<network>`` (seeds,): validation error
        at the highest rate.
    """
    splits = deep.narrow(data)
    classes = int(splits["train"][1].max()) + 1
    arms: dict[str, tuple[float, float | None]] = {
        "plain": (0.0, None), "dropout": (dropout, None), "dropout_max_norm": (dropout, limit),
    }  # fmt: skip
    result: dict[str, np.ndarray] = {"rates": np.array(rates)}
    for name, (share, largest) in arms.items():
        table = np.zeros((3, seeds, len(rates)))
        for seed in range(seeds):
            split = deep.draw(splits["train"], examples, seed)
            for k, rate in enumerate(rates):
                stack = deep.layers([width, width], classes, dropout=share, max_norm=largest)
                model = deep.train(stack, split, seed, nn.SGD(rate, momentum=0.95), epochs, batch_size)
                norms = [np.linalg.norm(layer.params["kernel"], axis=0).max() for layer in stack if layer.params]
                errors = [
                    1 - deep.accuracy(deep.logits(model, x), y) for x, y in (splits["validation"], splits["test"])
                ]
                table[:, seed, k] = [*errors, max(norms[:-1])]
        best = int(np.argmin(table[0].mean(axis=0)))
        result |= {
            name: table[0],
            f"chosen.{name}": table[1][:, best],
            f"rate.{name}": np.array([rates[best]]),
            f"norm.{name}": table[2][:, best],
            f"highest.{name}": table[0][:, -1],
        }
    return result
