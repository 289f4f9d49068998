"""Learning-rate range test."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports.assignment3.shared import network
from layerwise.reports.inputs import Data, only
from layerwise.reports.training_kit import OPTIMIZERS, fit


def run(
    data: Data,
    low: float = 1e-4,
    high: float = 10.0,
    steps: int = 200,
    rates: Sequence[float] = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
    hidden: Sequence[int] = (64,),
    epochs: int = 10,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Choose a learning rate with a range test (Smith 2017), and compare it with a search over constant rates.

    The rate increases with every step of one short run; the chosen rate is a third of the one at which the smoothed
    loss is lowest.

    Returns
    -------
    dict
        ``rate`` (steps,); ``loss`` (seeds, steps), smoothed over about 10 steps and capped at four times its first
        value; ``found`` (seeds,), the chosen rates; ``rates`` (r,); ``trained`` (seeds, r), the validation loss after
        training at constant rates, capped at log C, which also stands for divergence; ``at_found`` (seeds,), the
        validation loss at the chosen rate, and ``at_best`` (seeds,), at the best constant rate.
    """
    splits = only(data, np.float32)
    train, validation = splits["train"], splits["validation"]
    x, y = train
    chance = math.log(y.max() + 1)
    growth = nn.schedules.ExponentialDecay(low, steps - 1, high / low)
    losses, chosen = [], []
    trained, at_chosen = np.zeros((seeds, len(rates))), np.zeros(seeds)

    def final_loss(rate: float, seed: int) -> float:
        model = network(x, y, hidden, seed, OPTIMIZERS["momentum"](rate))
        history = fit(model, train, epochs, validation=validation)
        return min(chance, float(np.nan_to_num(history["val_loss"][-1], nan=chance)))

    for seed in range(seeds):
        model = network(x, y, hidden, seed, OPTIMIZERS["momentum"](growth))
        rng, average, curve = np.random.default_rng(seed), 0.0, []
        for step in range(steps):
            rows = rng.choice(len(y), 32)
            with np.errstate(over="ignore", invalid="ignore"):
                value = model.train_on_batch(x[rows], y[rows], return_dict=True)["loss"]
            average = 0.9 * average + 0.1 * value
            curve.append(average / (1 - 0.9 ** (step + 1)))
        limit = 4 * curve[0]
        losses.append(np.minimum(np.nan_to_num(curve, nan=limit, posinf=limit), limit))
        chosen.append(growth(int(np.argmin(losses[-1]))) / 3)
        trained[seed] = [final_loss(rate, seed) for rate in rates]
        at_chosen[seed] = final_loss(chosen[-1], seed)
    best = int(np.argmin(trained.mean(axis=0)))
    return {
        "rate": np.array([growth(step) for step in range(steps)]),
        "loss": np.array(losses),
        "found": np.array(chosen),
        "rates": np.array(rates),
        "trained": trained,
        "at_found": at_chosen,
        "at_best": trained[:, best],
    }
