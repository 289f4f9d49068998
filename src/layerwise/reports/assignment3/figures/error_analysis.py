"""Error analysis: pairs of classes that are confused."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import strips
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Experiment


def confused_pairs(experiment: Experiment, count: int = 6) -> list[Picture]:
    """Draw, for each backend, the most confused pairs of classes: mistakes of each run, both directions summed."""
    names = experiment.dataset.names
    pictures = []
    for backend in experiment.backends:
        seeds = experiment.healthy(backend)
        matrices = np.array([experiment.metrics[backend, s]["splits"]["test"]["confusion_matrix"] for s in seeds])
        both = matrices + matrices.transpose(0, 2, 1)
        rows, columns = np.triu_indices(len(names), 1)
        order = np.argsort(-both[:, rows, columns].sum(axis=0), kind="stable")[:count]
        groups = {f"{names[rows[k]]} and {names[columns[k]]}": both[:, rows[k], columns[k]] for k in order}
        groups = {name: values for name, values in groups.items() if values.any()}
        if not groups:
            continue
        share = sum(values.sum() for values in groups.values()) / both[:, rows, columns].sum()
        pictures.append(
            strips(
                groups,
                "mistakes per run, both directions",
                f"{BACKEND_NAMES[backend]}. {len(groups)} of {len(rows)} pairs of classes account for "
                f"{100 * share:.0f}% of the mistakes; the most confused are {next(iter(groups))}",
            )
        )
    return pictures
