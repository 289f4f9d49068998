"""Receptive fields."""

from __future__ import annotations

import pandas as pd

from layerwise import nn, plots
from layerwise.plots import Picture
from layerwise.reporting.artifacts import Report, Study
from layerwise.reports.assignment4.figures.architectures import multiply_adds, network, short


def table(page: Report, study: Study) -> pd.DataFrame:
    """Return the receptive field of each layer of the networks, by the formula and measured."""
    rows = []
    for name, indices in study.group("layer").items():
        layers = network(page[name]).layers
        for k, index in enumerate(indices):
            rows.append(
                {
                    "network": page[name].title.partition(", ")[2],
                    "layer": short(layers[index]),
                    "receptive field": _square(study[f"field.{name}"][k]),
                    "jump": f"{study[f'jump.{name}'][k]}",
                    "measured": _square(study[f"measured.{name}"][k]),
                }
            )
    return pd.DataFrame(rows)


def draw(page: Report, study: Study, name: str = "mnist5k_vgg") -> Picture:
    """Draw the mean absolute gradient of one central output of each layer with respect to the pixels."""
    layers, fields = network(page[name]).layers, study[f"field.{name}"]
    captions = [f"{short(layers[i])}: {_square(field)}" for i, field in zip(study[f"layer.{name}"], fields)]
    return plots.image_grid(
        study[f"map.{name}"],
        captions,
        columns=3,
        title=f"{page[name].title.partition(', ')[2]}: the receptive field grows from {_square(fields[0])} to "
        f"{_square(fields[-1])} pixels over {len(fields)} layers",
        alt="Mean absolute gradient of a central output with respect to the pixels, dark where large:",
        together=False,
    )


def bottleneck(channels: int = 256, narrow: int = 64, size: int = 14) -> pd.DataFrame:
    """Return the parameters and multiply-adds of a plain residual branch and of a bottleneck (He et al. 2016)."""
    branches = {
        f"plain: 3 × 3, 3 × 3, {channels} filters each": [(channels, 3), (channels, 3)],
        f"bottleneck: 1 × 1 to {narrow}, 3 × 3, 1 × 1 to {channels}": [(narrow, 1), (narrow, 3), (channels, 1)],
    }
    rows = []
    for name, filters in branches.items():
        convolutions = [nn.Conv2D(count, side, padding="same", use_bias=False) for count, side in filters]
        model = nn.Sequential([nn.Input((size, size, channels)), *convolutions], seed=0)
        rows.append((name, model.count_params(), multiply_adds(model)))
    return pd.DataFrame(
        {
            "branch": [name for name, *_ in rows],
            "parameters": [f"{count:,}" for _, count, _ in rows],
            "multiply-adds": [f"{count:,}" for *_, count in rows],
            "relative": [f"{100 * count / rows[0][1]:.1f}%" for _, count, _ in rows],
        }
    )


def _square(side: int) -> str:
    return f"{side} × {side}"
