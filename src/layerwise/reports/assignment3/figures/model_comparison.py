"""MLP vs softmax regression, NumPy vs Keras."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.evaluation.compare import holm, interval, mcnemar
from layerwise.evaluation.metrics import class_probabilities
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Report


def gaps(report: Report) -> pd.DataFrame:
    """Return the accuracy of each experiment on each split, and the differences between splits in points."""
    rows = []
    for e in report:
        values = {split: [e.metrics["numpy", s]["splits"][split]["accuracy"] for s in e.healthy("numpy")]
                  for split in ("train", "validation", "test")}  # fmt: skip
        mean, half = interval(np.subtract(values["validation"], values["test"]))
        rows.append(
            {
                "experiment": e.title,
                **{name: f"{100 * np.mean(part):.1f}%" for name, part in values.items()},
                "training − test": f"{100 * (np.mean(values['train']) - np.mean(values['test'])):+.1f}",
                "validation − test": f"{100 * mean:+.1f} ± {100 * half:.1f}",
            }
        )
    return pd.DataFrame(rows)


def agreements(report: Report) -> pd.DataFrame:
    """Return McNemar's test on the test examples for each seed of each experiment trained in both backends."""
    rows = []
    for e in report:
        if set(e.backends) < {"numpy", "keras"}:
            continue
        _, y = e.dataset.split("test")
        seeds = sorted(set(e.healthy("numpy")) & set(e.healthy("keras")))
        wrong = {
            backend: [np.flatnonzero(class_probabilities(e.predictions(backend, seed=s)).argmax(axis=1) != y)
                      for s in seeds]
            for backend in ("numpy", "keras")
        }  # fmt: skip
        for seed, ours, theirs, p in zip(seeds, wrong["numpy"], wrong["keras"],
                                         holm([mcnemar(a, b) for a, b in zip(*wrong.values())])):  # fmt: skip
            rows.append(
                {
                    "experiment": e.title,
                    "seed": seed,
                    "only NumPy wrong": len(np.setdiff1d(ours, theirs)),
                    "only Keras wrong": len(np.setdiff1d(theirs, ours)),
                    "both wrong": len(np.intersect1d(ours, theirs)),
                    "p (Holm)": f"{p:.2f}",
                }
            )
    return pd.DataFrame(rows)


def costs(report: Report) -> pd.DataFrame:
    """Return the median training time and memory of the runs, with both backends side by side."""
    rows = []
    for e in report:
        row = {"experiment": e.title, "parameters": f"{e.parameters:,}"}
        for backend in e.backends:
            runs = [run for run in e.provenance if run["backend"] == backend]
            fit = np.median([run["seconds"]["fit"]["cpu"] for run in runs])
            epoch = np.median([run["seconds"]["fit"]["cpu"] / run["epochs"] for run in runs])
            memory = np.median([run["peak_memory_bytes"] for run in runs])
            row |= {
                f"{BACKEND_NAMES[backend]}: CPU ms/epoch": f"{1000 * epoch:,.0f}",
                f"{BACKEND_NAMES[backend]}: CPU s/run": f"{fit:.2f}",
                f"{BACKEND_NAMES[backend]}: MiB": f"{memory / 2**20:,.0f}",
            }
        if len(e.backends) == 2:
            rows.append(row)
    return pd.DataFrame(rows)
