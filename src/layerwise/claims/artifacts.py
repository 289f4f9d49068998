"""What claims are decided on: the measures of runs, and the arrays of studies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.evaluation.compare import estimate, wilson
from layerwise.pipeline.files import read_json, read_npz
from layerwise.suggest import nearest

SHARES = {"accuracy", "precision_macro", "recall_macro", "f1_macro", "roc_auc", "pr_auc", "ece", "r2"}
"""Measures that cannot exceed 1."""

Claim = Mapping[str, Any]


@dataclass(frozen=True)
class Group:
    """One measure of the runs of an experiment in a backend, over seeds; runs that diverged are only counted.

    Attributes
    ----------
    values : list of float
        One a seed.
    spreads : list of (float, float)
        How far another test set may move each value down and up: to the ends of its interval, where there is one.
    mistakes : list of list of int
        Which test examples each run got wrong.
    diverged : int
        Number of runs without a value.
    largest : float
        What the measure cannot exceed.
    """

    values: list[float]
    spreads: list[tuple[float, float]]
    mistakes: list[list[int]]
    diverged: int = 0
    largest: float = math.inf

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return estimate(self.values).mean

    def interval(self) -> tuple[float, float]:
        """Return a 95 % interval of the mean for new seeds and new test examples, the two added in quadrature.

        Of a single run, it is that for new test examples.
        """
        seeds = self.mean - estimate(self.values).interval()[0] if len(self.values) > 1 else 0.0
        down, up = np.mean(self.spreads, axis=0) if self.spreads else (0.0, 0.0)
        return self.mean - math.hypot(seeds, down), min(self.mean + math.hypot(seeds, up), self.largest)


@dataclass(frozen=True)
class Artifacts:
    """What claims are decided on: the ``metrics.json`` of runs, and the arrays of studies by name."""

    runs: Sequence[Mapping[str, Any]]
    studies: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, paths: Sequence[Path]) -> Artifacts:
        """Read ``metrics.json`` and ``.npz`` files."""
        runs = [read_json(path) for path in paths if path.suffix == ".json"]
        return cls(runs, {path.stem: read_npz(path) for path in paths if path.suffix == ".npz"})

    def group(self, name: str, claim: Claim, source: str) -> Group:
        """Return what the claim called ``name`` measures on ``experiment/backend`` or ``studies/study/array``.

        Raises
        ------
        ValueError
            If there is no such run, study, array or measure.
        """
        kind, _, rest = source.partition("/")
        if kind == "studies":
            study, _, key = rest.partition("/")
            arrays = self.studies.get(study, {})
            if key not in arrays:
                raise ValueError(f"claims.{name}: no array '{key}' of study '{study}' was given{nearest(key, arrays)}")
            return Group(arrays[key].astype(float).ravel().tolist(), [], [])
        found = [run for run in self.runs if f"{run['experiment']}/{run['backend']}" == source]
        if not found:
            raise ValueError(f"claims.{name}: no run of '{source}' was given")
        whole = [run["splits"][claim.get("split", "test")] for run in found if run["status"] == "ok"]
        metric = claim.get("metric", "accuracy")
        for measures in whole:
            if not isinstance(measures.get(metric), float):
                measured = [key for key, value in measures.items() if isinstance(value, float)]
                raise ValueError(f"claims.{name}.metric: '{metric}' is not measured{nearest(metric, measured)}")
        return Group(
            [run[metric] for run in whole],
            [spread for run in whole if (spread := _spread(run, metric))],
            [run.get("mistakes", []) for run in whole],
            len(found) - len(whole),
            1.0 if metric in SHARES else math.inf,
        )


def _spread(measures: Mapping[str, Any], metric: str) -> tuple[float, float] | None:
    """Return the distances to the ends of a measure's interval: Wilson's for accuracy, else the bootstrap's.

    The bootstrap of a model without mistakes finds none ever, however few the examples.
    """
    value = measures[metric]
    if metric == "accuracy" and "confusion_matrix" in measures:
        low, high = wilson(value, int(np.sum(measures["confusion_matrix"])))
    elif metric in measures.get("intervals", {}):
        low, high = measures["intervals"][metric]
    else:
        return None
    return value - low, high - value
