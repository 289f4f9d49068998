"""Running trials, each in its own run folder that is reused as long as nothing that determines the run changes.

For fast start-up, nothing here imports pandas, Optuna or scikit-learn, and TensorFlow only for Keras trials.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from layerwise.experiments import run
from layerwise.pipeline.files import read_json, write_json
from layerwise.tuning import space
from layerwise.tuning.sweep import Sweep


def folder_of(folder: Path, trial: int, rung: int) -> Path:
    """Return the folder of a trial on a rung, which contains one run folder per seed."""
    return folder / "trials" / f"{trial:04d}" / f"rung-{rung}"


def suggestions_of(folder: Path, batch: int) -> Path:
    """Return the file with the settings of a batch."""
    return folder / "suggestions" / f"{batch}.json"


def survivors_of(folder: Path, batch: int, rung: int) -> Path:
    """Return the file that lists the trials of a batch promoted to a rung, from rung 1."""
    return folder / "rungs" / f"{batch}-{rung}.json"


def alive(folder: Path, batch: int, rung: int, trials: Iterable[int]) -> list[int]:
    """Return the trials that are promoted to a rung; rung 0 has all of them."""
    if not rung:
        return list(trials)
    survivors = set(read_json(survivors_of(folder, batch, rung)))
    return [trial for trial in trials if trial in survivors]


def train(sweep: Sweep, folder: Path, trials: range, rung: int, inputs: run.Inputs, code: str, output: Path) -> None:
    """Train the trials that are promoted to a rung, unless up to date, and write their list to ``output``.

    Whether a trial is up to date is decided as for any run (:func:`layerwise.experiments.run.is_current`), so that
    after a kill only the interrupted run is repeated.

    Raises
    ------
    ValueError
        If a model cannot be built. The message names the trial and its settings.
    """
    batch = trials.start // sweep.batch
    suggestions = read_json(suggestions_of(folder, batch))
    promoted = alive(folder, batch, rung, trials)
    for trial in promoted:
        settings = sweep.settings(suggestions, trial)
        experiment = space.apply(sweep.experiment, settings) | {"epochs": sweep.rungs[rung]}
        job = run.Job(f"{sweep.name}, trial {trial}", experiment, sweep.backend, inputs, code)
        try:
            run.train_seeds(job, range(sweep.seeds), folder_of(folder, trial, rung))
        except ValueError as error:
            raise ValueError(f"{sweep.where}: trial {trial} with {settings}: {error}") from error
    write_json(output, {"trials": promoted, "rung": rung, "code": code})
