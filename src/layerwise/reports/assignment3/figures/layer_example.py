"""Forward and backward pass of a layer: a worked example."""

from __future__ import annotations

from layerwise.numbers import latex_matrix
from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment3.figures.labels import ACTIVATIONS


def walkthrough(study: Study) -> str:
    """Write a batch of two through a Dense layer with ReLU and back, every number in its place, as Markdown."""
    s = {name: latex_matrix(study[name]) for name in ("x", "w", "b", "z", "y", "dy", "dz", "dw", "db", "dx")}
    return rf"""Two examples of three features, two units:

$$X = {s["x"]}, \quad W = {s["w"]}, \quad b = {s["b"]}$$

**Forward.**

$$Z = X W + b = {s["z"]}, \qquad Y = \max(0, Z) = {s["y"]}$$

The layer keeps $X$ and $Y$. It needs no $Z$: where $Y > 0$ the slope is 1, elsewhere 0, so $Y$ is written over it.

**Backward.** From the layer above comes

$$\frac{{\partial L}}{{\partial Y}} = {s["dy"]}, \qquad
\delta = \frac{{\partial L}}{{\partial Y}} \odot [Y > 0] = {s["dz"]}$$

and the three products are

$$\frac{{\partial L}}{{\partial W}} = X^\top \delta = {s["dw"]}, \quad
\frac{{\partial L}}{{\partial b}} = {s["db"]}, \quad
\frac{{\partial L}}{{\partial X}} = \delta W^\top = {s["dx"]}$$"""


def softmax(study: Study) -> str:
    """Write the scores of one example, their softmax, the loss and its gradient, as Markdown."""
    s = {name: latex_matrix(study[name]) for name in ("scores", "p", "error", "measured")}
    target = int(study["target"])
    return rf"""With the scores $z = {s["scores"]}$ and class {target + 1} true,

$$p = {s["p"]}, \qquad L = -\log p_{target + 1} = {float(study["loss"]):.4f}$$

$$p - y = {s["error"]}$$

and finite differences of $L$ give ${s["measured"]}$."""


def activations(study: Study) -> list[Picture]:
    """Draw ReLU, tanh and sigmoid, and their slopes."""
    at = study["at"]
    sigmoid, tanh, relu = study["steepest"]
    return [
        lines(
            {word: (at, study[f"value.{name}"]) for name, word in ACTIVATIONS.items()},
            "z",
            "g(z)",
            "Sigmoid and tanh level off at both ends, ReLU at one",
            limits=(-1.15, 2.5),
        ),
        lines(
            {word: (at, study[f"slope.{name}"]) for name, word in ACTIVATIONS.items()},
            "z",
            "slope g′(z)",
            f"Steepest slopes: sigmoid {sigmoid:g}, tanh {tanh:g}, ReLU {relu:g} wherever it is on",
            legend="upper left",
        ),
    ]
