"""Forward and backward pass of a layer: a worked example."""

from __future__ import annotations

from layerwise.numbers import latex_matrix
from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment3.figures.labels import ACTIVATIONS


def walkthrough(study: Study) -> str:
    """Return a worked example of a Dense layer with ReLU, forward and backward on two examples, as Markdown."""
    s = {name: latex_matrix(study[name]) for name in ("x", "w", "b", "z", "y", "dy", "dz", "dw", "db", "dx")}
    return rf"""A batch of two examples with three features, and a layer of two units:

$$X = {s["x"]}, \quad W = {s["w"]}, \quad b = {s["b"]}$$

**Forward.**

$$Z = X W + b = {s["z"]}, \qquad Y = \max(0, Z) = {s["y"]}$$

The layer stores $X$ and $Y$. It does not need $Z$, since the slope is 1 where $Y > 0$ and 0 elsewhere, so $Y$
overwrites it.

**Backward.** The next layer provides

$$\frac{{\partial L}}{{\partial Y}} = {s["dy"]}, \qquad
\delta = \frac{{\partial L}}{{\partial Y}} \odot [Y > 0] = {s["dz"]}$$

and the gradients are

$$\frac{{\partial L}}{{\partial W}} = X^\top \delta = {s["dw"]}, \quad
\frac{{\partial L}}{{\partial b}} = {s["db"]}, \quad
\frac{{\partial L}}{{\partial X}} = \delta W^\top = {s["dx"]}$$"""


def softmax(study: Study) -> str:
    """Return a worked example of softmax, cross-entropy and its gradient for one example, as Markdown."""
    s = {name: latex_matrix(study[name]) for name in ("scores", "p", "error", "measured")}
    target = int(study["target"])
    return rf"""With the scores $z = {s["scores"]}$ and true class {target + 1},

$$p = {s["p"]}, \qquad L = -\log p_{target + 1} = {float(study["loss"]):.4f}$$

$$p - y = {s["error"]}$$

and finite differences of $L$ give ${s["measured"]}$."""


def activations(study: Study) -> list[Picture]:
    """Draw ReLU, tanh and sigmoid and their slopes."""
    at = study["at"]
    sigmoid, tanh, relu = study["steepest"]
    return [
        lines(
            {label: (at, study[f"value.{name}"]) for name, label in ACTIVATIONS.items()},
            "z",
            "g(z)",
            "Sigmoid and tanh saturate at both ends, ReLU at one",
            limits=(-1.15, 2.5),
        ),
        lines(
            {label: (at, study[f"slope.{name}"]) for name, label in ACTIVATIONS.items()},
            "z",
            "slope g′(z)",
            f"Largest slopes: sigmoid {sigmoid:g}, tanh {tanh:g}, ReLU {relu:g} wherever it is active",
            legend="upper left",
        ),
    ]
