"""Attribution by gradients: which parts of an input a score is sensitive to, and what each contributed."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise.interpret.probes import at, probe


def saliency(model: Any, x: np.ndarray, target: Any = None, layer: str | None = None) -> np.ndarray:
    """Return the gradient of a score with respect to the input, ``∂ score / ∂ x``.

    Simonyan, Vedaldi & Zisserman 2014, *Deep inside convolutional networks*, eq. 3. They draw its largest absolute
    value over the channels; the signs are kept here.

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        A built model, best one that ends in logits.
    x : ndarray of shape (n, …)
        Tables, images ``(n, height, width, channels)``, series ``(n, steps, channels)``, words ``(n, steps)``.
    target : int or ndarray of shape (n,), optional
        The class whose score it is, one for all or one each; by default the class that wins. Of a single output,
        1 is its positive side and 0 its negative side.
    layer : str, optional
        Attribute to the output of this layer instead of the input: for words, the name of the Embedding.

    Returns
    -------
    ndarray
        Of the shape of ``x``, or of the layer's output.

    Raises
    ------
    ValueError
        If there is no such layer or class, the shapes do not fit, or the input is words and no layer is given.
    """
    tail, x, classes = at(model, x, target, layer)
    return tail.gradient(x, classes)


def gradient_times_input(model: Any, x: np.ndarray, target: Any = None, layer: str | None = None) -> np.ndarray:
    """Return ``x · ∂ score / ∂ x``: the contributions to the score if the model were linear.

    Shrikumar et al. 2016, *Not just a black box*. Parameters, return value and errors as of :func:`saliency`.
    """
    tail, x, classes = at(model, x, target, layer)
    return x * tail.gradient(x, classes)


def smooth_gradient(
    model: Any,
    x: np.ndarray,
    target: Any = None,
    layer: str | None = None,
    noise: float = 0.15,
    samples: int = 25,
    seed: int = 0,
) -> np.ndarray:
    """Return the mean gradient over noisy copies of the input (SmoothGrad).

    Smilkov et al. 2017, *SmoothGrad: removing noise by adding noise*, eq. 2.

    Parameters
    ----------
    model, x, target, layer
        As of :func:`saliency`; the class that wins is that of the input without noise.
    noise : float
        Standard deviation of the noise as a share of the input's range, each example's own.
    samples : int
        Noisy copies.
    seed : int
        Draws the noise.

    Returns
    -------
    ndarray
        Of the shape of ``x``, or of the layer's output.
    """
    tail, x, classes = at(model, x, target, layer)
    rng = np.random.default_rng(seed)
    axes = tuple(range(1, x.ndim))
    spread = (noise * np.ptp(x, axis=axes, keepdims=True)).astype(x.dtype)
    total = np.zeros_like(x)
    for _ in range(samples):
        total += tail.gradient(x + spread * rng.standard_normal(x.shape, dtype=np.float32), classes)
    return total / samples


def integrated_gradients(
    model: Any,
    x: np.ndarray,
    target: Any = None,
    layer: str | None = None,
    baseline: Any = 0.0,
    steps: int = 64,
) -> np.ndarray:
    r"""Return the gradient integrated on the straight way from a baseline to the input, times that way.

    .. math:: a = (x - x_0) \odot \int_0^1 \nabla\, \mathrm{score}\bigl(x_0 + t (x - x_0)\bigr)\, dt

    Sundararajan, Taly & Yan 2017, *Axiomatic attribution for deep networks*, eq. 1. The attributions of an example
    sum to the difference in score between input and baseline, which :func:`completeness` measures.

    Parameters
    ----------
    model, x, target, layer
        As of :func:`saliency`.
    baseline : float or ndarray
        Where the way begins, of a shape that broadcasts to ``x`` (or to the layer's output): an image of no ink, the
        vector of the padding word.
    steps : int
        Points at which the integral is taken, by the midpoint rule.

    Returns
    -------
    ndarray
        Of the shape of ``x``, or of the layer's output.
    """
    tail, x, classes = at(model, x, target, layer)
    way = x - _start(baseline, x)
    total = np.zeros_like(x)
    for step in range(steps):
        total += tail.gradient(x - (1 - (step + 0.5) / steps) * way, classes)
    return way * total / steps


def completeness(
    model: Any,
    x: np.ndarray,
    attributions: np.ndarray,
    target: Any = None,
    layer: str | None = None,
    baseline: Any = 0.0,
) -> np.ndarray:
    """Return how far attributions are from summing to the difference in score, as a share of that difference, ``(n,)``.

    Sundararajan, Taly & Yan 2017, axiom *completeness*. Parameters as of :func:`integrated_gradients`.
    """
    tail, x, classes = at(model, x, target, layer)
    start = np.broadcast_to(_start(baseline, x), x.shape)
    difference = tail.score(x, classes).astype(float) - tail.score(start, classes)
    return np.abs(attributions.reshape(len(x), -1).sum(axis=1, dtype=float) - difference) / np.abs(difference)


def _start(baseline: Any, x: np.ndarray) -> np.ndarray:
    """Return the baseline in the type of ``x``, or say that it does not fit."""
    start = np.asarray(baseline, dtype=x.dtype)
    try:
        np.broadcast_to(start, x.shape)
    except ValueError:
        raise ValueError(f"baseline: shape {start.shape} does not broadcast to the input's {x.shape}") from None
    return start


def guided_backpropagation(model: Any, x: np.ndarray, target: Any = None, layer: str | None = None) -> np.ndarray:
    """Return the gradient that is left when every ReLU on the way back passes positive gradients only.

    Springenberg et al. 2015, *Striving for simplicity: the all convolutional net*, section 3.4. Parameters, return
    value and errors as of :func:`saliency`.
    """
    return saliency(probe(model).guided(), x, target, layer)


def grad_cam(
    model: Any, x: np.ndarray, target: Any = None, layer: str | None = None, upsample: bool = True
) -> np.ndarray:
    r"""Return where a layer's feature maps speak for a class: Grad-CAM, for images and for series.

    .. math:: \mathrm{ReLU}\Bigl(\sum_c \alpha_c A_c\Bigr), \qquad
              \alpha_c = \operatorname{mean}_{ij} \frac{\partial\, \mathrm{score}}{\partial A_{cij}}

    Selvaraju et al. 2017, *Grad-CAM*, eqs. 1 and 2. After a global average pooling and one Dense layer it is the class
    activation map of Zhou et al. 2016, up to a constant.

    Parameters
    ----------
    model, x, target
        As of :func:`saliency`.
    layer : str, optional
        A layer whose output has positions, ``(n, rows, columns, maps)`` or ``(n, steps, maps)``; by default the last
        convolution.
    upsample : bool
        Whether to stretch the map to the input's size, between its cells linearly.

    Returns
    -------
    ndarray of shape (n, rows, columns) or (n, steps)
        Never negative.

    Raises
    ------
    ValueError
        If the model has no convolution and no layer is named, or the layer's output has no positions.
    """
    whole = probe(model)
    if layer is None:
        if not whole.convolutions:
            raise ValueError(f"grad_cam: model '{whole.model.name}' has no convolution; name a layer with positions")
        layer = whole.convolutions[-1]
    tail, maps, classes = at(whole, x, target, layer)
    if maps.ndim < 3:
        raise ValueError(
            f"grad_cam: the output of layer '{layer}' has shape {maps.shape} and no positions; accepted are "
            "(n, rows, columns, maps) and (n, steps, maps)"
        )
    positions = tuple(range(1, maps.ndim - 1))
    weights = tail.gradient(maps, classes).mean(axis=positions, keepdims=True)
    found = np.maximum((weights * maps).sum(axis=-1), 0)
    return _stretched(found, np.shape(x)[1 : maps.ndim - 1]) if upsample else found


def _stretched(maps: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Stretch maps ``(n, …)`` to ``size``, linearly between the centres of their cells."""
    for axis, wanted in enumerate(size, start=1):
        cells = maps.shape[axis]
        centres = (np.arange(wanted) + 0.5) * cells / wanted - 0.5
        rows = np.stack([np.interp(centres, np.arange(cells), unit) for unit in np.eye(cells)])
        maps = np.moveaxis(np.tensordot(maps, rows.astype(maps.dtype), axes=(axis, 0)), -1, axis)
    return maps
