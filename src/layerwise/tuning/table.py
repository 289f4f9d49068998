"""What the trials of a sweep came to: read from their folders, written as tables, read again by studies."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.experiments import history
from layerwise.pipeline.files import read_json, write_json, write_text
from layerwise.tuning import trials as folders
from layerwise.tuning.space import Settings, apply
from layerwise.tuning.sweep import Sweep

FIELDS = ("trial", "state", "value", "epochs", "epochs_trained")


@dataclass(frozen=True)
class Trial:
    """One trial as far as it went.

    Attributes
    ----------
    number : int
    settings : dict
        Path → value.
    rung : int
        The last rung that it reached.
    curve : list of float
        The objective after each epoch, mean over its seeds.
    value : float
        The objective of the model that was kept, mean over its seeds; NaN if one of them diverged.
    """

    number: int
    settings: Settings
    rung: int
    curve: list[float]
    value: float

    @property
    def diverged(self) -> bool:
        """Whether a loss was not finite."""
        return not math.isfinite(self.value)


def read(sweep: Sweep, folder: Path, numbers: Iterable[int], rungs: int | None = None) -> list[Trial]:
    """Read trials from their folders, each on the last rung that it reached among the first ``rungs``."""
    found = []
    chosen: dict[int, list[Settings]] = {}
    for number in numbers:
        batch = number // sweep.batch
        if batch not in chosen:
            chosen[batch] = read_json(folders.suggestions_of(folder, batch))
        rung = 0
        for k in range(1, len(sweep.rungs) if rungs is None else rungs):
            if folders.alive(folder, batch, k, [number]):
                rung = k
        here = folders.folder_of(folder, number, rung)
        rows = [history.read(here / f"seed-{seed}" / "history.csv") for seed in range(sweep.seeds)]
        found.append(
            Trial(
                number,
                sweep.settings(chosen[batch], number),
                rung,
                _mean_curve(rows, sweep.objective),
                float(np.mean([_kept(part, sweep) for part in rows])),
            )
        )
    return found


def _kept(rows: Sequence[history.Row], sweep: Sweep) -> float:
    """Return the objective of the model that training kept: the last, or with early stopping the one of least loss."""
    if history.diverged(rows[-1]):
        return math.nan
    best = min(rows, key=lambda row: row["val_loss"]) if "early_stopping" in sweep.experiment else rows[-1]
    return best[sweep.objective]


def _mean_curve(runs: Sequence[Sequence[history.Row]], objective: str) -> list[float]:
    """Return the mean over runs, as long as the shortest."""
    shortest = min(map(len, runs))
    return [float(np.mean([rows[epoch][objective] for rows in runs])) for epoch in range(shortest)]


def losses(sweep: Sweep, values: Sequence[float]) -> np.ndarray:
    """Return values as what a sampler minimises; a diverged trial counts as the worst of the others.

    Of accuracies it is the share of errors.
    """
    found = np.asarray(values, dtype=float)
    found = 1 - found if sweep.sign < 0 else found
    known = found[np.isfinite(found)]
    return np.where(np.isfinite(found), found, known.max() if len(known) else 1.0)


def best(sweep: Sweep, trials: Sequence[Trial]) -> Trial | None:
    """Return the best of the trials that ran to the end, the first of several; None if all diverged."""
    whole = [trial for trial in trials if trial.rung == len(sweep.rungs) - 1 and not trial.diverged]
    return min(whole, key=lambda trial: sweep.sign * trial.value) if whole else None


def collect(sweep: Sweep, folder: Path) -> None:
    """Write the tables of a finished sweep.

    ``trials.csv`` has a row a trial, ``curves.csv`` the objective after each epoch, ``best.json`` the experiment of the
    best trial, ready to be copied, ``sweep.json`` what was asked for. ``provenance.json`` has the CPU seconds of each
    trial, the only thing that differs between two runs.
    """
    found = read(sweep, folder, range(sweep.trials))
    names = [parameter.path for parameter in sweep.space]
    rows: list[list[Any]] = [[*FIELDS, *names]]
    curves: list[list[Any]] = [["trial", "epoch", sweep.objective]]
    seconds = []
    last = len(sweep.rungs) - 1
    for trial in found:
        state = "diverged" if trial.diverged else "complete" if trial.rung == last else "pruned"
        runs = [
            read_json(folders.folder_of(folder, trial.number, rung) / f"seed-{seed}" / "provenance.json")
            for rung in range(trial.rung + 1)
            for seed in range(sweep.seeds)
        ]
        trained = sum(run["epochs"] for run in runs)
        cells = [_cell(trial.settings.get(name, "")) for name in names]
        rows.append([trial.number, state, f"{trial.value:.8g}", len(trial.curve), trained, *cells])
        curves += [[trial.number, epoch + 1, f"{value:.8g}"] for epoch, value in enumerate(trial.curve)]
        seconds.append(round(sum(run["seconds"]["total"]["cpu"] for run in runs), 3))
    chosen = best(sweep, found)
    write_text(folder / "curves.csv", _csv(curves))
    write_json(folder / "sweep.json", json.loads(sweep.text(*sweep.spec)))
    write_json(
        folder / "best.json",
        {
            "trial": chosen and chosen.number,
            "value": chosen and chosen.value,
            "settings": chosen and chosen.settings,
            "experiment": apply(sweep.experiment, chosen.settings) if chosen else None,
        },
    )
    write_json(folder / "provenance.json", {"cpu_seconds": seconds})
    write_text(folder / "trials.csv", _csv(rows))
    if chosen:
        print(f"best of {len(found)} trials: {sweep.objective} {chosen.value:.5g} with {chosen.settings}")


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict | bool) else value


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


@dataclass(frozen=True)
class Table:
    """A finished sweep, as studies read it."""

    folder: Path

    @cached_property
    def sweep(self) -> Sweep:
        """What was asked for."""
        return Sweep(**read_json(self.folder / "sweep.json"))

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """The rows of ``trials.csv``."""
        with open(self.folder / "trials.csv", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @cached_property
    def settings(self) -> list[Settings]:
        """The settings of each trial."""
        names = [parameter.path for parameter in self.sweep.space]
        return [{name: _value(row[name]) for name in names if row[name] != ""} for row in self.rows]

    def column(self, name: str) -> np.ndarray:
        """Return a column of numbers ``(trials,)``."""
        return np.array([float(row[name]) for row in self.rows])

    @cached_property
    def losses(self) -> np.ndarray:
        """What was minimised ``(trials,)``; see :func:`losses`."""
        return losses(self.sweep, self.column("value").tolist())

    @cached_property
    def curves(self) -> np.ndarray:
        """The objective after each epoch ``(trials, epochs)``; NaN beyond the end of a trial."""
        curves = np.full((len(self.rows), self.sweep.rungs[-1]), np.nan)
        with open(self.folder / "curves.csv", encoding="utf-8", newline="") as file:
            for trial, epoch, value in list(csv.reader(file))[1:]:
                curves[int(trial), int(epoch) - 1] = float(value)
        return curves

    @cached_property
    def best(self) -> dict[str, Any]:
        """The content of ``best.json``."""
        return read_json(self.folder / "best.json")

    @cached_property
    def cpu_seconds(self) -> np.ndarray:
        """CPU seconds of each trial ``(trials,)``, as measured."""
        return np.array(read_json(self.folder / "provenance.json")["cpu_seconds"])

    def run(self, trial: int, seed: int = 0) -> Path:
        """Return the run folder of a trial that went to the end."""
        return folders.folder_of(self.folder, trial, len(self.sweep.rungs) - 1) / f"seed-{seed}"


def _value(cell: str) -> Any:
    try:
        return json.loads(cell)
    except json.JSONDecodeError:
        return cell
