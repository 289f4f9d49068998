"""The loops over batches with which the Keras backend trains and evaluates."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from layerwise.experiments.keras_import import keras, tf

Tensors = tuple[tf.Tensor, tf.Tensor]


class Loops:
    """An epoch of training and one of evaluation, each one call of TensorFlow, traced once.

    Keras's ``fit`` makes two iterators over the data in every epoch and returns to Python every few batches, which
    costs a small model more than its arithmetic does. The steps taken are Keras's own.

    Parameters
    ----------
    model : keras.Sequential
        Compiled.
    """

    def __init__(self, model: keras.Sequential) -> None:
        self.model = model
        self._made = False
        self._train = tf.function(partial(self._epoch, model.train_step, True), autograph=False)
        self._evaluate = tf.function(partial(self._epoch, model.test_step, False), autograph=False)

    def train(self, split: Tensors, order: np.ndarray, size: int) -> dict[str, float]:
        """Take a step on each batch of the examples in this order, until the loss is not finite; return the metrics."""
        if not self._made:
            self._make_variables(split[1])
        return _numbers(self._train(split, tf.constant(order), size))

    def evaluate(self, split: Tensors, size: int) -> dict[str, float]:
        """Return the metrics over the examples, taken ``size`` at a time."""
        return _numbers(self._evaluate(split, tf.range(len(split[0])), size))

    def _make_variables(self, y: tf.Tensor) -> None:
        """Have optimizer and metrics make their variables, which TensorFlow would trace the epoch a second time for."""
        self.model.optimizer.build(self.model.trainable_variables)
        truth, said = tf.TensorSpec((None, *y.shape[1:]), y.dtype), tf.TensorSpec(self.model.output_shape, tf.float32)
        metrics = tf.function(self.model.compute_metrics, autograph=False)
        metrics.get_concrete_function(None, y=truth, y_pred=said)
        self._made = True

    def _epoch(
        self, step: Callable[[Tensors], dict], may_stop: bool, split: Tensors, order: tf.Tensor, size: int
    ) -> dict[str, tf.Tensor]:
        def more(start: tf.Tensor, loss: tf.Tensor) -> tf.Tensor:
            left = start < tf.shape(order)[0]
            return tf.logical_and(left, tf.math.is_finite(loss)) if may_stop else left

        def advance(start: tf.Tensor, _: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            rows = order[start : start + size]
            if order.shape[0] % size == 0:
                rows.set_shape((size,))  # what is known before it runs need not be computed in every step
            x, y = split
            return start + size, step((tf.gather(x, rows), tf.gather(y, rows)))["loss"]

        tf.while_loop(more, advance, (0, 0.0))
        metrics = self.model.get_metrics_result()
        self.model.reset_metrics()  # for the next epoch: until the loop is traced, Keras has not made all of them
        return metrics


def _numbers(metrics: Mapping[str, tf.Tensor]) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items()}


_traced: dict[str, Loops] = {}


@contextmanager
def loops_for(model: keras.Sequential) -> Iterator[Loops]:
    """Lend a model the loops of the last one trained, if that differs in nothing but numbers, such as another seed.

    Tracing takes seconds and moving a model's state milliseconds. The loops train the model that they were traced
    with, so that one holds the state of ``model`` meanwhile, and its own again afterwards.
    """
    kind = model.to_json()
    if kind not in _traced:
        if _traced:
            _traced.clear()
            gc.collect()  # a graph refers to itself, and holds its model
        _traced[kind] = Loops(model)
    loops = _traced[kind]
    for each in (model, loops.model):
        each.optimizer.build(each.trainable_variables)
    if loops.model is model:
        yield loops
        return
    lent, own = (each.variables + each.optimizer.variables for each in (loops.model, model))
    before = [variable.numpy() for variable in lent]
    _assign(lent, own)
    try:
        yield loops
        _assign(own, lent)
    finally:
        _assign(lent, before)


def _assign(variables: Iterable[Any], values: Iterable[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def tensors(x: np.ndarray, y: np.ndarray) -> Tensors:
    """Return examples and targets as Keras would serve them: floating-point numbers as float32, others as they are."""
    x, y = (a.astype("float32", copy=False) if a.dtype.kind == "f" else a for a in (x, y))
    return tf.convert_to_tensor(x), tf.convert_to_tensor(y)
