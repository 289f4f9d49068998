"""LeNet-5, VGG and ResNet: layers, parameters and cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from layerwise import nn
from layerwise.experiments import config, models, numpy_backend
from layerwise.plots import Picture
from layerwise.plots.convolution import costs as draw_costs
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Experiment, Report


def multiply_adds(model: nn.Sequential | nn.Layer) -> int:
    """Count the multiply-adds of one example's forward pass.

    Those of the dense layers and convolutions: each number of a kernel is used once at every place of the output.
    Biases, activations, normalisation and pooling are left out, as is usual (He et al. 2016).

    Raises
    ------
    ValueError
        For another layer that has a kernel.
    """
    total = 0
    for layer in model.walk():
        if "kernel" not in layer.params:
            continue
        if not isinstance(layer, (nn.Dense, nn.Conv1D, nn.Conv2D)):
            raise ValueError(f"multiply_adds: {layer} is not counted; accepted are Dense, Conv1D and Conv2D")
        places = math.prod(size or 1 for size in layer.compute_output_shape(layer.input_shape)[1:-1])
        total += layer.params["kernel"].size * places
    return total


def without_augmentation(experiments: Iterable[Experiment]) -> list[Experiment]:
    """Return the experiments that train layers of `layerwise.nn` from fresh weights, on a whole dataset as it is."""
    return [
        e
        for e in experiments
        if "start" not in e.spec
        and all(hasattr(nn, name) and "Random" not in name for name in config.layer_names(e.spec["model"]))
        and not {"keep_classes", "train_size"} & set(e.dataset.info.get("preparation", {}))
    ]


def network(experiment: Experiment) -> nn.Sequential:
    """Build the model of an experiment in NumPy, untrained, whichever backend trained it."""
    info = experiment.dataset.info
    made = models.layers(experiment.spec, numpy_backend.NAMES, info["classes"], experiment.name)
    return nn.Sequential([nn.Input(tuple(info["shape"])), *(layer for _, layer in made)], seed=0)


def layers(experiments: Sequence[Experiment]) -> pd.DataFrame:
    """Return a table of the networks: their layers with weights, parameters and multiply-adds."""
    rows = []
    for experiment in experiments:
        model = network(experiment)
        deep = sum("kernel" in layer.params for layer in model.walk())
        rows.append(
            {
                "network": experiment.title,
                "layers": " → ".join(_short(layer) for layer in model.layers if _short(layer)),
                "with weights": deep,
                "parameters": f"{model.count_params():,}",
                "multiply-adds": f"{multiply_adds(model):,}",
            }
        )
    return pd.DataFrame(rows)


def _short(layer: nn.Layer) -> str:
    """Write a layer in a word: ``C8`` a convolution of 8 filters, ``D10`` a dense layer, ``P`` a pooling."""
    if isinstance(layer, nn.Residual):
        branch, shortcut = (" ".join(filter(None, map(_short, path))) for path in (layer.branch, layer.shortcut))
        return f"[{branch} + {shortcut or 'x'}]"
    if isinstance(layer, (nn.Conv1D, nn.Conv2D)):
        return f"C{layer.filters}{'/2' if max(layer.strides) == 2 else ''}"
    if isinstance(layer, nn.Dense):
        return f"D{layer.units}"
    return "P" if "Pooling" in type(layer).__name__ else ""


def costs_table(page: Report, experiments: Sequence[Experiment]) -> pd.DataFrame:
    """Return what each network of a report costs in each backend, beside its test accuracy.

    Time is the median over the runs of the CPU seconds of training, divided by the epochs; memory is the largest of
    any of its training processes.
    """
    measured = page.summary.query("metric == 'accuracy' and split == 'test'").to_dict("records")
    scores = {(row["experiment"], row["backend"]): row for row in measured}
    rows = []
    for experiment in experiments:
        work = multiply_adds(network(experiment))
        for backend in experiment.backends:
            told = [run for run in experiment.provenance if run["backend"] == backend]
            score = scores[experiment.name, backend]
            rows.append(
                {
                    "network": experiment.title.partition(", ")[2] or experiment.title,
                    "backend": backend,
                    "mean": score["mean"],
                    "low": score["low"],
                    "high": min(score["high"], 1.0),
                    "parameters": told[0]["parameters"],
                    "multiply_adds": work,
                    "seconds": float(np.median([run["seconds"]["fit"]["cpu"] / run["epochs"] for run in told])),
                    "memory": max(run["peak_memory_bytes"] for run in told) / 1e6,
                }
            )
    return pd.DataFrame(rows)


def costs(table: pd.DataFrame) -> Picture:
    """Draw what `prices` found; the title names the most accurate network and the one with the fewest numbers."""
    means = table.groupby("network", sort=False).mean(numeric_only=True).reset_index().to_dict("records")
    best, smallest = max(means, key=lambda row: row["mean"]), min(means, key=lambda row: row["parameters"])
    words = (
        f"Most accurate is {best['network']}, {100 * best['mean']:.1f} % for {best['multiply_adds'] / 1e6:.2g} million "
        "multiply-adds"
    )
    if smallest is not best:
        words += (
            f"; with the fewest parameters, {smallest['parameters']:,.0f}, {smallest['network']} reaches "
            f"{100 * smallest['mean']:.1f} %"
        )
    return draw_costs(table, words)


def price_list(table: pd.DataFrame) -> pd.DataFrame:
    """Return what `prices` found as a table to read."""
    return pd.DataFrame(
        {
            "network": table["network"],
            "backend": table["backend"].map(BACKEND_NAMES),
            "accuracy": [f"{100 * value:.1f} %" for value in table["mean"]],
            "parameters": [f"{value:,}" for value in table["parameters"]],
            "multiply-adds": [f"{value:,}" for value in table["multiply_adds"]],
            "CPU s/epoch": [f"{value:.2f}" for value in table["seconds"]],
            "peak memory": [f"{value:,.0f} MB" for value in table["memory"]],
        }
    )
