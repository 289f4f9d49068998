"""VGG16 and ResNet50 in Keras."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Experiment, Report


def experiments(page: Report) -> list[Experiment]:
    """Return the experiments with an architecture of ``keras.applications``."""
    return [e for e in page if any(layer["layer"] == "Application" for layer in e.spec["model"])]


def table(experiments: Iterable[Experiment]) -> pd.DataFrame:
    """Return a table of the experiments: their size, training, cost and test accuracy."""
    rows = []
    for e in experiments:
        info = e.dataset.info
        pretrained = next((layer.get("weights") for layer in e.spec["model"] if "weights" in layer), None)
        for backend in e.backends:
            seconds = [run["seconds"]["fit"]["cpu"] for run in e.provenance if run["backend"] == backend]
            rows.append(
                {
                    "network": f"{e.title}, from {pretrained}" if pretrained else e.title,
                    "backend": BACKEND_NAMES[backend],
                    "parameters": f"{e.parameters:,}",
                    "training images": f"{info['counts']['train']:,}",
                    "epochs": int(e.histories["epoch"].max()),
                    "seeds": len(e.seeds),
                    "CPU s/run": f"{np.mean(seconds):,.0f}",
                    "test accuracy": f"{e.mean('accuracy', backend=backend):.2%}",
                    "largest class": f"{max(info['class_balance']['test']) / info['counts']['test']:.0%}",
                }
            )
    return pd.DataFrame(rows)
