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
    """Look at the test split once every search is over: what a search promises, and what its choice then does.

    The trials of the first sweep, drawn at random, are dealt into experiments of each size; each keeps its best trial
    by validation (Bergstra & Bengio 2012, section 3). The best settings of every sweep are trained again with new
    seeds.

    Parameters
    ----------
    sizes : list of int
        Trials an experiment, in powers of two.
    seeds : int
        New trainings of each choice, with the seeds 1, 2, ….

    Returns
    -------
    dict
        ``sizes``; ``validation.<size>`` and ``test.<size>`` (experiments,), the accuracy of the trial that each chose;
        for each sweep ``promised.<sweep>`` (1,), the validation accuracy that made the choice, ``again.<sweep>`` and
        ``tested.<sweep>`` (seeds,), validation and test accuracy when trained anew, ``optimism.<sweep>`` and
        ``gap.<sweep>`` (seeds,), how far the promise lies above them; ``again.base``, ``tested.base`` of the experiment
        that the first sweep changes, as it stands.
    """
    [(_, splits)] = data.items()
    first = next(iter(sweeps.values()))
    validation = np.nan_to_num(first.column("value"))
    test = np.array([_accuracy(numpy_backend.load(first.run(k)), *splits["test"]) for k in range(len(validation))])
    order = np.random.default_rng(0).permutation(len(validation))
    found = {"sizes": np.array(sizes)}
    for size in sizes:
        dealt = order[: len(order) // size * size].reshape(-1, size)
        chosen = dealt[np.arange(len(dealt)), validation[dealt].argmax(axis=1)]
        found |= {f"validation.{size}": validation[chosen], f"test.{size}": test[chosen]}
    choices = {name: table.best["experiment"] for name, table in sweeps.items()} | {"base": first.sweep.experiment}
    for name, spec in choices.items():
        models = [
            _trained(specifications.with_loss_for(spec, "multiclass"), splits, seed) for seed in range(1, seeds + 1)
        ]
        again, tested = (
            np.array([_accuracy(model, *splits[split]) for model in models]) for split in ("validation", "test")
        )
        found |= {f"again.{name}": again, f"tested.{name}": tested}
        if name in sweeps:
            promised = sweeps[name].best["value"]
            found[f"promised.{name}"] = np.array([promised])
            found |= {f"optimism.{name}": promised - again, f"gap.{name}": promised - tested}
    return found


def _trained(spec: Mapping[str, Any], splits: Any, seed: int) -> Any:
    x, y = splits["train"]
    model = numpy_backend.build(spec, x.shape[1:], int(y.max()) + 1, "accuracy", seed, "search")
    numpy_backend.fit(model, spec, splits["train"], splits["validation"])
    return model


def _accuracy(model: Any, x: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean(numpy_backend.predict(model, x).argmax(axis=1) == y))
