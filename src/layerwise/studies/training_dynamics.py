"""What happens inside a network while it learns, and what the settings of training do to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.studies.inputs import Data, flat, named, only

Split = tuple[np.ndarray, np.ndarray]
Rate = float | nn.LearningRateSchedule

#: Optimizers by the name a report gives them, each made from a learning rate.
OPTIMIZERS: dict[str, Callable[[Rate], nn.Optimizer]] = {
    "SGD": nn.SGD,
    "momentum": lambda rate: nn.SGD(rate, momentum=0.9),
    "RMSprop": nn.RMSprop,
    "Adam": nn.Adam,
}


def network(
    x: np.ndarray, y: np.ndarray, hidden: Sequence[int], seed: int, optimizer: Any = "sgd", activation: str = "relu"
) -> nn.Sequential:
    """Return a compiled network of Dense layers for such examples, ReLU from He's weights, others from Glorot's."""
    start = "he_normal" if activation in ("relu", "leaky_relu") else "glorot_uniform"
    layers = [nn.Dense(units, activation, kernel_initializer=start) for units in hidden]
    model = nn.Sequential([nn.Input(x.shape[1:]), *layers, nn.Dense(int(y.max()) + 1)], seed=seed)
    model.compile(optimizer, nn.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def fit(
    model: nn.Sequential,
    train: Split,
    validation: Split | None,
    epochs: int,
    batch_size: int = 32,
    callbacks: Sequence[nn.Callback] = (),
) -> dict[str, np.ndarray]:
    """Train and return the history; a training that diverges goes on as NaN to its last epoch."""
    with np.errstate(over="ignore", invalid="ignore"):
        history = model.fit(
            *train,
            batch_size=batch_size,
            epochs=epochs,
            validation_data=validation,
            callbacks=[nn.TerminateOnNaN(), *callbacks],
            verbose=0,
        ).history
    return {name: np.array(values + [math.nan] * (epochs - len(values))) for name, values in history.items()}


def splits(data: Data) -> tuple[Split, Split]:
    """Return training and validation examples of the only dataset, flat and in float32."""
    both = only(data)
    train, validation = ((x.astype(np.float32), y) for x, y in (both["train"], both["validation"]))
    return train, validation


def passes(model: nn.Sequential, x: np.ndarray, y: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, for each hidden layer, its units and the loss's gradient at them."""
    units = []
    for layer in model.layers:
        x = layer.forward(x, training=True)
        units.append(x.copy())
    slopes: list[Any] = [model.loss.value_and_gradient(y, x)[1]]
    for layer in reversed(model.layers[1:]):
        layer.needs_input_gradient = True
        dx = layer.backward(slopes[0].copy())
        slopes.insert(0, np.copy(dx))  # type: ignore[arg-type]
    yield from list(zip(units, slopes))[:-1]


# --- before training ----------------------------------------------------------------------------------------------


def health(
    data: Data,
    hidden: Sequence[int] = (64,),
    scales: Sequence[float] = (0.0, 0.1, 1.0, 10.0),
    examples: int = 50,
    epochs: int = 100,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Check a network before it is trained for real: its first loss, and whether it can learn 50 examples by heart.

    Returns
    -------
    dict
        For each dataset: ``log_c.<dataset>`` (1,); ``initial.<dataset>.<scale>`` (seeds,), the loss of fresh networks
        with the output's first weights scaled, and ``excess.<dataset>`` (seeds,), how far it is from log C as a part
        of it at the scale 1; ``accuracy.<dataset>`` (seeds, epochs) on the few training examples, and with their
        labels shuffled ``shuffled.<dataset>``; ``overfit.<dataset>``, ``memorised.<dataset>`` (seeds,): the last of
        each.
    """
    result: dict[str, np.ndarray] = {}
    for name, parts in data.items():
        x, y = flat(name, *parts["train"])
        x = x.astype(np.float32)
        chance = math.log(y.max() + 1)
        result[f"log_c.{name}"] = np.array([chance])
        curves: dict[str, list[np.ndarray]] = {"accuracy": [], "shuffled": []}
        losses = np.zeros((seeds, len(scales)))
        for seed in range(seeds):
            for i, scale in enumerate(scales):
                model = network(x, y, hidden, seed)
                model.layers[-1].params["kernel"] *= scale
                losses[seed, i] = model.evaluate(x, y, batch_size=1024, return_dict=True)["loss"]
            rng = np.random.default_rng(seed)
            rows = rng.choice(len(y), examples, replace=False)
            for kind, labels in (("accuracy", y[rows]), ("shuffled", rng.permutation(y[rows]))):
                model = network(x, y, hidden, seed, nn.Adam(0.01))
                curves[kind].append(fit(model, (x[rows], labels), None, epochs, batch_size=10)["accuracy"])
        result |= named(f"initial.{name}", scales, losses.T)
        if 1.0 in scales:
            result[f"excess.{name}"] = np.abs(losses[:, list(scales).index(1.0)] / chance - 1)
        for kind, last in (("accuracy", "overfit"), ("shuffled", "memorised")):
            result[f"{kind}.{name}"] = np.array(curves[kind])
            result[f"{last}.{name}"] = result[f"{kind}.{name}"][:, -1]
    return result


# --- inside the layers --------------------------------------------------------------------------------------------


#: What `signals` compares: an activation, and a factor on the first weights of the hidden layers.
STARTS = {"relu": ("relu", 1.0), "tanh": ("tanh", 1.0), "sigmoid": ("sigmoid", 1.0), "tanh_large": ("tanh", 6.0)}


def signals(
    data: Data,
    depth: int = 4,
    width: int = 64,
    epochs: int = 20,
    learning_rate: float = 0.1,
    seeds: int = 5,
    bins: int = 40,
) -> dict[str, np.ndarray]:
    """Train the same deep network from each of `STARTS` and look at units and gradients in every layer.

    A unit counts as saturated on an example where its slope is below a twentieth of the activation's steepest.

    Returns
    -------
    dict
        For each start: ``loss.…`` (seeds, epochs) of training, ``accuracy.…`` (seeds,) on validation at the end;
        ``saturated.…`` (seeds, epochs + 1, depth), share by layer, and ``start.…`` (seeds,), of all before
        training; ``flow.…`` (seeds,): gradient at the first hidden
        layer's units over that at the last's, before training; ``edges_<units|gradients>.…`` (bins + 1,) and
        ``<units|gradients>_<before|after>.…`` (depth, bins), shares of the first network's values by layer.
    """
    train, validation = splits(data)
    x, y = train[0][:512], train[1][:512]
    result: dict[str, np.ndarray] = {}
    for name, (activation, factor) in STARTS.items():
        losses, accuracies, saturations, flows = [], [], [], []
        for seed in range(seeds):
            model = network(*train, [width] * depth, seed, nn.SGD(learning_rate), activation)
            for layer in model.layers[:-1]:
                layer.params["kernel"] *= factor
            before = list(passes(model, x, y))
            watch = _Saturation(activation, x)
            saturated = [watch.shares(model)]
            history = fit(model, train, validation, epochs, callbacks=[watch])
            losses.append(history["loss"])
            accuracies.append(history["val_accuracy"][-1])
            saturations.append(saturated + watch.found)
            flows.append(_norm(before[0][1]) / _norm(before[-1][1]))
            if seed == 0:
                result |= _histograms(name, before, list(passes(model, x, y)), bins)
        result |= {
            f"loss.{name}": np.array(losses),
            f"accuracy.{name}": np.array(accuracies),
            f"saturated.{name}": np.array(saturations),
            f"start.{name}": np.array(saturations)[:, 0].mean(axis=1),
            f"flow.{name}": np.array(flows),
        }
    return result


def _norm(array: np.ndarray) -> float:
    return float(np.sqrt((array.astype(float) ** 2).mean()))


def _slopes(activation: str, units: np.ndarray) -> np.ndarray:
    """Return the activation's derivative, told from its values."""
    return {"relu": units > 0, "tanh": 1 - units**2, "sigmoid": 4 * units * (1 - units)}[activation]


class _Saturation(nn.Callback):
    """Keeps, epoch by epoch and for each hidden layer, the share of units times examples that are saturated."""

    def __init__(self, activation: str, x: np.ndarray) -> None:
        self.activation, self.x = activation, x
        self.found: list[list[float]] = []

    def shares(self, model: nn.Sequential) -> list[float]:
        """Return the shares of a model now."""
        units, found = self.x, []
        for layer in model.layers[:-1]:
            units = layer.forward(units).copy()
            found.append(float(np.mean(_slopes(self.activation, units) < 0.05)))
        return found

    def on_epoch_end(self, epoch, logs):
        """See :meth:`Callback.on_epoch_end`."""
        self.found.append(self.shares(self.model))


def _histograms(name: str, before: list, after: list, bins: int) -> dict[str, np.ndarray]:
    """Return the edges, and the share of each layer's values in each bin, before and after training."""
    result = {}
    for place, what in ((0, "units"), (1, "gradients")):
        largest = float(np.quantile(np.abs(np.concatenate([layer[place].ravel() for layer in before + after])), 0.995))
        low = 0.0 if what == "units" and name in ("relu", "sigmoid") else -largest
        edges = np.linspace(low, largest, bins + 1)
        result[f"edges_{what}.{name}"] = edges
        for when, layers in (("before", before), ("after", after)):
            counts = [np.histogram(np.clip(layer[place], low, largest), edges)[0] for layer in layers]
            result[f"{what}_{when}.{name}"] = np.array(counts) / before[0][place].size
    return result


def dead_units(
    data: Data,
    rates: Sequence[float] = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
    activations: Sequence[str] = ("relu", "leaky_relu"),
    hidden: Sequence[int] = (64, 64),
    epochs: int = 10,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train with ever larger rates and count the hidden units that are off for every training example.

    Returns
    -------
    dict
        ``rates`` (r,); ``accuracy.<activation>`` (seeds, r) on validation, and rate by rate
        ``accuracy.<activation>.<rate>`` (seeds,); of ReLU ``dead`` (seeds, r), the share of dead hidden units, and
        ``dead.<rate>`` (seeds,).
    """
    train, validation = splits(data)
    result: dict[str, np.ndarray] = {"rates": np.array(rates)}
    for activation in activations:
        dead, accuracy = np.zeros((seeds, len(rates))), np.zeros((seeds, len(rates)))
        for seed in range(seeds):
            for i, rate in enumerate(rates):
                model = network(*train, hidden, seed, nn.SGD(rate), activation)
                fit(model, train, None, epochs)
                with np.errstate(over="ignore", invalid="ignore"):
                    accuracy[seed, i] = np.mean(model.predict(validation[0]).argmax(axis=1) == validation[1])
                    dead[seed, i] = dead_share(model, train[0])
        result |= {f"accuracy.{activation}": accuracy, **named(f"accuracy.{activation}", rates, accuracy.T)}
        if activation == "relu":
            result |= {"dead": dead, **named("dead", rates, dead.T)}
    return result


def dead_share(model: nn.Sequential, x: np.ndarray) -> float:
    """Return the share of hidden units that are above zero for none of the examples."""
    alive = []
    for layer in model.layers[:-1]:
        x = layer.forward(x).copy()
        alive.append((x > 0).any(axis=0))
    return float(1 - np.concatenate(alive).mean())


def updates(
    data: Data,
    rates: Sequence[float] = (0.001, 0.1, 0.5),
    hidden: Sequence[int] = (64, 64),
    epochs: int = 15,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Follow, step by step, how far each kernel moves as a part of its own size: ‖ΔW‖ / ‖W‖.

    Returns
    -------
    dict
        ``step`` (t,), one an epoch; ``ratio.<rate>.<layer>`` (seeds, t), the median of each epoch's steps;
        ``decades.<rate>`` (seeds,), how many factors of ten the median of all of the first kernel's steps is away
        from 1/1000;
        ``loss.<rate>`` (seeds, t) of training, ``accuracy.<rate>`` (seeds,) on validation at the end.
    """
    train, validation = splits(data)
    steps = -(-len(train[0]) // 32)
    result: dict[str, np.ndarray] = {"step": steps * np.arange(1, epochs + 1)}
    for rate in rates:
        ratios, histories = [], []
        for seed in range(seeds):
            watch = _Updates()
            histories.append(fit(network(*train, hidden, seed, nn.SGD(rate)), train, validation, epochs,
                                 callbacks=[watch]))  # fmt: skip
            ratios.append(np.array(watch.found).reshape(epochs, steps, -1))
        medians = np.median(ratios, axis=2)  # (seeds, epochs, layers)
        result |= {f"ratio.{rate}.{layer}": medians[..., layer] for layer in range(len(hidden) + 1)}
        result[f"decades.{rate}"] = np.abs(np.log10(np.median(np.array(ratios)[..., 0], axis=(1, 2)) / 1e-3))
        result[f"loss.{rate}"] = np.array([history["loss"] for history in histories])
        result[f"accuracy.{rate}"] = np.array([history["val_accuracy"][-1] for history in histories])
    return result


class _Updates(nn.Callback):
    """Keeps, step by step, the size of each kernel's update as a part of the kernel's size."""

    def __init__(self) -> None:
        self.found: list[list[float]] = []

    def _kernels(self) -> list[np.ndarray]:
        return [layer.params["kernel"].copy() for layer in self.model.layers]

    def on_train_begin(self, logs=None):
        """See :meth:`Callback.on_train_begin`."""
        self.last = self._kernels()

    def on_train_batch_end(self, batch, logs):
        """See :meth:`Callback.on_train_batch_end`."""
        now = self._kernels()
        self.found.append([_norm(new - old) / _norm(old) for new, old in zip(now, self.last)])
        self.last = now


# --- how to descend -----------------------------------------------------------------------------------------------


def optimizers(
    data: Data,
    rates: Mapping[str, Sequence[float]],
    hidden: Sequence[int] = (64,),
    epochs: int = 15,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train with each optimizer at several rates, and compare them each at the rate that is best on validation.

    The best rate is chosen with one half of the seeds and judged with the other.

    Parameters
    ----------
    data : mapping
        One dataset.
    rates : mapping of str to sequence of float
        Learning rates to try for each of `OPTIMIZERS`.
    hidden, epochs : sequence of int, int
        The network and how long it is trained.
    seeds : int
        In each half.

    Returns
    -------
    dict
        For each optimizer: ``rates.…`` (r,), ``loss.…`` (2 seeds, r), validation loss at the end (log C where the
        training diverged or ended above); ``best.…`` (1,) the rate chosen; ``train.…``, ``validation.…`` (seeds,
        epochs), loss curves at it; ``final.…`` (seeds,), the last of the latter; ``early.…`` (seeds,), after the third
        epoch; ``width.…`` (1,), how many of the rates end within a quarter of the best loss.
    """
    train, validation = splits(data)
    chance = math.log(train[1].max() + 1)
    result: dict[str, np.ndarray] = {}
    for name, tried in rates.items():
        curves = np.zeros((2 * seeds, len(tried), epochs))
        training = np.zeros_like(curves)
        for seed in range(2 * seeds):
            for i, rate in enumerate(tried):
                history = fit(network(*train, hidden, seed, OPTIMIZERS[name](rate)), train, validation, epochs)
                curves[seed, i], training[seed, i] = history["val_loss"], history["loss"]
        ends = np.minimum(np.nan_to_num(curves[..., -1], nan=chance), chance)
        mean = ends[:seeds].mean(axis=0)
        best = int(np.argmin(mean))
        result |= {
            f"rates.{name}": np.array(tried, dtype=float),
            f"loss.{name}": ends,
            f"best.{name}": np.array([tried[best]]),
            f"train.{name}": training[seeds:, best],
            f"validation.{name}": curves[seeds:, best],
            f"final.{name}": curves[seeds:, best, -1],
            f"early.{name}": curves[seeds:, best, min(2, epochs - 1)],
            f"width.{name}": np.array([np.sum(mean < 1.25 * mean[best])]),
        }
    return result


def batch_sizes(
    data: Data,
    sizes: Sequence[int] = (8, 32, 128, 512),
    learning_rate: float = 0.03,
    base: int = 32,
    hidden: Sequence[int] = (64,),
    epochs: int = 20,
    seeds: int = 5,
    draws: int = 40,
) -> dict[str, np.ndarray]:
    """Train with batches of several sizes, at one rate and at a rate in proportion to the size (Goyal et al. 2017).

    Returns
    -------
    dict
        ``sizes`` (s,); ``fixed.<size>``, ``scaled.<size>`` (seeds, epochs): training loss; ``fixed_end.<size>``,
        ``scaled_end.<size>`` (seeds,): the last of it; ``noise`` (seeds, s): distance of a batch's gradient from the
        whole training split's, as a part of that, on average at the start; ``slope`` (seeds,): of log noise over log
        size, and ``off`` (seeds,), how far it is from −1/2.
    """
    train, _ = splits(data)
    result: dict[str, np.ndarray] = {"sizes": np.array(sizes)}
    for kind in ("fixed", "scaled"):
        for size in sizes:
            rate = learning_rate * (size / base if kind == "scaled" else 1)
            curves = [
                fit(network(*train, hidden, seed, OPTIMIZERS["momentum"](rate)), train, None, epochs, size)["loss"]
                for seed in range(seeds)
            ]
            result |= {f"{kind}.{size}": np.array(curves), f"{kind}_end.{size}": np.array(curves)[:, -1]}
    noise = np.array([_noise(network(*train, hidden, seed), train, sizes, draws, seed) for seed in range(seeds)])
    slope = [np.polyfit(np.log(sizes), np.log(row), 1)[0] for row in noise]
    return {**result, "noise": noise, "slope": np.array(slope), "off": np.abs(np.array(slope) + 0.5)}


def _noise(model: nn.Sequential, train: Split, sizes: Sequence[int], draws: int, seed: int) -> list[float]:
    """Return, for each size, how far on average a batch's gradient is from the whole gradient, as a part of it."""
    x, y = train
    rng = np.random.default_rng(seed)

    def gradient(rows: np.ndarray) -> np.ndarray:
        model.backward(model.loss.value_and_gradient(y[rows], model.forward(x[rows], training=True))[1])
        return model.grads.copy()

    whole = gradient(np.arange(len(y)))
    return [
        float(np.mean([_norm(gradient(rng.choice(len(y), size)) - whole) for _ in range(draws)]) / _norm(whole))
        for size in sizes
    ]


def finder(
    data: Data,
    low: float = 1e-4,
    high: float = 10.0,
    steps: int = 200,
    rates: Sequence[float] = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
    hidden: Sequence[int] = (64,),
    epochs: int = 10,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Find a learning rate in one short run in which it grows with every step (Smith 2017), and put it to the test.

    The rate found is a third of the one at which the smoothed loss is lowest.

    Returns
    -------
    dict
        ``rate`` (steps,), ``loss`` (seeds, steps), smoothed over about 10 steps, up to four times its first value;
        ``found`` (seeds,); ``rates`` (r,), ``trained`` (seeds, r): validation loss after training at constant rates,
        log C where that diverged; ``at_found`` (seeds,), at the rate found, and ``at_best`` (seeds,), at the best of
        the constant ones.
    """
    train, validation = splits(data)
    x, y = train
    chance = math.log(y.max() + 1)
    growth = nn.schedules.ExponentialDecay(low, steps - 1, high / low)
    losses, found = [], []
    trained, at_found = np.zeros((seeds, len(rates))), np.zeros(seeds)

    def end(rate: float, seed: int) -> float:
        value = fit(network(x, y, hidden, seed, OPTIMIZERS["momentum"](rate)), train, validation, epochs)["val_loss"]
        return min(chance, float(np.nan_to_num(value[-1], nan=chance)))

    for seed in range(seeds):
        model = network(x, y, hidden, seed, OPTIMIZERS["momentum"](growth))
        rng, smooth, curve = np.random.default_rng(seed), 0.0, []
        for step in range(steps):
            rows = rng.choice(len(y), 32)
            with np.errstate(over="ignore", invalid="ignore"):
                value = model.train_on_batch(x[rows], y[rows], return_dict=True)["loss"]
            smooth = 0.9 * smooth + 0.1 * value
            curve.append(smooth / (1 - 0.9 ** (step + 1)))
        limit = 4 * curve[0]
        losses.append(np.minimum(np.nan_to_num(curve, nan=limit, posinf=limit), limit))
        found.append(growth(int(np.argmin(losses[-1]))) / 3)
        trained[seed] = [end(rate, seed) for rate in rates]
        at_found[seed] = end(found[-1], seed)
    best = int(np.argmin(trained.mean(axis=0)))
    return {
        "rate": np.array([growth(step) for step in range(steps)]),
        "loss": np.array(losses),
        "found": np.array(found),
        "rates": np.array(rates),
        "trained": trained,
        "at_found": at_found,
        "at_best": trained[:, best],
    }


def schedules(
    data: Data, peak: float = 0.3, hidden: Sequence[int] = (64,), epochs: int = 20, seeds: int = 5
) -> dict[str, np.ndarray]:
    """Train at a constant rate and along schedules that begin, or peak, at the same one.

    Returns
    -------
    dict
        ``step`` (t,); for each schedule ``rate.…`` (t,), the rate at each step, ``train.…``, ``validation.…`` (seeds,
        epochs) loss, ``decades.…`` (seeds,), the logarithm to base 10 of the last of the former, and ``final.…``
        (seeds,), the last of the latter.
    """
    train, validation = splits(data)
    steps = epochs * -(-len(train[0]) // 32)
    kinds: dict[str, Rate] = {
        "constant": peak,
        "steps": nn.PiecewiseConstantDecay([steps // 2, 3 * steps // 4], [peak, peak / 10, peak / 100]),
        "exponential": nn.schedules.ExponentialDecay(peak, steps, 0.01),
        "cosine": nn.CosineDecay(peak, steps),
        "warm-up and cosine": nn.CosineDecay(0.0, steps - steps // 10, warmup_target=peak, warmup_steps=steps // 10),
        "one cycle": nn.OneCycle(peak, steps),
    }
    result: dict[str, np.ndarray] = {"step": np.arange(steps)}
    for name, rate in kinds.items():
        runs = [
            fit(network(*train, hidden, seed, OPTIMIZERS["momentum"](rate)), train, validation, epochs)
            for seed in range(seeds)
        ]
        at = [rate(step) if callable(rate) else rate for step in range(steps)]
        result |= {
            f"rate.{name}": np.array(at, dtype=float),
            f"train.{name}": np.array([run["loss"] for run in runs]),
            f"validation.{name}": np.array([run["val_loss"] for run in runs]),
            f"decades.{name}": np.log10([run["loss"][-1] for run in runs]),
            f"final.{name}": np.array([run["val_loss"][-1] for run in runs]),
        }
    return result
