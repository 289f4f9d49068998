"""Gradient checking: compare backpropagation with finite differences for every parameter."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from layerwise.nn.layers.base import Layer
from layerwise.nn.model import Sequential


@dataclass(frozen=True)
class GradientCheck:
    """Result for one parameter (or for the input, called ``x``).

    Attributes
    ----------
    name : str
        ``layer.weight``, such as ``dense_1.kernel``.
    shape : tuple of int
        Shape of the parameter.
    entries : int
        Number of entries compared.
    absolute, relative : float
        Largest difference between the two gradients, and its ratio to the parameter's largest gradient.
    ok : bool
        Whether all compared entries agree.
    """

    name: str
    shape: tuple[int, ...]
    entries: int
    absolute: float
    relative: float
    ok: bool


@dataclass(frozen=True)
class GradientReport:
    """Results of :func:`check_gradients`; ``print`` shows them as a table.

    Attributes
    ----------
    subject : str
        The model or layer that was checked.
    checks : tuple of GradientCheck
        One row per parameter.
    """

    subject: str
    checks: tuple[GradientCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether all gradients are correct."""
        return not self.wrong

    @property
    def wrong(self) -> list[str]:
        """Names of the parameters whose gradients are wrong."""
        return [check.name for check in self.checks if not check.ok]

    def __str__(self) -> str:
        head = ("parameter", "shape", "entries", "max |error|", "relative", "")
        rows = [
            (c.name, str(c.shape), str(c.entries), f"{c.absolute:.1e}", f"{c.relative:.1e}", "ok" if c.ok else "WRONG")
            for c in self.checks
        ]
        widths = [max(map(len, column)) for column in zip(head, *rows)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in (head, *rows)]
        verdict = "all gradients agree with finite differences" if self.ok else f"WRONG: {', '.join(self.wrong)}"
        return "\n".join([f"gradients of {self.subject}", *lines, verdict])


def check_gradients(
    model_or_layer: Sequential | Layer,
    x: Any,
    y: Any = None,
    *,
    samples: int = 50,
    step: float = 1e-6,
    tolerance: float = 1e-5,
    seed: int = 0,
    verbose: bool = True,
) -> GradientReport:
    """Compare backpropagation with central finite differences, in float64 and on a copy.

    Layers run in training mode: BatchNormalization uses the batch statistics and Dropout is active. The random
    generator is reset to the same state for every evaluation, so the same values are dropped each time.

    Parameters
    ----------
    model_or_layer : Sequential or Layer
        A compiled model, whose loss (penalties included) is differentiated; or a layer, for which a randomly weighted
        sum of its outputs serves as the loss.
    x : array_like
        Inputs; a few examples are enough.
    y : array_like, optional
        Targets, for a model.
    samples : int
        Maximum number of entries to compare per parameter; a larger parameter is sampled at random with ``seed``.
    step : float
        Step of the central difference, half the distance between its two points.
    tolerance : float
        Allowed error relative to the parameter's largest gradient; an estimate of the rounding error is added.
    seed : int
        Seed for sampling the entries and for all randomness in the layers.
    verbose : bool
        Whether to print the report.

    Returns
    -------
    GradientReport
        ``ok``, ``wrong`` (names of the wrong parameters) and ``checks`` (one row per parameter).

    Raises
    ------
    ValueError
        If a model is not compiled or has no targets, or if targets are given for a layer.

    Notes
    -----
    With L the loss and e a unit vector: ``(L(θ + step·e) − L(θ − step·e)) / (2 step)``, whose error is of order step².
    If the two one-sided differences disagree, there is a kink (ReLU at 0, a tie in max pooling), and any slope between
    them passes, as it is a subgradient.

    Examples
    --------
    >>> from layerwise import nn
    >>> nn.check_gradients(nn.Dense(3, "tanh"), np.ones((2, 4)), verbose=False).ok
    True
    """
    if isinstance(model_or_layer, Layer):
        if y is not None:
            raise ValueError(f"check_gradients: y must be None for a layer ({model_or_layer})")
        subject, problem = str(model_or_layer), _of_layer(model_or_layer, np.asarray(x), seed)
    else:
        if y is None:
            raise ValueError(f"check_gradients: model '{model_or_layer.name}': y must hold the targets, got None")
        subject, problem = f"model '{model_or_layer.name}'", _of_model(model_or_layer, np.asarray(x), y, seed)
    gradients = {name: np.array(gradient) for name, gradient in problem.gradients().items()}
    rng = np.random.default_rng(seed)
    checks = tuple(
        _check(name, values, gradients[name], problem.evaluate, rng, samples, step, tolerance)
        for name, values in problem.values.items()
    )
    report = GradientReport(subject, checks)
    if verbose:
        print(report)
    return report


@dataclass(frozen=True)
class _Problem:
    """A loss as a function of ``values``, which are changed in place between evaluations, and its gradients by name."""

    values: dict[str, np.ndarray]
    evaluate: Callable[[], float]
    gradients: Callable[[], dict[str, Any]]


def _of_layer(layer: Layer, x: np.ndarray, seed: int) -> _Problem:
    """Return the problem for a layer: the loss is ``Σ r ∘ y`` with random r, so its gradient with respect to y is r."""
    clone, rng = copy.deepcopy(layer), np.random.default_rng(seed)
    weights = clone.get_weights()
    for inner in clone.walk():
        inner.dtype, inner.buffers, inner.rng, inner.needs_input_gradient = "float64", None, rng, True
    clone.build((None, *x.shape[1:]))
    if weights:
        clone.set_weights(weights)
    x = x.copy() if layer.integer_input else x.astype("float64")
    start = rng.bit_generator.state
    # A separate seed, so that r cannot equal the user's x: xᵀx is symmetric and would hide a transposed gradient.
    r = np.random.default_rng([seed, 1]).normal(size=clone.forward(x, training=True).shape)

    def evaluate() -> float:
        rng.bit_generator.state = start
        return float(np.vdot(clone.forward(x, training=True), r))

    def gradients() -> dict[str, Any]:
        evaluate()
        dx = clone.backward(r)
        return {"x": dx} | {name: owner.grads[key] for name, owner, key in _trained([clone])}

    inputs = {} if layer.integer_input else {"x": x}
    weights_by_name = {name: owner.params[key] for name, owner, key in _trained([clone])}
    return _Problem(inputs | weights_by_name, evaluate, gradients)


def _of_model(model: Sequential, x: np.ndarray, y: Any, seed: int) -> _Problem:
    """Return the problem for a compiled model: its training loss, penalties included."""
    clone = copy.deepcopy(model)
    shape = clone.input_shape or (None, *x.shape[1:])
    if not clone.built:
        clone.build(shape)
    weights, clone.dtype = clone.get_weights(), "float64"
    for inner in clone.walk():
        inner.dtype = None
    clone.build(shape)
    clone.set_weights(weights)
    x, y, _ = clone.prepare_data("check_gradients", x, y)
    x = x.astype(clone.input_dtype or x.dtype)
    step = clone.step
    clone.rng.bit_generator.state = start = np.random.default_rng(seed).bit_generator.state

    def evaluate() -> float:
        clone.rng.bit_generator.state = start
        return step.training_loss(x, y)

    def gradients() -> dict[str, Any]:
        clone.rng.bit_generator.state = start
        _, dx = step.loss_and_gradients(x, y, input_gradient=True)
        return {"x": dx} | {name: owner.grads[key] for name, owner, key in _trained(clone.layers)}

    inputs = {} if clone.input_dtype is None else {"x": x}
    return _Problem(
        inputs | {name: owner.params[key] for name, owner, key in _trained(clone.layers)}, evaluate, gradients
    )


def _check(
    name: str,
    values: np.ndarray,
    gradient: np.ndarray,
    evaluate: Callable[[], float],
    rng: np.random.Generator,
    samples: int,
    step: float,
    tolerance: float,
) -> GradientCheck:
    """Compare the gradient of one parameter with finite differences; the parameter is changed in place and restored."""
    if gradient.shape != values.shape:  # a missing (None) or transposed gradient
        return GradientCheck(name, values.shape, 0, math.inf, math.inf, False)
    indices = np.arange(values.size) if values.size <= samples else np.sort(rng.choice(values.size, samples, False))
    above, below, center = np.empty(len(indices)), np.empty(len(indices)), evaluate()
    for k, index in enumerate(indices):
        original = values.flat[index]
        values.flat[index] = original + step
        above[k] = evaluate()
        values.flat[index] = original - step
        below[k] = evaluate()
        values.flat[index] = original
    analytic, numerical = gradient.flat[indices], (above - below) / (2 * step)
    scale = max(np.abs(analytic).max(initial=0), np.abs(numerical).max(initial=0))
    rounding = 8 * np.finfo(float).eps * max(1.0, abs(center)) / step  # rounding error of a difference quotient
    allowed = tolerance * scale + rounding
    kink = np.abs(above - 2 * center + below) / (2 * step)  # half the difference between the one-sided slopes
    errors = np.maximum(np.abs(analytic - numerical) - np.where(kink > allowed, kink, 0), 0)
    largest = float(errors.max(initial=0))
    return GradientCheck(
        name=name,
        shape=values.shape,
        entries=len(indices),
        absolute=largest,
        relative=largest / scale if scale else 0.0,
        ok=bool(largest <= allowed),  # False for NaN
    )


def _trained(layers: Sequence[Layer], prefix: str = "") -> Iterator[tuple[str, Layer, str]]:
    """Yield (name, layer, key) for every weight to be trained, including those of nested layers."""
    names = [layer.name for layer in layers]
    for number, layer in enumerate(layers):
        if layer.trainable:
            name = layer.name if names.count(layer.name) == 1 else f"{layer.name}[{number}]"
            for key in layer.params:
                yield f"{prefix}{name}.{key}", layer, key
            yield from _trained(layer.sublayers, f"{prefix}{name}.")
