"""LeNet-5, VGG and ResNet: layers, parameters and cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from layerwise import nn
from layerwise.experiments import models, numpy_backend
from layerwise.plots import Picture
from layerwise.plots.convolution import costs as draw_costs
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Experiment, Report


def multiply_adds(model: nn.Sequential | nn.Layer) -> int:
    """Count the multiply-adds of the forward pass for one example.

    A dense layer or convolution uses each kernel weight once per output position. Biases, activations, normalization
    and pooling are not counted, as is usual (He et al. 2016).

    Raises
    ------
    ValueError
        If another type of layer has a kernel.
    """
    total = 0
    for layer in model.walk():
        if "kernel" not in layer.params:
            continue
        if not isinstance(layer, (nn.Dense, nn.Conv1D, nn.Conv2D)):
            raise ValueError(f"multiply_adds: layers with a kernel must be Dense, Conv1D or Conv2D, got {layer}")
        positions = math.prod(size or 1 for size in layer.compute_output_shape(layer.input_shape)[1:-1])
        total += layer.params["kernel"].size * positions
    return total


def without_augmentation(experiments: Iterable[Experiment]) -> list[Experiment]:
    """Return the experiments that train layers of `layerwise.nn` from scratch on a full, unaugmented dataset."""
    return [
        e
        for e in experiments
        if "start" not in e.spec
        and all(hasattr(nn, name) and "Random" not in name for name in models.layer_names(e.spec["model"]))
        and not {"keep_classes", "train_size"} & set(e.dataset.info.get("preparation", {}))
    ]


def network(experiment: Experiment) -> nn.Sequential:
    """Build the untrained NumPy model of an experiment, whichever backend trained it."""
    info = experiment.dataset.info
    named_layers = models.layers(experiment.spec, numpy_backend.NAMES, info["classes"], experiment.name)
    return nn.Sequential([nn.Input(tuple(info["shape"])), *(layer for _, layer in named_layers)], seed=0)


def layers(experiments: Sequence[Experiment]) -> pd.DataFrame:
    """Return a table of the networks with their layers, parameters and multiply-adds."""
    rows = []
    for experiment in experiments:
        model = network(experiment)
        with_weights = sum("kernel" in layer.params for layer in model.walk())
        rows.append(
            {
                "network": experiment.title,
                "layers": " → ".join(short(layer) for layer in model.layers if short(layer)),
                "with weights": with_weights,
                "parameters": f"{model.count_params():,}",
                "multiply-adds": f"{multiply_adds(model):,}",
            }
        )
    return pd.DataFrame(rows)


def short(layer: nn.Layer) -> str:
    """Abbreviate a layer: ``C8`` is a convolution with 8 filters, ``D10`` a dense layer of 10 units, ``P`` pooling."""
    if isinstance(layer, nn.Residual):
        branch, shortcut = (" ".join(filter(None, map(short, path))) for path in (layer.branch, layer.shortcut))
        return f"[{branch} + {shortcut or 'x'}]"
    if isinstance(layer, (nn.Conv1D, nn.Conv2D)):
        return f"C{layer.filters}{'/2' if max(layer.strides) == 2 else ''}"
    if isinstance(layer, nn.Dense):
        return f"D{layer.units}"
    return "P" if "Pooling" in type(layer).__name__ else ""


def costs_table(page: Report, experiments: Sequence[Experiment]) -> pd.DataFrame:
    """Return the cost and test accuracy of each network of a report, one row per network and backend.

    ``seconds`` is the median over runs of the CPU seconds per epoch, ``memory`` the largest peak memory of a training
    process in MB.
    """
    measured = page.summary.query("metric == 'accuracy' and split == 'test'").to_dict("records")
    scores = {(row["experiment"], row["backend"]): row for row in measured}
    rows = []
    for experiment in experiments:
        operations = multiply_adds(network(experiment))
        for backend in experiment.backends:
            runs = [run for run in experiment.provenance if run["backend"] == backend]
            score = scores[experiment.name, backend]
            rows.append(
                {
                    "network": experiment.title.partition(", ")[2] or experiment.title,
                    "backend": backend,
                    "mean": score["mean"],
                    "low": score["low"],
                    "high": min(score["high"], 1.0),
                    "parameters": runs[0]["parameters"],
                    "multiply_adds": operations,
                    "seconds": float(np.median([run["seconds"]["fit"]["cpu"] / run["epochs"] for run in runs])),
                    "memory": max(run["peak_memory_bytes"] for run in runs) / 1e6,
                }
            )
    return pd.DataFrame(rows)


def costs(table: pd.DataFrame) -> Picture:
    """Draw a `costs_table`; the title names the most accurate network and the one with the fewest parameters."""
    means = table.groupby("network", sort=False).mean(numeric_only=True).reset_index().to_dict("records")
    best, smallest = max(means, key=lambda row: row["mean"]), min(means, key=lambda row: row["parameters"])
    words = (
        f"{best['network']} is the most accurate, {100 * best['mean']:.1f}% with {best['multiply_adds'] / 1e6:.2g} "
        "million multiply-adds"
    )
    if smallest is not best:
        words += (
            f"; {smallest['network']}, with the fewest parameters ({smallest['parameters']:,.0f}), reaches "
            f"{100 * smallest['mean']:.1f}%"
        )
    return draw_costs(table, words)


def price_list(table: pd.DataFrame) -> pd.DataFrame:
    """Return a `costs_table` with formatted numbers."""
    return pd.DataFrame(
        {
            "network": table["network"],
            "backend": table["backend"].map(BACKEND_NAMES),
            "accuracy": [f"{100 * value:.1f}%" for value in table["mean"]],
            "parameters": [f"{value:,}" for value in table["parameters"]],
            "multiply-adds": [f"{value:,}" for value in table["multiply_adds"]],
            "CPU s/epoch": [f"{value:.2f}" for value in table["seconds"]],
            "peak memory": [f"{value:,.0f} MB" for value in table["memory"]],
        }
    )


def published(experiments: Iterable[Experiment]) -> pd.DataFrame:
    """Return a table of the experiments on published datasets: their size, training, cost and test accuracy."""
    rows = []
    for e in experiments:
        info = e.dataset.info
        for backend in e.backends:
            seconds = [run["seconds"]["fit"]["cpu"] for run in e.provenance if run["backend"] == backend]
            rows.append(
                {
                    "network": e.title,
                    "backend": BACKEND_NAMES[backend],
                    "parameters": f"{e.parameters:,}",
                    "training images": f"{info['counts']['train']:,}",
                    "epochs": int(e.histories["epoch"].max()),
                    "seeds": len(e.seeds),
                    "CPU s/run": f"{np.mean(seconds):,.0f}",
                    "test accuracy": f"{e.mean('accuracy', backend=backend):.2%}",
                }
            )
    return pd.DataFrame(rows)
