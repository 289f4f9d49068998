"""What a sweep is made of: batches of suggestions, parts of trials that one process runs, rungs of a pruned search."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from layerwise.experiments import models
from layerwise.suggest import nearest
from layerwise.tuning import space as spaces
from layerwise.tuning.space import Settings, Space

METHODS = ("grid", "random", "quasi_random", "bayesian", "tpe")
ADAPTIVE = ("bayesian", "tpe")  # each batch is suggested from the results of those before it
OBJECTIVES = ("val_loss", "val_accuracy", "val_mae")
PRUNING = {
    "median": {"at"},
    "successive_halving": {"min_epochs", "reduction"},
    "hyperband": {"min_epochs", "reduction"},
}


@dataclass(frozen=True)
class Sweep:
    """A search: the base experiment, and the entry of ``sweeps:`` that says what is tried.

    Parameters
    ----------
    name : str
    spec : mapping
        The entry; its keys are explained in ``config/README.md``.
    experiment : mapping
        The experiment that it changes.
    """

    name: str
    spec: Mapping[str, Any]
    experiment: Mapping[str, Any]

    @property
    def where(self) -> str:
        """Its key in the configuration."""
        return f"sweeps.{self.name}"

    @cached_property
    def space(self) -> Space:
        """What may be changed."""
        return spaces.read(self.spec.get("space"), f"{self.where}.space")

    @property
    def method(self) -> str:
        """One of `METHODS`."""
        return self.spec["method"]

    @property
    def seed(self) -> int:
        """What draws the suggestions."""
        return self.spec.get("seed", 0)

    @property
    def seeds(self) -> int:
        """Trainings a trial, with the seeds 0, 1, …; its value is their mean."""
        return self.spec.get("seeds", 1)

    @property
    def objective(self) -> str:
        """The validation measure that is minimised, or maximised if it is an accuracy."""
        return self.spec.get("objective", "val_loss")

    @property
    def backend(self) -> str:
        """The backend in which trials are trained."""
        return self.spec.get("backend", "numpy")

    @cached_property
    def trials(self) -> int:
        """Number of trials; of a grid, its points."""
        return len(self.space.grid()) if self.method == "grid" else self.spec["trials"]

    @property
    def batch(self) -> int:
        """Number of suggestions made at once."""
        return self.trials if self.method == "grid" else self.spec.get("batch", 8 if self.method in ADAPTIVE else 256)

    @cached_property
    def rungs(self) -> list[int]:
        """Epochs after which trials are looked at, the last being all of them."""
        epochs, pruning = self.experiment["epochs"], self.spec.get("pruning")
        if not pruning:
            return [epochs]
        looks: Iterable[int] = pruning.get("at", ())
        if pruning["name"] != "median":
            start, factor = pruning.get("min_epochs", 1), pruning.get("reduction", 3)
            looks = (start * factor**k for k in range(epochs.bit_length()))
        return [*(look for look in looks if look < epochs), epochs]

    @cached_property
    def batches(self) -> list[range]:
        """The numbers of the trials of each batch."""
        return _chunks(range(self.trials), self.batch)

    def parts(self, batch: int) -> list[range]:
        """Return the trials of a batch as one process after another runs them, ``trials_per_job`` each."""
        return _chunks(self.batches[batch], self.spec.get("trials_per_job", 1))

    def settings(self, suggestions: list[Settings], trial: int) -> Settings:
        """Return the settings of a trial from the suggestions of its batch."""
        return suggestions[trial % self.batch]

    @property
    def sign(self) -> int:
        """1 if the objective is minimised, -1 if it is maximised."""
        return -1 if self.objective == "val_accuracy" else 1

    def text(self, *keys: str) -> str:
        """Return the sweep as JSON, with the keys of its entry on which a result depends."""
        spec = {key: self.spec[key] for key in keys if key in self.spec}
        experiment = {key: value for key, value in self.experiment.items() if key not in ("title", "seeds", "backends")}
        return json.dumps({"name": self.name, "spec": spec, "experiment": experiment})

    @classmethod
    def parse(cls, text: str) -> Sweep:
        """Undo `text`."""
        return cls(**json.loads(text))


def _chunks(numbers: range, size: int) -> list[range]:
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]


def check(name: str, spec: Mapping[str, Any], experiments: Mapping[str, Any], names: models.Names) -> Sweep:
    """Check a sweep beyond its schema, and return it.

    Parameters
    ----------
    name : str
    spec : mapping
        An entry of ``sweeps:`` that fits the schema.
    experiments : mapping
        What it can be based on.
    names : layerwise.experiments.models.Names
        What a backend offers: the bounds of each parameter must make an experiment that it can build.

    Raises
    ------
    ValueError
        With one sentence: the key, what came and what is accepted.
    """
    where, base = f"sweeps.{name}", spec["experiment"]
    if base not in experiments:
        raise ValueError(f"{where}.experiment: unknown experiment '{base}'{nearest(base, experiments)}")
    sweep = Sweep(name, spec, experiments[base])
    if ("trials" in spec) == (sweep.method == "grid"):
        wanted = "a grid has as many trials as points; leave it out" if "trials" in spec else "the key is missing"
        raise ValueError(f"{where}.trials: {wanted}")
    for parameter in sweep.space:
        if sweep.method == "grid" and parameter.kind != "choice" and parameter.points is None:
            raise ValueError(f"{where}.space.{parameter.path}: a grid needs to know how many points this range has")
    pruning = spec.get("pruning", {})
    for key in pruning:
        accepted = {"name", *PRUNING[pruning["name"]]}
        if key not in accepted:
            raise ValueError(f"{where}.pruning: unknown key '{key}'{nearest(key, accepted)}")
    if pruning.get("name") == "median" and not pruning.get("at"):
        raise ValueError(f"{where}.pruning.at: name the epochs after which trials are compared, such as [3, 6]")
    _check_paths(sweep, names)
    return sweep


def _check_paths(sweep: Sweep, names: models.Names) -> None:
    """Build the experiment at both ends of each range and at each choice, so that a wrong path is known at once."""
    for parameter in sweep.space:
        place = f"{sweep.where}.space.{parameter.path}"
        for value in parameter.values:
            try:
                made = spaces.apply(sweep.experiment, sweep.space.example(parameter.path, value))
            except KeyError as error:
                path, known = error.args[0], list(spaces.paths(sweep.experiment))
                raise ValueError(
                    f"{sweep.where}.space.{path}: matches no parameter of experiment "
                    f"'{sweep.spec['experiment']}'{nearest(path, known)}"
                ) from None
            models.check(made, names, f"{place} = {value}")
