"""Gradient-based attribution: saliency maps, integrated gradients, guided backpropagation, Grad-CAM."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise.interpret.probes import at, probe


def saliency(model: Any, x: np.ndarray, target: Any = None, layer: str | None = None) -> np.ndarray:
    """Return the gradient of a score with respect to the input, ``∂ score / ∂ x``.

    Simonyan, Vedaldi & Zisserman 2014, *Deep inside convolutional networks*, eq. 3. They show the largest absolute
    value over the channels; here the signs are kept.

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        A built model, preferably one that ends in logits.
    x : ndarray of shape (n, …)
        Tables, images ``(n, height, width, channels)``, series ``(n, steps, channels)``, words ``(n, steps)``.
    target : int or ndarray of shape (n,), optional
        The class whose score to attribute, one for all examples or one per example; by default the predicted class.
        For a single output, class 1 is the positive side and class 0 the negative side.
    layer : str, optional
        Attribute to the output of this layer instead of the input: for words, the name of the Embedding.

    Returns
    -------
    ndarray
        Attributions of the shape of ``x``, or of the layer's output.

    Raises
    ------
    ValueError
        If there is no such layer or class, if the shapes do not match, or if the input is words and no layer is given.
    """
    tail, x, classes = at(model, x, target, layer)
    return tail.gradient(x, classes)


def gradient_times_input(model: Any, x: np.ndarray, target: Any = None, layer: str | None = None) -> np.ndarray:
    """Return gradient × input, ``x · ∂ score / ∂ x``: the contributions to the score if the model were linear.

    Shrikumar et al. 2016, *Not just a black box*. Parameters, return value and errors as in :func:`saliency`.
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
        As in :func:`saliency`; the predicted class is that of the input without noise.
    noise : float
        Standard deviation of the noise as a fraction of the range of values of each example.
    samples : int
        Number of noisy copies.
    seed : int
        Random seed of the noise.

    Returns
    -------
    ndarray
        Attributions of the shape of ``x``, or of the layer's output.
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
    r"""Return integrated gradients: the mean gradient on the line from a baseline to the input, times their difference.

    .. math:: a = (x - x_0) \odot \int_0^1 \nabla\, \mathrm{score}\bigl(x_0 + t (x - x_0)\bigr)\, dt

    Sundararajan, Taly & Yan 2017, *Axiomatic attribution for deep networks*, eq. 1. The attributions of an example
    sum to the difference in score between input and baseline; :func:`completeness` measures the error.

    Parameters
    ----------
    model, x, target, layer
        As in :func:`saliency`.
    baseline : float or ndarray
        Start of the path, of a shape that broadcasts to ``x`` (or to the layer's output), such as an empty image or the
        vector of the padding word.
    steps : int
        Number of points of the midpoint rule for the integral.

    Returns
    -------
    ndarray
        Attributions of the shape of ``x``, or of the layer's output.
    """
    tail, x, classes = at(model, x, target, layer)
    difference = x - _baseline(baseline, x)
    total = np.zeros_like(x)
    for step in range(steps):
        total += tail.gradient(x - (1 - (step + 0.5) / steps) * difference, classes)
    return difference * total / steps


def completeness(
    model: Any,
    x: np.ndarray,
    attributions: np.ndarray,
    target: Any = None,
    layer: str | None = None,
    baseline: Any = 0.0,
) -> np.ndarray:
    """Return the relative error between the sum of attributions and the difference in score, ``(n,)``.

    Sundararajan, Taly & Yan 2017, axiom *completeness*. Parameters as in :func:`integrated_gradients`.
    """
    tail, x, classes = at(model, x, target, layer)
    start = np.broadcast_to(_baseline(baseline, x), x.shape)
    difference = tail.score(x, classes).astype(float) - tail.score(start, classes)
    return np.abs(attributions.reshape(len(x), -1).sum(axis=1, dtype=float) - difference) / np.abs(difference)


def _baseline(baseline: Any, x: np.ndarray) -> np.ndarray:
    """Return the baseline as an array of the dtype of ``x``; raise ValueError if it does not broadcast to ``x``."""
    array = np.asarray(baseline, dtype=x.dtype)
    try:
        np.broadcast_to(array, x.shape)
    except ValueError:
        raise ValueError(f"baseline must broadcast to the input's shape {x.shape}, got shape {array.shape}") from None
    return array


def guided_backpropagation(model: Any, x: np.ndarray, target: Any = None, layer: str | None = None) -> np.ndarray:
    """Return the gradient of guided backpropagation, in which every ReLU passes back positive gradients only.

    Springenberg et al. 2015, *Striving for simplicity: the all convolutional net*, section 3.4. Parameters, return
    value and errors as in :func:`saliency`.
    """
    return saliency(probe(model).guided(), x, target, layer)


def grad_cam(
    model: Any, x: np.ndarray, target: Any = None, layer: str | None = None, upsample: bool = True
) -> np.ndarray:
    r"""Return the Grad-CAM map of a class, for images and series: feature maps weighted by their mean gradients.

    .. math:: \mathrm{ReLU}\Bigl(\sum_c \alpha_c A_c\Bigr), \qquad
              \alpha_c = \operatorname{mean}_{ij} \frac{\partial\, \mathrm{score}}{\partial A_{cij}}

    Selvaraju et al. 2017, *Grad-CAM*, eqs. 1 and 2. For a model that ends in global average pooling and one Dense layer
    it is the class activation map of Zhou et al. 2016, up to a constant and the ReLU.

    Parameters
    ----------
    model, x, target
        As in :func:`saliency`.
    layer : str, optional
        A layer whose output has positions, ``(n, rows, columns, maps)`` or ``(n, steps, maps)``; by default the last
        convolution.
    upsample : bool
        Whether to upsample the map to the size of the input by linear interpolation.

    Returns
    -------
    ndarray of shape (n, rows, columns) or (n, steps)
        Non-negative attributions.

    Raises
    ------
    ValueError
        If the model has no convolution and no layer is given, or if the layer's output has no positions.
    """
    maps, gradient = _feature_maps("grad_cam", model, x, target, layer)
    weights = gradient.mean(axis=tuple(range(1, maps.ndim - 1)), keepdims=True)
    cam = np.maximum((weights * maps).sum(axis=-1), 0)
    return _upsampled(cam, np.shape(x)[1 : maps.ndim - 1]) if upsample else cam


def hires_cam(
    model: Any, x: np.ndarray, target: Any = None, layer: str | None = None, upsample: bool = True
) -> np.ndarray:
    r"""Return the HiResCAM map of a class: feature maps multiplied by their gradients at each position.

    .. math:: \mathrm{ReLU}\Bigl(\sum_c \frac{\partial\, \mathrm{score}}{\partial A_c} \odot A_c\Bigr)

    Draelos & Carin 2020, *Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks*.
    Grad-CAM averages the gradients first, which loses the position where later layers distinguish positions, such as a
    Dense layer after Flatten. After global average pooling, the two are equal. Parameters, return value and errors as
    in :func:`grad_cam`.
    """
    maps, gradient = _feature_maps("hires_cam", model, x, target, layer)
    cam = np.maximum((gradient * maps).sum(axis=-1), 0)
    return _upsampled(cam, np.shape(x)[1 : maps.ndim - 1]) if upsample else cam


def _feature_maps(
    caller: str, model: Any, x: np.ndarray, target: Any, layer: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the feature maps of a layer, by default the last convolution, and the gradient of the score there."""
    whole = probe(model)
    if layer is None:
        if not whole.convolutions:
            raise ValueError(f"{caller}: layer must be given for model '{whole.model.name}', which has no convolution")
        layer = whole.convolutions[-1]
    tail, maps, classes = at(whole, x, target, layer)
    if maps.ndim < 3:
        raise ValueError(
            f"{caller}: the output of layer '{layer}' must have shape (n, rows, columns, maps) or (n, steps, maps), "
            f"got {maps.shape}"
        )
    return maps, tail.gradient(maps, classes)


def _upsampled(maps: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Resize maps ``(n, …)`` to ``size`` by linear interpolation between the centers of their cells."""
    for axis, length in enumerate(size, start=1):
        cells = maps.shape[axis]
        centers = (np.arange(length) + 0.5) * cells / length - 0.5
        weights = np.stack([np.interp(centers, np.arange(cells), unit) for unit in np.eye(cells)])
        maps = np.moveaxis(np.tensordot(maps, weights.astype(maps.dtype), axes=(axis, 0)), -1, axis)
    return maps
