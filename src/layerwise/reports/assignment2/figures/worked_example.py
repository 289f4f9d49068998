"""Backpropagation: a worked example."""

from __future__ import annotations

from layerwise.numbers import latex_matrix
from layerwise.reporting.artifacts import Study


def walkthrough(study: Study) -> str:
    """Return a worked example of backpropagation through two hidden units, as Markdown."""
    s = {name: study[name] for name in study.arrays}
    rate, p, loss = float(s["learning_rate"]), float(s["p"]), float(s["loss"])
    return rf"""The example is $x = {latex_matrix(s["x"])}$ with $y = {float(s["y"]):g}$, and the weights are

$$W_1 = {latex_matrix(s["w1"])}, \quad b_1 = {latex_matrix(s["b1"])}, \quad
w_2 = {latex_matrix(s["w2"])}, \quad b_2 = {float(s["b2"]):g}$$

**Forward pass.** The backward pass needs each of these values again, so they are stored.

$$z_1 = x W_1 + b_1 = {latex_matrix(s["z1"])}$$

$$h = \tanh(z_1) = {latex_matrix(s["a"])}$$

$$z_2 = h \cdot w_2 + b_2 = {float(s["z2"]):.4f}, \qquad p = \sigma(z_2) = {p:.4f}, \qquad L = -\log p = {loss:.4f}$$

**Backward pass.** The derivative of the loss with respect to the score is the error:

$$\delta_2 = \frac{{\partial L}}{{\partial z_2}} = p - y = {float(s["delta2"]):.4f}$$

The inputs of the output weights are the hidden units, and the input of the bias is 1:

$$\frac{{\partial L}}{{\partial w_2}} = h\,\delta_2 = {latex_matrix(s["dw2"])}, \qquad
\frac{{\partial L}}{{\partial b_2}} = \delta_2 = {float(s["db2"]):.4f}$$

The error of each hidden unit is the output error times its weight, times the slope of its $\tanh$:

$$\delta_2 w_2 = {latex_matrix(s["back"])}, \qquad 1 - h^2 = {latex_matrix(s["slope"])}$$

$$\delta_1 = \delta_2 w_2 \odot (1 - h^2) = {latex_matrix(s["delta1"])}$$

The inputs of the first layer's weights are the features:

$$\frac{{\partial L}}{{\partial W_1}} = x^\top \delta_1 = {latex_matrix(s["dw1"])}, \qquad
\frac{{\partial L}}{{\partial b_1}} = \delta_1 = {latex_matrix(s["db1"])}$$

**Gradient step.** With $\eta = {rate:g}$, each parameter moves against its gradient, and the loss of this example falls
from {loss:.4f} to {float(s["new_loss"]):.4f}."""
