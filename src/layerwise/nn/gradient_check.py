"""Gradient checking: backpropagation against finite differences, weight by weight."""

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
    """What was found for one parameter (or for the input, called ``x``).

    Attributes
    ----------
    name : str
        ``layer.weight``, such as ``dense_1.kernel``.
    shape : tuple of int
        Its shape.
    entries : int
        How many of its entries were compared.
    absolute, relative : float
        Largest difference between the two gradients, and that as a part of the parameter's largest gradient.
    ok : bool
        Whether every entry compared agrees.
    """

    name: str
    shape: tuple[int, ...]
    entries: int
    absolute: float
    relative: float
    ok: bool


@dataclass(frozen=True)
class GradientReport:
    """The table that :func:`check_gradients` returns; printed, it reads as a table.

    Attributes
    ----------
    subject : str
        What was checked.
    checks : tuple of GradientCheck
        One row per parameter.
    """

    subject: str
    checks: tuple[GradientCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether all gradients are right."""
        return not self.wrong

    @property
    def wrong(self) -> list[str]:
        """The names of the parameters whose gradients are wrong."""
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

    Everything runs as in training: BatchNormalization on the batch, Dropout dropping. What is random draws from the
    same generator state at every evaluation, so the same values are dropped each time.

    Parameters
    ----------
    model_or_layer : Sequential or Layer
        A compiled model, whose loss is differentiated, penalties included; or a layer, for which a sum of its
        outputs with random weights stands for the loss.
    x : array_like
        Inputs; a handful of examples is enough.
    y : array_like, optional
        Targets, for a model.
    samples : int
        Entries compared in each parameter, drawn with ``seed`` where it has more.
    step : float
        Half the distance of the two points of a difference.
    tolerance : float
        Error accepted, as a part of the parameter's largest gradient; the rounding noise of a difference is added.
    seed : int
        Fixes the entries drawn and everything random in the layers.
    verbose : bool
        Whether to print the report.

    Returns
    -------
    GradientReport
        ``ok``, ``wrong`` (names of the wrong parameters) and ``checks`` (one row per parameter).

    Raises
    ------
    ValueError
        If a model is not compiled or got no targets, or a layer got some.

    Notes
    -----
    With L the loss and e a unit vector: ``(L(θ + step·e) − L(θ − step·e)) / (2 step)``, whose error is of order step².
    Where the two one-sided differences disagree there is a kink (ReLU at 0, equal maxima in a pool): any slope between
    theirs passes, as it is a subgradient.

    Examples
    --------
    >>> from layerwise import nn
    >>> nn.check_gradients(nn.Dense(3, "tanh"), np.ones((2, 4)), verbose=False).ok
    True
    """
    if isinstance(model_or_layer, Layer):
        if y is not None:
            raise ValueError(f"check_gradients: {model_or_layer} is a layer, so y must be None")
        subject, problem = str(model_or_layer), _of_layer(model_or_layer, np.asarray(x), seed)
    else:
        if y is None:
            raise ValueError(f"check_gradients: model '{model_or_layer.name}' needs targets; got y=None")
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
    """A loss of some ``values``: evaluated again after they were changed in place, and its gradients by name."""

    values: dict[str, np.ndarray]
    evaluate: Callable[[], float]
    gradients: Callable[[], dict[str, Any]]


def _of_layer(layer: Layer, x: np.ndarray, seed: int) -> _Problem:
    """Pose the problem of a layer: the loss is ``Σ r ∘ y`` with random r, so its gradient at y is r."""
    twin, rng = copy.deepcopy(layer), np.random.default_rng(seed)
    weights = twin.get_weights()
    for inner in twin.walk():
        inner.dtype, inner.buffers, inner.rng, inner.needs_input_gradient = "float64", None, rng, True
    twin.build((None, *x.shape[1:]))
    if weights:
        twin.set_weights(weights)
    x = x.copy() if layer.integer_input else x.astype("float64")
    start = rng.bit_generator.state
    # Seeded apart, so that r is never the user's own x: xᵀx is symmetric and would hide a transposed gradient.
    r = np.random.default_rng([seed, 1]).normal(size=twin.forward(x, training=True).shape)

    def evaluate() -> float:
        rng.bit_generator.state = start
        return float(np.vdot(twin.forward(x, training=True), r))

    def gradients() -> dict[str, Any]:
        evaluate()
        dx = twin.backward(r)
        return {"x": dx} | {name: owner.grads[key] for name, owner, key in _trained([twin])}

    inputs = {} if layer.integer_input else {"x": x}
    weights_by_name = {name: owner.params[key] for name, owner, key in _trained([twin])}
    return _Problem(inputs | weights_by_name, evaluate, gradients)


def _of_model(model: Sequential, x: np.ndarray, y: Any, seed: int) -> _Problem:
    """Pose the problem of a compiled model: the loss that it trains with, penalties included."""
    twin = copy.deepcopy(model)
    shape = twin.input_shape or (None, *x.shape[1:])
    if not twin.built:
        twin.build(shape)
    weights, twin.dtype = twin.get_weights(), "float64"
    for inner in twin.walk():
        inner.dtype = None
    twin.build(shape)
    twin.set_weights(weights)
    x, y, _ = twin.prepare_data("check_gradients", x, y)
    x = x.astype(twin.input_dtype or x.dtype)
    step = twin.step
    twin.rng.bit_generator.state = start = np.random.default_rng(seed).bit_generator.state

    def evaluate() -> float:
        twin.rng.bit_generator.state = start
        return step.training_loss(x, y)

    def gradients() -> dict[str, Any]:
        twin.rng.bit_generator.state = start
        _, dx = step.loss_and_gradients(x, y, input_gradient=True)
        return {"x": dx} | {name: owner.grads[key] for name, owner, key in _trained(twin.layers)}

    inputs = {} if twin.input_dtype is None else {"x": x}
    return _Problem(
        inputs | {name: owner.params[key] for name, owner, key in _trained(twin.layers)}, evaluate, gradients
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
    """Compare the gradient of one parameter, changed in place and put back, with finite differences."""
    if gradient.shape != values.shape:  # None and transposed ones
        return GradientCheck(name, values.shape, 0, math.inf, math.inf, False)
    places = np.arange(values.size) if values.size <= samples else np.sort(rng.choice(values.size, samples, False))
    ahead, behind, here = np.empty(len(places)), np.empty(len(places)), evaluate()
    for k, place in enumerate(places):
        kept = values.flat[place]
        values.flat[place] = kept + step
        ahead[k] = evaluate()
        values.flat[place] = kept - step
        behind[k] = evaluate()
        values.flat[place] = kept
    claimed, found = gradient.flat[places], (ahead - behind) / (2 * step)
    scale = max(np.abs(claimed).max(initial=0), np.abs(found).max(initial=0))
    rounding = 8 * np.finfo(float).eps * max(1.0, abs(here)) / step  # of a difference
    accepted = tolerance * scale + rounding
    bend = np.abs(ahead - 2 * here + behind) / (2 * step)  # half of how far the one-sided slopes are apart
    errors = np.maximum(np.abs(claimed - found) - np.where(bend > accepted, bend, 0), 0)
    largest = float(errors.max(initial=0))
    return GradientCheck(
        name=name,
        shape=values.shape,
        entries=len(places),
        absolute=largest,
        relative=largest / scale if scale else 0.0,
        ok=bool(largest <= accepted),  # False for NaN
    )


def _trained(layers: Sequence[Layer], prefix: str = "") -> Iterator[tuple[str, Layer, str]]:
    """Yield (name, layer, key) of every weight that is trained, those of layers inside others included."""
    names = [layer.name for layer in layers]
    for number, layer in enumerate(layers):
        if layer.trainable:
            name = layer.name if names.count(layer.name) == 1 else f"{layer.name}[{number}]"
            for key in layer.params:
                yield f"{prefix}{name}.{key}", layer, key
            yield from _trained(layer.sublayers, f"{prefix}{name}.")
