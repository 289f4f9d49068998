"""The loops over batches for training and evaluation in the Keras backend."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from layerwise.experiments.keras_import import keras, tf

Tensors = tuple[tf.Tensor, ...]  # examples, targets and, optionally, weights


class Loops:
    """One epoch of training and one of evaluation, each a TensorFlow function that is traced once.

    Keras's ``fit`` creates two data iterators per epoch and returns to Python every few batches. For a small model this
    takes longer than the computation itself. The training and test steps are Keras's.

    Parameters
    ----------
    model : keras.Sequential
        A compiled model.
    """

    def __init__(self, model: keras.Sequential) -> None:
        self.model = model
        self._built = False
        self._train = tf.function(partial(self._epoch, model.train_step, True), autograph=False)
        self._evaluate = tf.function(partial(self._epoch, model.test_step, False), autograph=False)

    def train(self, split: Tensors, order: np.ndarray, size: int) -> dict[str, float]:
        """Train on the batches of the examples in this order until the loss is not finite, and return the metrics."""
        if not self._built:
            self._build_variables(split[1])
        return _numbers(self._train(split, tf.constant(order), size))

    def evaluate(self, split: Tensors, size: int) -> dict[str, float]:
        """Return the metrics over the examples, in batches of ``size``."""
        return _numbers(self._evaluate(split, tf.range(len(split[0])), size))

    def _build_variables(self, y: tf.Tensor) -> None:
        """Create the variables of the optimizer and the metrics, so that the epoch is not traced a second time."""
        self.model.optimizer.build(self.model.trainable_variables)
        y_true = tf.TensorSpec((None, *y.shape[1:]), y.dtype)
        y_pred = tf.TensorSpec(self.model.output_shape, tf.float32)
        metrics = tf.function(self.model.compute_metrics, autograph=False)
        metrics.get_concrete_function(None, y=y_true, y_pred=y_pred)
        self._built = True

    def _epoch(
        self, step: Callable[[Tensors], dict], may_stop: bool, split: Tensors, order: tf.Tensor, size: int
    ) -> dict[str, tf.Tensor]:
        def more(start: tf.Tensor, loss: tf.Tensor) -> tf.Tensor:
            remaining = start < tf.shape(order)[0]
            return tf.logical_and(remaining, tf.math.is_finite(loss)) if may_stop else remaining

        def advance(start: tf.Tensor, _: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            rows = order[start : start + size]
            if order.shape[0] % size == 0:
                rows.set_shape((size,))  # a static shape need not be computed in every step
            return start + size, step(tuple(tf.gather(part, rows) for part in split))["loss"]

        tf.while_loop(more, advance, (0, 0.0))
        metrics = self.model.get_metrics_result()
        self.model.reset_metrics()  # for the next epoch; before the loop is traced, not all metrics exist
        return metrics


def _numbers(metrics: Mapping[str, tf.Tensor]) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items()}


_traced: dict[str, Loops] = {}


@contextmanager
def loops_for(model: keras.Sequential) -> Iterator[Loops]:
    """Provide the loops of the previously trained model if its architecture is the same, for example another seed.

    Tracing takes seconds, copying a model's state milliseconds. The loops train the model they were traced with, so the
    state of ``model`` is copied into it, and back afterwards; then its own state is restored.
    """
    kind = model.to_json()
    if kind not in _traced:
        if _traced:
            _traced.clear()
            gc.collect()  # a graph has reference cycles and keeps its model alive
        _traced[kind] = Loops(model)
    loops = _traced[kind]
    for each in (model, loops.model):
        each.optimizer.build(each.trainable_variables)
    if loops.model is model:
        yield loops
        return
    traced, own = (each.variables + each.optimizer.variables for each in (loops.model, model))
    before = [variable.numpy() for variable in traced]
    _assign(traced, own)
    try:
        yield loops
        _assign(own, traced)
    finally:
        _assign(traced, before)


def _assign(variables: Iterable[Any], values: Iterable[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def tensors(*arrays: np.ndarray) -> Tensors:
    """Return arrays as tensors, converting floating-point arrays to float32 as Keras does."""
    single = (a.astype("float32", copy=False) if a.dtype.kind == "f" else a for a in arrays)
    return tuple(tf.convert_to_tensor(a) for a in single)
