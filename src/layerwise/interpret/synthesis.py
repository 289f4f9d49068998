"""Synthesis of inputs: activation maximization and adversarial examples."""

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
    r"""Return inputs that maximize the score of a class, or a unit of a layer, by gradient ascent with regularization.

    .. math:: \max_x\; \mathrm{score}(x) - \lambda \lVert x \rVert^2

    Simonyan, Vedaldi & Zisserman 2014, eq. 1; Yosinski et al. 2015, *Understanding neural networks through deep
    visualization*, section 3, for the blur.

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        A built model of images or series.
    target : int or sequence of int
        Classes, or units of ``layer`` (feature maps of a convolution, averaged over positions); one input per target.
    layer : str, optional
        The layer whose units to maximize; by default the output layer.
    steps : int
        Number of ascent steps, along the normalized gradient.
    rate : float
        Step length, as the root mean square over the input.
    decay : float
        Fraction by which each step shrinks ``x``, for the penalty λ.
    blur : float
        Standard deviation in pixels of the Gaussian that smooths ``x`` every fourth step; 0 for no smoothing.
    shift : int
        Maximum random translation of ``x``, in pixels, applied before each step and undone after it (jitter).
    seed : int
        Random seed of the initial noise and the translations.
    bounds : (float, float)
        Smallest and largest value of an input.

    Returns
    -------
    ndarray of shape (targets, \*input)
        One input per target.
    """
    from scipy.ndimage import gaussian_filter  # imported here because it takes as long as the rest of the package

    whole = probe(model)
    head = whole if layer is None else whole.split(layer)[0]
    classes = np.atleast_1d(target)
    rng = np.random.default_rng(seed)
    low, high = bounds
    x = np.clip(0.1 * (high - low) * rng.random((len(classes), *_sizes(head)), dtype=np.float32), low, high)
    axes = tuple(range(1, x.ndim - 1))
    for step in range(steps):
        offset = rng.integers(-shift, shift + 1, len(axes))
        gradient = np.roll(head.gradient(np.roll(x, offset, axes), classes), -offset, axes)
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
    """Create adversarial examples by small steps of gradient ascent, until the model is confident of another class.

    Starting from noise, this gives meaningless images that a model classifies with high confidence (Nguyen, Yosinski &
    Clune 2015, *Deep neural networks are easily fooled*); starting from an image, one that looks the same (Szegedy et
    al. 2014, *Intriguing properties of neural networks*).

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        A classifier that ends in logits.
    x : ndarray
        Initial inputs.
    target : int or ndarray of shape (n,)
        Target class or classes.
    sure : float
        Probability of the target class at which to stop for an example.
    rate : float
        Euclidean length of a step.
    steps : int
        Maximum number of steps.
    bounds : (float, float)
        Smallest and largest value of an input.

    Returns
    -------
    ndarray of the shape of x
        The adversarial examples.
    """
    whole = probe(model)
    x = whole.checked(x).copy()
    classes = whole.targets(x, target)
    axes = tuple(range(1, x.ndim))
    for _ in range(steps):
        active = np.flatnonzero(whole.confidence(x, classes) < sure)
        if not len(active):
            break
        inputs, targets = x[active], classes[active]
        direction = whole.gradient(inputs, targets) - whole.gradient(inputs, _best_other_class(whole, inputs, targets))
        length = np.sqrt(np.sum(direction**2, axis=axes, keepdims=True))
        x[active] = np.clip(inputs + rate * direction / np.maximum(length, 1e-12), *bounds)
    return x


def _best_other_class(whole: Probe, x: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the class with the highest score other than the given one, for each example."""
    scores = whole.outputs(x)
    if scores.shape[1] == 1:
        return 1 - classes
    scores[np.arange(len(x)), classes] = -np.inf
    return scores.argmax(axis=1)


def _sizes(head: Probe) -> tuple[int, ...]:
    """Return the shape of one input; raise ValueError unless all its sizes are known and it has channels."""
    sizes = tuple(size for size in head.input_shape if size is not None)
    if len(sizes) != len(head.input_shape) or len(sizes) < 2:
        raise ValueError(
            f"maximise_activation: the model's input must be images (height, width, channels) or series (steps, "
            f"channels) of known size, got shape {head.input_shape}"
        )
    return sizes
