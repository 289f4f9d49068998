"""The training history: metrics per epoch."""

from __future__ import annotations

import csv
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from layerwise.pipeline.files import verified

Row = dict[str, float]


class Recorder(ABC):
    """Callback that records and prints one row per epoch, in either backend.

    Mixed into the backend's ``Callback``, which provides ``self.model``.

    Parameters
    ----------
    epochs : int
        Planned number of epochs, for the progress line.
    """

    @abstractmethod
    def learning_rate(self) -> float:
        """Return the current learning rate of the optimizer."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.epochs = epochs
        self.rows: list[Row] = []

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Record the training and validation loss and metric of an epoch."""
        values = {name: float(value) for name, value in (logs or {}).items()}
        order = sorted(values, key=lambda name: (name.startswith("val_"), "loss" not in name))
        row = {"epoch": epoch + 1, **{name: values[name] for name in order}}
        row["learning_rate"] = self.learning_rate()
        self.rows.append(row)
        print(f"epoch {epoch + 1}/{self.epochs}", *(f"{name} {values[name]:.4f}" for name in order), flush=True)


def diverged(row: Mapping[str, float]) -> bool:
    """Return whether the training or validation loss of an epoch is NaN or infinite."""
    return not all(math.isfinite(row[name]) for name in ("loss", "val_loss") if name in row)


def text(rows: Sequence[Row]) -> str:
    """Return the history as CSV with eight significant digits, writing non-finite values as ``nan``."""
    lines = [",".join(rows[0])]
    lines += [",".join(f"{value:.8g}" if math.isfinite(value) else "nan" for value in row.values()) for row in rows]
    return "\n".join(lines) + "\n"


def read(path: str | Path) -> list[Row]:
    """Read a ``history.csv``.

    Raises
    ------
    ValueError
        If it is empty, a value is not a number, or it differs from its digest in ``provenance.json``.
    """
    with open(verified(path, "provenance.json"), encoding="utf-8", newline="") as file:
        try:
            rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: must be a training history ({error}); delete it and rerun") from None
    if not rows:
        raise ValueError(f"{path}: must have at least one epoch; delete it and rerun")
    return rows


def diverged_at(rows: Sequence[Mapping[str, float]]) -> int | None:
    """Return the epoch in which training diverged, or None if it did not."""
    return int(rows[-1]["epoch"]) if diverged(rows[-1]) else None
