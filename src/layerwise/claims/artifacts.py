"""The data that claims are decided on: metrics of runs, and arrays of studies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.evaluation.compare import REAL, Estimate, Range, estimate, range_of, wilson
from layerwise.pipeline.files import read_json, read_npz, verified
from layerwise.suggest import nearest

Claim = Mapping[str, Any]


@dataclass(frozen=True)
class Group:
    """A metric of the runs of an experiment in one backend over seeds, excluding diverged runs.

    Attributes
    ----------
    values : list of float
        One value per seed.
    spreads : list of (float, float)
        Distances from each value to the lower and upper end of its interval for the sampling of test examples, if any.
    correct : ndarray, shape (seeds, examples), optional
        Whether each run is right about each test example, or the difference between two runs in this.
    units : tuple, optional
        What the values were measured on, in order: a study, or a dataset and the seeds. The values of two groups with
        the same units come in pairs, because runs of the same seed share their training batches, and arrays of a study
        their random draws. None for the predictions of a study, which share only the test examples with runs.
    diverged : int
        Number of diverged runs, which have no value.
    range : Range
        The values that the metric can take, which no interval leaves.
    """

    values: list[float]
    spreads: list[tuple[float, float]]
    correct: np.ndarray | None = None
    units: tuple[Any, ...] | None = None
    diverged: int = 0
    range: Range = REAL

    @cached_property
    def mean(self) -> float:
        """Mean over the seeds."""
        return self._over_seeds.mean

    def interval(self) -> tuple[float, float]:
        """Return a 95% interval of the mean that adds the variation of seeds and test examples in quadrature.

        It is computed on the scale of the range (delta method). For a single run it covers test examples only.
        """
        scale, center, (down, up) = self._scale(), self._scale().scaled(self.mean), self._half_widths
        return scale.unscaled(center - down), scale.unscaled(center + up)

    def p_above(self, bound: float) -> float:
        """Return the p-value of the hypothesis that the mean is at most ``bound``, by the same interval."""
        return self._p(bound, 1, self._half_widths[0])

    def p_below(self, bound: float) -> float:
        """Return the p-value of the hypothesis that the mean is at least ``bound``, by the same interval."""
        return self._p(bound, -1, self._half_widths[1])

    @cached_property
    def _over_seeds(self) -> Estimate:
        return estimate(self.values)

    def _scale(self) -> Range:
        """Return the range, or the whole line if all values are at an end: then they do not vary."""
        return REAL if self.mean in (self.range.low, self.range.high) else self.range

    @cached_property
    def _half_widths(self) -> tuple[float, float]:
        scale, mean = self._scale(), self.mean
        seeds = (mean - self._over_seeds.interval()[0]) * scale.slope(mean) if len(self.values) > 1 else 0.0
        down, up = np.mean(self.spreads, axis=0) if self.spreads else (0.0, 0.0)
        center = scale.scaled(mean)
        return math.hypot(seeds, center - scale.scaled(mean - down)), math.hypot(
            seeds, scale.scaled(mean + up) - center
        )

    def _p(self, bound: float, sign: int, half_width: float) -> float:
        scale, freedom = self._scale(), len(self.values) - 1 or math.inf
        error = half_width / Estimate(0.0, 1.0, freedom).interval()[1]
        return Estimate(sign * (scale.scaled(self.mean) - scale.scaled(bound)), error, freedom).p_above(0.0)


@dataclass(frozen=True)
class Artifacts:
    """The ``metrics.json`` of runs, and the arrays of studies by name."""

    runs: Sequence[Mapping[str, Any]]
    studies: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, paths: Sequence[Path]) -> Artifacts:
        """Read ``metrics.json`` and ``.npz`` files."""
        runs = [read_json(verified(path, "evaluation.json")) for path in paths if path.suffix == ".json"]
        return cls(runs, {path.stem: read_npz(path) for path in paths if path.suffix == ".npz"})

    def group(self, name: str, claim: Claim, source: str) -> Group:
        """Return the values of a claim's source, ``experiment/backend`` or ``studies/study/array``.

        An array of bools ``(fits, examples)`` of a study holds whether each fit is right about each test example.

        Raises
        ------
        ValueError
            If the run, study, array or metric does not exist.
        """
        kind, _, rest = source.partition("/")
        if kind == "studies":
            study, _, key = rest.partition("/")
            arrays = self.studies.get(study, {})
            if key not in arrays:
                raise ValueError(f"claims.{name}: unknown array '{key}' of study '{study}'{nearest(key, arrays)}")
            array = arrays[key]
            if array.ndim == 2 and (array.dtype == bool or "correct" in key.split(".")):
                limits = Range(0.0, 1.0) if array.dtype == bool else REAL
                return Group(array.mean(axis=1).tolist(), [], array, range=limits)
            values = array.astype(float).ravel().tolist()
            return Group(values, [], units=(study, len(values)), range=Range(*claim.get("range", ())))
        runs = [run for run in self.runs if f"{run['experiment']}/{run['backend']}" == source]
        if not runs:
            raise ValueError(f"claims.{name}: no runs of '{source}' in the artifacts")
        healthy = [run for run in runs if run["status"] == "ok"]
        measured = [run["splits"][claim.get("split", "test")] for run in healthy]
        metric = claim.get("metric", "accuracy")
        for measures in measured:
            if not isinstance(measures.get(metric), float):
                known = [key for key, value in measures.items() if isinstance(value, float)]
                raise ValueError(f"claims.{name}.metric: unknown metric '{metric}'{nearest(metric, known)}")
        return Group(
            [measures[metric] for measures in measured],
            [spread for measures in measured if (spread := _spread(measures, metric))],
            _correct(measured) if metric == "accuracy" else None,
            (runs[0].get("dataset"), *(run["seed"] for run in healthy)),
            len(runs) - len(healthy),
            range_of(metric),
        )


def _correct(measured: Sequence[Mapping[str, Any]]) -> np.ndarray | None:
    """Return whether each run is right about each test example, or None if that was not recorded."""
    if not measured or not all("mistakes" in measures and "confusion_matrix" in measures for measures in measured):
        return None
    correct = np.ones((len(measured), int(np.sum(measured[0]["confusion_matrix"]))), dtype=bool)
    for row, measures in zip(correct, measured):
        row[measures["mistakes"]] = False
    return correct


def _spread(measures: Mapping[str, Any], metric: str) -> tuple[float, float] | None:
    """Return the distances to the ends of a metric's interval: Wilson's for accuracy, else the bootstrap's.

    For a model without mistakes, the bootstrap interval of the accuracy would have zero width.
    """
    value = measures[metric]
    if metric == "accuracy" and "confusion_matrix" in measures:
        low, high = wilson(value, int(np.sum(measures["confusion_matrix"])))
    elif metric in measures.get("intervals", {}):
        low, high = measures["intervals"][metric]
    else:
        return None
    return value - low, high - value
