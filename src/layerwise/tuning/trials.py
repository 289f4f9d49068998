"""Running trials: each is a run with folders of its own, kept as long as nothing that decides it changes.

NumPy trials start fast: nothing here imports pandas, Optuna, scikit-learn or, unless asked for, TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from layerwise.experiments import run
from layerwise.pipeline.files import read_json, write_json
from layerwise.tuning import space
from layerwise.tuning.sweep import Sweep


def folder_of(folder: Path, trial: int, rung: int) -> Path:
    """Return the folder of a trial on a rung, with a run folder for each seed."""
    return folder / "trials" / f"{trial:04d}" / f"rung-{rung}"


def suggestions_of(folder: Path, batch: int) -> Path:
    """Return the file of the settings that one batch tries."""
    return folder / "suggestions" / f"{batch}.json"


def survivors_of(folder: Path, batch: int, rung: int) -> Path:
    """Return the file that says which trials of a batch go on to a rung; to the first all do."""
    return folder / "rungs" / f"{batch}-{rung}.json"


def alive(folder: Path, batch: int, rung: int, trials: Iterable[int]) -> list[int]:
    """Return those of the trials that go on to a rung."""
    if not rung:
        return list(trials)
    survivors = set(read_json(survivors_of(folder, batch, rung)))
    return [trial for trial in trials if trial in survivors]


def train(sweep: Sweep, folder: Path, trials: range, rung: int, inputs: run.Inputs, code: str, output: Path) -> None:
    """Train those of the trials that go on to a rung and that are not there yet; then write which they are.

    A trial is kept as any run is (:func:`layerwise.experiments.run.is_current`), so after a kill only the run that was
    being made is made again.

    Raises
    ------
    ValueError
        If settings make a model that cannot be built; it names the trial and its settings.
    """
    batch = trials.start // sweep.batch
    suggestions = read_json(suggestions_of(folder, batch))
    wanted = alive(folder, batch, rung, trials)
    for trial in wanted:
        settings = sweep.settings(suggestions, trial)
        experiment = space.apply(sweep.experiment, settings) | {"epochs": sweep.rungs[rung]}
        job = run.Job(f"{sweep.name}, trial {trial}", experiment, sweep.backend, inputs, code)
        try:
            run.train_seeds(job, range(sweep.seeds), folder_of(folder, trial, rung))
        except ValueError as error:
            raise ValueError(f"{sweep.where}: trial {trial} with {settings}: {error}") from error
    write_json(output, {"trials": wanted, "rung": rung, "code": code})
