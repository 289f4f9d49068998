"""Selection bias (winner's curse) and the number of trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from layerwise.experiments import models as specifications
from layerwise.experiments import numpy_backend
from layerwise.reports.hyperparameter_tuning.shared import Sweeps
from layerwise.reports.inputs import Data


def run(data: Data, sweeps: Sweeps, sizes: list[int], seeds: int = 5) -> dict[str, np.ndarray]:
    """Compare the validation accuracy of the best trial of each search with its accuracy when retrained.

    The trials of the first sweep, a random search, are split into experiments of each size, and each experiment
    selects its best trial by validation accuracy (Bergstra & Bengio 2012, section 3). The best settings of every sweep
    are retrained with new seeds. This is the only study that uses the test split, after all searches have finished.

    Parameters
    ----------
    sizes : list of int
        Numbers of trials per experiment, powers of two.
    seeds : int
        Number of retrainings of each choice, with seeds 1, 2, ….

    Returns
    -------
    dict
        ``sizes``; ``validation.<size>`` and ``test.<size>`` (experiments,), accuracies of the selected trials; for each
        sweep ``promised.<sweep>`` (1,), the validation accuracy of the best trial, ``again.<sweep>`` and
        ``tested.<sweep>`` (seeds,), validation and test accuracy when retrained, ``optimism.<sweep>`` and
        ``gap.<sweep>`` (seeds,), the promised accuracy minus these; ``again.base``, ``tested.base`` and ``gap.base``
        (seeds,), validation and test accuracy and their difference for the base experiment of the first sweep.
    """
    [(_, splits)] = data.items()
    first = next(iter(sweeps.values()))
    validation = np.nan_to_num(first.column("value"))
    test = np.array([_accuracy(numpy_backend.load(first.run(k)), *splits["test"]) for k in range(len(validation))])
    order = np.random.default_rng(0).permutation(len(validation))
    result = {"sizes": np.array(sizes)}
    for size in sizes:
        experiments = order[: len(order) // size * size].reshape(-1, size)
        chosen = experiments[np.arange(len(experiments)), validation[experiments].argmax(axis=1)]
        result |= {f"validation.{size}": validation[chosen], f"test.{size}": test[chosen]}
    choices = {name: table.best["experiment"] for name, table in sweeps.items()} | {"base": first.sweep.experiment}
    for name, spec in choices.items():
        models = [
            _trained(specifications.with_loss_for(spec, "multiclass"), splits, seed) for seed in range(1, seeds + 1)
        ]
        retrained, tested = (
            np.array([_accuracy(model, *splits[split]) for model in models]) for split in ("validation", "test")
        )
        result |= {f"again.{name}": retrained, f"tested.{name}": tested}
        if name in sweeps:
            promised = sweeps[name].best["value"]
            result[f"promised.{name}"] = np.array([promised])
            result |= {f"optimism.{name}": promised - retrained, f"gap.{name}": promised - tested}
        else:
            result["gap.base"] = retrained - tested  # nothing was selected: the splits differ in difficulty
    return result


def _trained(spec: Mapping[str, Any], splits: Any, seed: int) -> Any:
    x, y = splits["train"]
    model = numpy_backend.build(spec, x.shape[1:], int(y.max()) + 1, "accuracy", seed, "search")
    numpy_backend.fit(model, spec, splits["train"], splits["validation"])
    return model


def _accuracy(model: Any, x: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean(numpy_backend.predict(model, x).argmax(axis=1) == y))
