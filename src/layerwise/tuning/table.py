"""Results of the trials of a sweep: read from their folders, written as tables, and read by studies."""

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
    """A trial, possibly pruned.

    Attributes
    ----------
    number : int
    settings : dict
        Path → value.
    rung : int
        Index of the last rung that it reached.
    curve : list of float
        Objective after each epoch, mean over the seeds.
    value : float
        Objective of the final model, or of the best one with early stopping, mean over the seeds; NaN if one diverged.
    """

    number: int
    settings: Settings
    rung: int
    curve: list[float]
    value: float

    @property
    def diverged(self) -> bool:
        """Whether the loss of a seed was not finite."""
        return not math.isfinite(self.value)


def read(sweep: Sweep, folder: Path, numbers: Iterable[int], rungs: int | None = None) -> list[Trial]:
    """Read trials from their folders, each at the last of the first ``rungs`` rungs that it reached."""
    trials = []
    suggestions: dict[int, list[Settings]] = {}
    for number in numbers:
        batch = number // sweep.batch
        if batch not in suggestions:
            suggestions[batch] = read_json(folders.suggestions_of(folder, batch))
        rung = 0
        for k in range(1, len(sweep.rungs) if rungs is None else rungs):
            if folders.alive(folder, batch, k, [number]):
                rung = k
        trial_folder = folders.folder_of(folder, number, rung)
        histories = [history.read(trial_folder / f"seed-{seed}" / "history.csv") for seed in range(sweep.seeds)]
        trials.append(
            Trial(
                number,
                sweep.settings(suggestions[batch], number),
                rung,
                _mean_curve(histories, sweep.objective),
                float(np.mean([_final_value(rows, sweep) for rows in histories])),
            )
        )
    return trials


def _final_value(rows: Sequence[history.Row], sweep: Sweep) -> float:
    """Return the objective of the last epoch, or with early stopping of the epoch with the lowest validation loss."""
    if history.diverged(rows[-1]):
        return math.nan
    best = min(rows, key=lambda row: row["val_loss"]) if "early_stopping" in sweep.experiment else rows[-1]
    return best[sweep.objective]


def _mean_curve(runs: Sequence[Sequence[history.Row]], objective: str) -> list[float]:
    """Return the mean over runs, truncated to the shortest."""
    shortest = min(map(len, runs))
    return [float(np.mean([rows[epoch][objective] for rows in runs])) for epoch in range(shortest)]


def losses(sweep: Sweep, values: Sequence[float]) -> np.ndarray:
    """Return the values as losses to minimize; a diverged trial gets the worst loss of the others.

    Accuracies are converted to error rates.
    """
    loss = np.asarray(values, dtype=float)
    loss = 1 - loss if sweep.sign < 0 else loss
    finite = loss[np.isfinite(loss)]
    return np.where(np.isfinite(loss), loss, finite.max() if len(finite) else 1.0)


def best(sweep: Sweep, trials: Sequence[Trial]) -> Trial | None:
    """Return the best complete trial (the first of several), or None if all diverged."""
    complete = [trial for trial in trials if trial.rung == len(sweep.rungs) - 1 and not trial.diverged]
    return min(complete, key=lambda trial: sweep.sign * trial.value) if complete else None


def collect(sweep: Sweep, folder: Path) -> None:
    """Write the tables of a finished sweep.

    ``trials.csv`` has one row per trial, ``curves.csv`` the objective after each epoch, ``best.json`` the specification
    of the best trial, and ``sweep.json`` that of the sweep. ``provenance.json`` has the CPU seconds of each trial, the
    only values that vary between identical sweeps.
    """
    trials = read(sweep, folder, range(sweep.trials))
    names = [parameter.path for parameter in sweep.space]
    rows: list[list[Any]] = [[*FIELDS, *names]]
    curves: list[list[Any]] = [["trial", "epoch", sweep.objective]]
    seconds = []
    last = len(sweep.rungs) - 1
    for trial in trials:
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
    winner = best(sweep, trials)
    write_text(folder / "curves.csv", _csv(curves))
    write_json(folder / "sweep.json", json.loads(sweep.text(*sweep.spec)))
    write_json(
        folder / "best.json",
        {
            "trial": winner and winner.number,
            "value": winner and winner.value,
            "settings": winner and winner.settings,
            "experiment": apply(sweep.experiment, winner.settings) if winner else None,
        },
    )
    write_json(folder / "provenance.json", {"cpu_seconds": seconds})
    write_text(folder / "trials.csv", _csv(rows))
    if winner:
        print(f"best of {len(trials)} trials: {sweep.objective} {winner.value:.5g} with {winner.settings}")


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict | bool) else value


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


@dataclass(frozen=True)
class Table:
    """The tables of a finished sweep, for use in studies."""

    folder: Path

    @cached_property
    def sweep(self) -> Sweep:
        """The sweep."""
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
        """The loss of each trial ``(trials,)``; see :func:`losses`."""
        return losses(self.sweep, self.column("value").tolist())

    @cached_property
    def curves(self) -> np.ndarray:
        """Objective after each epoch ``(trials, epochs)``, NaN after the end of a trial."""
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
        """Measured CPU seconds of each trial ``(trials,)``."""
        return np.array(read_json(self.folder / "provenance.json")["cpu_seconds"])

    def run(self, trial: int, seed: int = 0) -> Path:
        """Return the run folder of a complete trial."""
        return folders.folder_of(self.folder, trial, len(self.sweep.rungs) - 1) / f"seed-{seed}"


def _value(cell: str) -> Any:
    try:
        return json.loads(cell)
    except json.JSONDecodeError:
        return cell
