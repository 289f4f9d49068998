"""Types shared by several studies of hyperparameter searches."""

from __future__ import annotations

from collections.abc import Mapping

from layerwise.tuning.table import Table

Sweeps = Mapping[str, Table]
