"""Display names of networks and normalizations."""

from __future__ import annotations

DROPOUT_NETWORKS = {"plain": "plain", "dropout": "dropout", "dropout_max_norm": "dropout and max-norm"}
NORMALIZATIONS = {
    "plain": "no normalization",
    "batch": "batch normalization",
    "layer": "layer normalization",
    "group": "group normalization",
}
