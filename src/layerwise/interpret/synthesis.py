"""Inputs made for a model: what excites it most, and what fools it."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise.interpret.probes import Probe, probe


def maximise_activation(
    model: Any,
    target: Any,
    layer: str | None = None,
    steps: int = 200,
    rate: float = 0.1,
    decay: float = 0.1,
    blur: float = 1.0,
    shift: int = 1,
    seed: int = 0,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> np.ndarray:
    r"""Return inputs that excite a class, or a unit of a layer, by gradient ascent on a regularised score.

    .. math:: \max_x\; \mathrm{score}(x) - \lambda \lVert x \rVert^2

    Simonyan, Vedaldi & Zisserman 2014, eq. 1; Yosinski et al. 2015, *Understanding neural networks through deep
    visualization*, section 3, for the blur.

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        A built model of images or series.
    target : int or sequence of int
        Classes, or units of ``layer`` (the feature maps of a convolution, their mean over positions). One input each.
    layer : str, optional
        The layer whose units are meant.
    steps : int
        Steps of ascent, along the gradient made of length one.
    rate : float
        Length of a step, as the root of its mean square over the input.
    decay : float
        Share that each step takes off ``x``: the penalty λ.
    blur : float
        Standard deviation in pixels of the Gaussian that smooths ``x`` every fourth step; 0 for none.
    shift : int
        Before each step ``x`` is moved by up to so many pixels, and back after it, so that no single pixel counts.
    seed : int
        Draws the start, faint noise above zero, and the shifts.
    bounds : (float, float)
        Smallest and largest value of an input.

    Returns
    -------
    ndarray of shape (targets, \*input)
        One input a target.
    """
    from scipy.ndimage import gaussian_filter  # late: importing it takes as long as all the rest of this package

    whole = probe(model)
    head = whole if layer is None else whole.split(layer)[0]
    classes = np.atleast_1d(target)
    rng = np.random.default_rng(seed)
    low, high = bounds
    x = np.clip(0.1 * (high - low) * rng.random((len(classes), *_sizes(head)), dtype=np.float32), low, high)
    axes = tuple(range(1, x.ndim - 1))
    for step in range(steps):
        by = rng.integers(-shift, shift + 1, len(axes))
        gradient = np.roll(head.gradient(np.roll(x, by, axes), classes), -by, axes)
        length = np.sqrt(np.mean(gradient**2, axis=(*axes, -1), keepdims=True))
        x = (1 - decay) * x + rate * gradient / np.maximum(length, 1e-12)
        if blur and step % 4 == 3:
            x = gaussian_filter(x, (0, *[blur] * len(axes), 0))
        x = np.clip(x, low, high)
    return x


def fool(
    model: Any,
    x: np.ndarray,
    target: Any,
    sure: float = 0.99,
    rate: float = 0.1,
    steps: int = 300,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> np.ndarray:
    """Change inputs, by small steps of gradient ascent, until the model is sure of another class.

    From noise this gives pictures of nothing of which a model is sure (Nguyen, Yosinski & Clune 2015, *Deep neural
    networks are easily fooled*); from an image, one that looks the same (Szegedy et al. 2014, *Intriguing properties of
    neural networks*).

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        A classifier that ends in logits.
    x : ndarray
        Where to start.
    target : int or ndarray of shape (n,)
        The class to be taken for.
    sure : float
        Stop for an example as soon as the probability of its target is so high.
    rate : float
        Euclidean length of a step.
    steps : int
        At most so many.
    bounds : (float, float)
        Smallest and largest value of an input.

    Returns
    -------
    ndarray of the shape of x
        The changed inputs.
    """
    whole = probe(model)
    x = whole.checked(x).copy()
    classes = whole.targets(x, target)
    axes = tuple(range(1, x.ndim))
    for _ in range(steps):
        going = np.flatnonzero(whole.confidence(x, classes) < sure)
        if not len(going):
            break
        now, wanted = x[going], classes[going]
        direction = whole.gradient(now, wanted) - whole.gradient(now, _strongest_other(whole, now, wanted))
        length = np.sqrt(np.sum(direction**2, axis=axes, keepdims=True))
        x[going] = np.clip(now + rate * direction / np.maximum(length, 1e-12), *bounds)
    return x


def _strongest_other(whole: Probe, x: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the class that wins among all but the given ones."""
    scores = whole.outputs(x)
    if scores.shape[1] == 1:
        return 1 - classes
    scores[np.arange(len(x)), classes] = -np.inf
    return scores.argmax(axis=1)


def _sizes(head: Probe) -> tuple[int, ...]:
    """Return the shape of one input of a model whose sizes are all known."""
    sizes = tuple(size for size in head.input_shape if size is not None)
    if len(sizes) != len(head.input_shape) or len(sizes) < 2:
        raise ValueError(
            f"maximise_activation: accepted are models of images (height, width, channels) and series (steps, "
            f"channels) of known size; got {head.input_shape}"
        )
    return sizes
