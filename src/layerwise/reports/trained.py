"""Trained models for the studies: the runs of one experiment in one backend, one per seed."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.pipeline.files import read_json, read_npz, verified


@dataclass(frozen=True)
class Trained:
    """The runs of one experiment in one backend that did not diverge.

    Attributes
    ----------
    folders : tuple of Path
        Run folders, one per seed.
    spec : mapping
        Specification of the experiment.
    dataset : mapping
        Contents of ``dataset.json`` of its dataset.
    """

    folders: tuple[Path, ...]
    spec: Mapping[str, Any]
    dataset: Mapping[str, Any]

    def models(self) -> Iterator[Any]:
        """Load the model of each run, an `nn.Sequential` or a `keras.Sequential`."""
        for folder in self.folders:
            yield self._backend.load(folder)

    def outputs(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs of each run's model for some examples ``(runs, n, width)``, logits if it ends in them."""
        return np.stack([self._backend.predict(model, x) for model in self.models()]).astype(np.float64)

    def predictions(self, split: str = "test") -> np.ndarray:
        """Return the stored predictions of each run, probabilities or values ``(runs, n, …)``.

        Only studies that evaluate models have access to them.
        """
        files = [verified(folder / "predictions.npz", "evaluation.json") for folder in self.folders]
        return np.stack([read_npz(file)[split] for file in files]).astype(np.float64)

    @property
    def _backend(self) -> Any:
        return importlib.import_module(f"layerwise.experiments.{self.folders[0].parent.name}_backend")


def gather(folders: Iterable[Path], descriptions: Iterable[Path]) -> dict[str, Trained]:
    """Group run folders by experiment and backend, as ``experiment/backend`` → runs.

    Parameters
    ----------
    folders : iterable of Path
        Run folders, ``…/<experiment>/<backend>/seed-<n>``.
    descriptions : iterable of Path
        ``dataset.json`` of each dataset of the runs.

    Raises
    ------
    ValueError
        If every run of an experiment diverged.
    """
    datasets = {content["name"]: content for content in map(read_json, descriptions)}
    groups: dict[str, list[Path]] = {}
    for folder in folders:
        groups.setdefault("/".join(folder.parts[-3:-1]), []).append(folder)
    trained = {}
    for name, runs in groups.items():
        provenance = {folder: read_json(folder / "provenance.json") for folder in runs}
        healthy = tuple(folder for folder in runs if provenance[folder]["diverged"] is None)
        if not healthy:
            raise ValueError(f"{name}: all {len(runs)} runs diverged; a study needs at least one that did not")
        first = provenance[healthy[0]]
        trained[name] = Trained(healthy, first["spec"], datasets[first["dataset"]])
    return trained
