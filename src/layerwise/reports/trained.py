"""Trained models as studies meet them: the runs of one experiment in one backend, one a seed."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.pipeline.files import read_json, read_npz


@dataclass(frozen=True)
class Trained:
    """The runs of an experiment in a backend that did not diverge.

    Attributes
    ----------
    folders : tuple of Path
        Run folders, one a seed.
    spec : mapping
        The experiment.
    dataset : mapping
        ``dataset.json`` of what it was trained on.
    """

    folders: tuple[Path, ...]
    spec: Mapping[str, Any]
    dataset: Mapping[str, Any]

    def models(self) -> Iterator[Any]:
        """Load the model of each run, an `nn.Sequential` or a `keras.Sequential`."""
        for folder in self.folders:
            yield self._backend.load(folder)

    def outputs(self, x: np.ndarray) -> np.ndarray:
        """Return what the model of each run says of examples, logits if it ends in them ``(runs, n, width)``."""
        return np.stack([self._backend.predict(model, x) for model in self.models()]).astype(np.float64)

    def predictions(self, split: str = "test") -> np.ndarray:
        """Return what evaluation stored of each run, probabilities or values ``(runs, n, …)``.

        There for studies that evaluate.
        """
        return np.stack([read_npz(folder / "predictions.npz")[split] for folder in self.folders]).astype(np.float64)

    @property
    def _backend(self) -> Any:
        return importlib.import_module(f"layerwise.experiments.{self.folders[0].parent.name}_backend")


def gather(folders: Iterable[Path], descriptions: Iterable[Path]) -> dict[str, Trained]:
    """Return ``experiment/backend`` → its runs.

    Parameters
    ----------
    folders : iterable of Path
        Run folders, ``…/<experiment>/<backend>/seed-<n>``.
    descriptions : iterable of Path
        ``dataset.json`` of each dataset they were trained on.

    Raises
    ------
    ValueError
        If every run of an experiment diverged.
    """
    datasets = {content["name"]: content for content in map(read_json, descriptions)}
    found: dict[str, list[Path]] = {}
    for folder in folders:
        found.setdefault("/".join(folder.parts[-3:-1]), []).append(folder)
    trained = {}
    for name, own in found.items():
        told = {folder: read_json(folder / "provenance.json") for folder in own}
        whole = tuple(folder for folder in own if told[folder]["diverged"] is None)
        if not whole:
            raise ValueError(f"{name}: all {len(own)} runs diverged; a study needs one that did not")
        first = told[whole[0]]
        trained[name] = Trained(whole, first["spec"], datasets[first["dataset"]])
    return trained
