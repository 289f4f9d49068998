"""What the page calls networks."""

from __future__ import annotations

DROPOUT_NETWORKS = {"plain": "plain", "dropout": "dropout", "dropout_max_norm": "dropout and max-norm"}
NORMALIZATIONS = {"plain": "without", "batch": "batch normalization", "layer": "layer normalization"}
