"""Backward pass of batch normalization."""

from __future__ import annotations

import numpy as np

from layerwise.reporting.artifacts import Study


def _numbers(values: np.ndarray) -> str:
    """Return numbers as a LaTeX list without trailing zeros."""
    return ",\\; ".join(f"{value:.4f}".rstrip("0").rstrip(".").replace("-0", "0" if abs(value) < 5e-5 else "-0")
                        for value in np.atleast_1d(values))  # fmt: skip


def walkthrough(study: Study) -> str:
    """Return a worked example of batch normalization of four numbers, forward and backward, as Markdown."""
    n = {name: _numbers(array) for name, array in study.arrays.items() if not name.startswith("gap")}
    return rf"""One feature, a batch of four: $x = ({n["x"]})$, with $\gamma = {n["gamma"]}$, $\beta = {n["beta"]}$ and
$\epsilon = 0.001$. The gradient that arrives at $y$ is $\partial L/\partial y = ({n["dy"]})$.

**Forward, one node at a time.**

$$\mu = \tfrac1n \textstyle\sum x = {n["mean"]}, \qquad c = x - \mu = ({n["centred"]})$$

$$q = c^2 = ({n["squared"]}), \qquad \sigma^2 = \tfrac1n \textstyle\sum q = {n["variance"]}$$

$$s = \sqrt{{\sigma^2 + \epsilon}} = {n["root"]}, \qquad i = 1/s = {n["inverse"]}$$

$$\hat x = c\,i = ({n["normal"]})$$

$$y = \gamma \hat x + \beta = ({n["y"]})$$

**Backward, one node at a time.**

$$d\beta = \textstyle\sum dy = {n["d_beta"]}, \qquad d\gamma = \sum dy\,\hat x = {n["d_gamma"]}$$

$$d\hat x = \gamma\,dy = ({n["d_normal"]})$$

$$di = \textstyle\sum d\hat x\,c = {n["d_inverse"]}, \qquad ds = -di\,i^2 = {n["d_root"]}, \qquad
d\sigma^2 = \tfrac{{i}}{{2}}\,ds = {n["d_variance"]}$$

$$dq = \tfrac1n\,d\sigma^2 = ({n["d_squared"]})$$

$c$ is used twice, so two gradients add up; then the mean, which all examples share:

$$dc = d\hat x\,i + 2 c\,dq = ({n["d_centred"]})$$

$$d\mu = -\textstyle\sum dc = {n["d_mean"]}$$

$$dx = dc + \tfrac1n\,d\mu = ({n["dx"]})$$

**Closed form.** After substitution, the sums of $c$ vanish:

$$dx = \frac{{\gamma}}{{n \sqrt{{\sigma^2 + \epsilon}}}}
\left( n\,dy - \textstyle\sum dy - \hat x \sum dy\,\hat x \right)$$

$$dx = ({n["closed"]})$$"""
