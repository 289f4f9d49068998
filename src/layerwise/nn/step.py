"""The training step, which ``compile`` builds from a model, a loss and an optimizer."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from layerwise.nn.layers.base import ActivatedLayer, Layer
from layerwise.nn.losses import Loss
from layerwise.nn.metrics import Metric
from layerwise.nn.network import Network
from layerwise.nn.optimizers import Optimizer


@dataclass(frozen=True, slots=True)
class _Stage:
    """One stage of a training pass: a layer, or one half of a layer that ends in an activation."""

    index: int
    layer: Layer
    forward: Callable[[np.ndarray], np.ndarray]
    backward: Callable[[np.ndarray], np.ndarray | None]


class TrainingStep:
    """Runs updates on batches: forward, loss, backward, penalties, optimizer, constraints.

    Parameters
    ----------
    model : Network
        The model to train.
    loss : Loss
        Loss to minimize. If it is a cross-entropy and the model ends in the matching activation (softmax or sigmoid),
        the two are computed in one numerically stable step.
    optimizer : Optimizer
        Optimizer that updates the weights.
    metrics : sequence of Metric
        Metrics to update with the outputs of every batch.

    Notes
    -----
    Batches must already be validated and converted: examples in the model's dtype, targets from :meth:`Loss.prepare`.
    """

    def __init__(self, model: Network, loss: Loss, optimizer: Optimizer, metrics: Sequence[Metric] = ()) -> None:
        self.model, self.loss, self.optimizer, self.metrics = model, loss, optimizer, list(metrics)
        self._params: np.ndarray | None = None

    def prepare(self) -> None:
        """Set up what all batches share: the weights to train, their penalties and constraints, and the stages."""
        model = self.model
        _attach(self.optimizer, model)
        parts = model.trained_parts()
        self.optimizer.bind(model.params, model.grads, _merge_adjacent(parts), parts)
        trained = model.trained_layers()
        self._penalties = [
            (penalty, layer.params[name], layer.grads[name])
            for layer in trained
            for name, penalty in layer.regularizers.items()
        ]
        self._constraints = [
            (constraint, layer.params[name]) for layer in trained for name, constraint in layer.constraints.items()
        ]
        last = model.layers[-1]
        self._logits_loss: Loss | None = None
        self._last = lambda x: last.forward(x, False)
        if isinstance(last, ActivatedLayer):
            self._logits_loss = self.loss.on_logits(last.activation)
            if self._logits_loss is not None:
                self._last = last.pre_activation
        self._stages = list(_stages(model.layers, on_logits=self._logits_loss is not None))
        self._first = model.first_trained()
        self._params = model.params

    def loss_and_gradients(
        self, x: np.ndarray, y: Any, weight: np.ndarray | None = None, input_gradient: bool = False
    ) -> tuple[float, np.ndarray | None]:
        """Return the training loss of a batch, penalties included, and write the gradients of all weights to train.

        Parameters
        ----------
        x, y, weight : ndarray
            Examples, targets and sample weights.
        input_gradient : bool
            Whether to backpropagate to the input instead of stopping at the first layer with weights to train.

        Returns
        -------
        loss : float
        gradient : ndarray or None
            Gradient with respect to ``x`` if requested and x is not integer. The gradients of the weights are in
            ``model.grads``, and by name in the layers' ``grads``.
        """
        self._refresh()
        self.outputs = self._forward(x)
        value, gradient = (self._logits_loss or self.loss).value_and_gradient(y, self.outputs, weight)
        dx = self._backward(gradient, input_gradient)
        for penalty, parameter, parameter_gradient in self._penalties:
            value += penalty(parameter)
            parameter_gradient += penalty.gradient(parameter)
        return value, dx

    def training_loss(self, x: np.ndarray, y: Any, weight: np.ndarray | None = None) -> float:
        """Return the training loss of a batch, penalties included, without computing gradients."""
        self._refresh()
        value = (self._logits_loss or self.loss).value_and_gradient(y, self._forward(x), weight)[0]
        return value + self._penalty()

    def update(self, x: np.ndarray, y: Any, weight: np.ndarray | None = None) -> float:
        """Make one update on a batch, add the batch to the metrics, and return the loss before the update."""
        value, _ = self.loss_and_gradients(x, y, weight)
        self._count(y)
        self.optimizer.step()
        for constraint, parameter in self._constraints:
            constraint(parameter)
        return value

    def test(self, x: np.ndarray, y: Any, weight: np.ndarray | None = None) -> float:
        """Return the inference-mode loss of a batch, penalties included, and add the batch to the metrics."""
        self._refresh()
        for layer in self.model.layers[:-1]:
            x = layer.forward(x, False)
        self.outputs = self._last(x)
        value = (self._logits_loss or self.loss).value_and_gradient(y, self.outputs, weight)[0]
        self._count(y)
        return value + self._penalty()

    def _refresh(self) -> None:
        """Prepare the step if it has not been prepared or the model has been rebuilt since."""
        if self._params is not self.model.params:
            self.prepare()

    def _forward(self, x: np.ndarray) -> np.ndarray:
        for stage in self._stages:
            x = stage.forward(x)
        return x

    def _backward(self, dy: np.ndarray | None, input_gradient: bool) -> np.ndarray | None:
        first = 0 if input_gradient else self._first
        for stage in reversed(self._stages):
            if stage.index < first:
                return None
            stage.layer.needs_input_gradient = input_gradient or stage.index > first
            dy = stage.backward(dy)  # type: ignore[arg-type]
        return dy.copy() if input_gradient and dy is not None else None

    def _penalty(self) -> float:
        return sum(penalty(parameter) for penalty, parameter, _ in self._penalties)

    def _count(self, y: Any) -> None:
        if self.metrics:
            outputs = self.outputs if self._logits_loss is None else self._logits_loss.activated
            for metric in self.metrics:
                metric.update(y, outputs)


def _stages(layers: Sequence[Layer], on_logits: bool) -> Iterator[_Stage]:
    """Yield the stages of a training pass.

    A non-decreasing activation is applied after a max pooling that follows it: the result is the same and there are
    fewer values to compute. The last activation is left out if the loss takes logits.
    """
    pooled = False
    for index, layer in enumerate(layers):
        if pooled:
            pooled = False
            continue
        after = layers[index + 1] if index + 1 < len(layers) else None
        if not isinstance(layer, ActivatedLayer):
            yield _whole_layer(index, layer)
        elif after is None and on_logits:
            yield _Stage(index, layer, layer.pre_activation, layer.pre_activation_backward)
        elif after is not None and after.takes_maxima and layer.activation.rises:
            pooled = True
            yield _Stage(index, layer, layer.pre_activation, layer.pre_activation_backward)
            yield _whole_layer(index + 1, after)
            yield _Stage(index, layer, layer.activate, layer.activation_gradient)
        else:
            yield _whole_layer(index, layer)


def _whole_layer(index: int, layer: Layer) -> _Stage:
    return _Stage(index, layer, lambda x: layer.forward(x, True), lambda dy: layer.backward(dy))


def _attach(optimizer: Optimizer, model: Network) -> None:
    """Attach the optimizer to the model; raise if it trains another one, as its moments belong to one model."""
    if optimizer.owner is not None and optimizer.owner() is not model:
        raise ValueError(
            f"model '{model.name}': its optimizer ({type(optimizer).__name__}) already trains another model; "
            f"compile each model with its own optimizer"
        )
    optimizer.owner = weakref.ref(model)


def _merge_adjacent(parts: list[slice]) -> list[slice]:
    """Merge adjacent slices."""
    merged: list[slice] = []
    for part in parts:
        if merged and merged[-1].stop == part.start:
            part = slice(merged.pop().start, part.stop)
        merged.append(part)
    return merged
