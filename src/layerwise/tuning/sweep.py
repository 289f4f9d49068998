"""The structure of a sweep: batches of suggestions, groups of trials per process, and the rungs of a pruned search."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from layerwise.experiments import models
from layerwise.suggest import nearest
from layerwise.tuning import space as spaces
from layerwise.tuning.space import Settings, Space

METHODS = ("grid", "random", "quasi_random", "bayesian", "tpe")
ADAPTIVE = ("bayesian", "tpe")  # suggestions depend on the results of earlier batches
PRUNING = {
    "median": {"at"},
    "successive_halving": {"min_epochs", "reduction"},
    "hyperband": {"min_epochs", "reduction"},
}


@dataclass(frozen=True)
class Sweep:
    """A hyperparameter search, defined by an entry of ``sweeps:`` and a base experiment.

    Parameters
    ----------
    name : str
    spec : mapping
        The entry; its keys are documented in ``config/README.md``.
    experiment : mapping
        Specification of the base experiment.
    """

    name: str
    spec: Mapping[str, Any]
    experiment: Mapping[str, Any]

    @property
    def where(self) -> str:
        """Key of the sweep in the configuration."""
        return f"sweeps.{self.name}"

    @cached_property
    def space(self) -> Space:
        """The search space."""
        return spaces.read(self.spec.get("space"), f"{self.where}.space")

    @property
    def method(self) -> str:
        """The search method, one of `METHODS`."""
        return self.spec["method"]

    @property
    def seed(self) -> int:
        """Random seed of the suggestions."""
        return self.spec.get("seed", 0)

    @property
    def seeds(self) -> int:
        """Number of runs per trial, with the seeds 0, 1, …; the value of a trial is their mean."""
        return self.spec.get("seeds", 1)

    @property
    def objective(self) -> str:
        """The validation metric to minimize, or to maximize if it is an accuracy."""
        return self.spec.get("objective", "val_loss")

    @property
    def backend(self) -> str:
        """The backend in which trials are trained."""
        return self.spec.get("backend", "numpy")

    @cached_property
    def trials(self) -> int:
        """Number of trials; for a grid, the number of its points."""
        return len(self.space.grid()) if self.method == "grid" else self.spec["trials"]

    @property
    def batch(self) -> int:
        """Number of suggestions made at once."""
        return self.trials if self.method == "grid" else self.spec.get("batch", 8 if self.method in ADAPTIVE else 256)

    @cached_property
    def rungs(self) -> list[int]:
        """Numbers of epochs after which trials are compared and pruned, ending with the full number of epochs."""
        epochs, pruning = self.experiment["epochs"], self.spec.get("pruning")
        if not pruning:
            return [epochs]
        rungs: Iterable[int] = pruning.get("at", ())
        if pruning["name"] != "median":
            start, factor = pruning.get("min_epochs", 1), pruning.get("reduction", 3)
            rungs = (start * factor**k for k in range(epochs.bit_length()))
        return [*(rung for rung in rungs if rung < epochs), epochs]

    @cached_property
    def batches(self) -> list[range]:
        """Indices of the trials of each batch."""
        return _chunks(range(self.trials), self.batch)

    def parts(self, batch: int) -> list[range]:
        """Return the trials of a batch in groups of ``trials_per_job``, each run by one process."""
        return _chunks(self.batches[batch], self.spec.get("trials_per_job", 1))

    def settings(self, suggestions: list[Settings], trial: int) -> Settings:
        """Return the settings of a trial from the suggestions of its batch."""
        return suggestions[trial % self.batch]

    @property
    def sign(self) -> int:
        """1 if the objective is minimized, -1 if it is maximized."""
        return -1 if self.objective == "val_accuracy" else 1

    def text(self, *keys: str) -> str:
        """Return the sweep as JSON with only the given keys of its entry."""
        spec = {key: self.spec[key] for key in keys if key in self.spec}
        experiment = {key: value for key, value in self.experiment.items() if key not in ("title", "seeds", "backends")}
        return json.dumps({"name": self.name, "spec": spec, "experiment": experiment})

    @classmethod
    def parse(cls, text: str) -> Sweep:
        """Return the sweep described by the JSON of `text`."""
        return cls(**json.loads(text))


def _chunks(numbers: range, size: int) -> list[range]:
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]


def check(name: str, spec: Mapping[str, Any], experiments: Mapping[str, Any], names: models.Names) -> Sweep:
    """Check what the schema cannot express, and return the sweep.

    Parameters
    ----------
    name : str
    spec : mapping
        An entry of ``sweeps:`` that is valid under the schema.
    experiments : mapping
        All experiments by name.
    names : layerwise.experiments.models.Names
        Classes of a backend, with which the experiment must build for the bounds and choices of each parameter.

    Raises
    ------
    ValueError
        If the sweep is invalid. The message names the key and the value.
    """
    where, base = f"sweeps.{name}", spec["experiment"]
    if base not in experiments:
        raise ValueError(f"{where}.experiment: unknown experiment '{base}'{nearest(base, experiments)}")
    sweep = Sweep(name, spec, experiments[base])
    if ("trials" in spec) == (sweep.method == "grid"):
        reason = "must not be set for a grid, whose points are the trials" if "trials" in spec else "the key is missing"
        raise ValueError(f"{where}.trials: {reason}")
    for parameter in sweep.space:
        if sweep.method == "grid" and parameter.kind != "choice" and parameter.points is None:
            raise ValueError(f"{where}.space.{parameter.path}: a range in a grid must have the key 'points'")
    points = math.prod(parameter.points or len(parameter.values) for parameter in sweep.space)
    if sweep.method == "grid" and points > spaces.MOST:
        raise ValueError(f"{where}.space: a grid must have at most {spaces.MOST:,} points, got {points:,}")
    pruning = spec.get("pruning", {})
    for key in pruning:
        accepted = {"name", *PRUNING[pruning["name"]]}
        if key not in accepted:
            raise ValueError(f"{where}.pruning: unknown key '{key}'{nearest(key, accepted)}")
    if pruning.get("name") == "median" and not pruning.get("at"):
        raise ValueError(f"{where}.pruning.at: must list the epochs after which trials are compared, such as [3, 6]")
    _check_paths(sweep, names)
    return sweep


def _check_paths(sweep: Sweep, names: models.Names) -> None:
    """Build the experiment at both bounds of each range and with each choice, so that invalid paths are detected."""
    for parameter in sweep.space:
        place = f"{sweep.where}.space.{parameter.path}"
        for value in parameter.values:
            try:
                experiment = spaces.apply(sweep.experiment, sweep.space.example(parameter.path, value))
            except KeyError as error:
                path, known = error.args[0], list(spaces.paths(sweep.experiment))
                raise ValueError(
                    f"{sweep.where}.space.{path}: unknown parameter of experiment "
                    f"'{sweep.spec['experiment']}'{nearest(path, known)}"
                ) from None
            models.check(experiment, names, f"{place} = {value}")
