"""The Sequential model: compile, fit, evaluate, save."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from layerwise.nn import callbacks as cb
from layerwise.nn import checks, losses, metrics, optimizers, saving
from layerwise.nn.batches import Batches
from layerwise.nn.network import Network
from layerwise.nn.step import TrainingStep


class Sequential(Network):
    """A linear stack of layers.

    Parameters
    ----------
    layers : sequence of Layer, optional
        The layers. If the first is an :class:`Input`, the model is built immediately, otherwise on the first data.
    name : str
        Name shown in summaries and error messages.
    seed : int, optional
        Seed of the random generator for initial weights, shuffling, dropout and noise.
    dtype : {"float32", "float64"}
        Data type of all weights and outputs.

    Attributes
    ----------
    layers : list of Layer
        The layers, without the Input.
    params, grads : ndarray
        All trainable weights and their gradients, each as one flat vector; the layers hold views of it.
    rng, order_rng : numpy.random.Generator
        The generator of weights, dropout and noise, and that of the order of the examples.
    optimizer, loss, metrics
        Set by :meth:`compile`; before that, None and no metrics.
    step : TrainingStep
        Runs the updates; set by :meth:`compile`.
    """

    optimizer: optimizers.Optimizer = None  # type: ignore[assignment]
    loss: losses.Loss = None  # type: ignore[assignment]
    step: TrainingStep = None  # type: ignore[assignment]
    metrics: Sequence[metrics.Metric] = ()
    stop_training = False

    def compile(self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = None) -> None:
        """Configure the model for training.

        Parameters
        ----------
        optimizer : str or Optimizer
            Optimizer that updates the weights.
        loss : str or Loss
            Loss to minimize. If it is a cross-entropy on probabilities and the model ends in softmax or sigmoid, the
            two are computed in one numerically stable step.
        metrics : list of str, Metric or Loss, optional
            Metrics reported along with the loss.
        """
        for name, value, kind in (("optimizer", optimizer, "nn.Optimizer"), ("loss", loss, "nn.Loss")):
            if value is None:
                raise ValueError(f"compile: model '{self.name}': {name} must be a name or an {kind}, got None")
        self.optimizer = optimizers.get(optimizer)
        self.loss = losses.get(loss)
        self.metrics = [_metric(metric, self.loss) for metric in metrics or ()]
        self.step = TrainingStep(self, self.loss, self.optimizer, self.metrics)

    # --- whole datasets -------------------------------------------------------------------------------------------

    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        validation_batch_size: int | None = None,
    ) -> cb.History:
        """Train the model.

        Parameters
        ----------
        x, y : array_like
            Examples and their targets.
        batch_size : int, optional
            Examples per update, 32 by default.
        epochs : int
            Index of the last epoch: ``epochs - initial_epoch`` epochs are run.
        verbose : {"auto", 0, 1, 2}
            0 prints nothing, 1 a progress bar, 2 one line per epoch; "auto" is 1 in a terminal and 2 elsewhere.
        callbacks : list of Callback, optional
            Callbacks to run around epochs and batches.
        validation_split : float
            Fraction of the examples, taken from the end, to hold out and evaluate after each epoch.
        validation_data : (x, y) or (x, y, sample_weight), optional
            Data to evaluate after each epoch.
        shuffle : bool
            Whether to shuffle the examples before each epoch.
        class_weight : dict of int to float, optional
            Weight of each class in the training loss, 1 for classes not listed. Label smoothing does not affect it.
        sample_weight : array_like, optional
            Weight of each example.
        initial_epoch : int
            Index of the first epoch, to resume the training of a loaded model.
        validation_batch_size : int, optional
            Batch size for validation, ``batch_size`` by default.

        Returns
        -------
        History
            The loss and the metrics of every epoch, averaged over its examples while training.

        Raises
        ------
        ValueError
            If the data do not fit the model or the loss, or are not finite.
        NonFiniteLossError
            If the loss becomes NaN or infinite and no :class:`TerminateOnNaN` callback is given.
        """
        size = checks.whole("fit", "batch_size", 32 if batch_size is None else batch_size)
        epochs, initial_epoch = (
            checks.whole("fit", "epochs", epochs),
            checks.whole("fit", "initial_epoch", initial_epoch, 0),
        )
        if not 0 <= validation_split < 1:
            raise ValueError(f"fit: validation_split must be a number in [0, 1), got {validation_split!r}")
        x, y, weight = self.prepare_data("fit", x, y, sample_weight, class_weight)
        if validation_split and validation_data is None:
            cut = int(len(x) * (1 - validation_split))
            x, x_val, y, y_val = x[:cut], x[cut:], y[:cut], y[cut:]
            weight_val = None if weight is None or class_weight is not None else weight[cut:]
            weight = None if weight is None else weight[:cut]
        elif validation_data is not None:
            if not isinstance(validation_data, (tuple, list)) or len(validation_data) not in (2, 3):
                raise ValueError("fit: validation_data must be a tuple (x, y) or (x, y, sample_weight)")
            x_val, y_val, weight_val = self.prepare_data("fit, validation_data", *validation_data)
        if not len(x):
            raise ValueError("fit: there must be at least one example to train on, got none")
        batches = Batches(x, y, weight, size, self.input_dtype)
        validation = None
        if validation_split or validation_data is not None:
            validation_size = size if validation_batch_size is None else validation_batch_size
            validation_size = checks.whole("fit", "validation_batch_size", validation_size)
            validation = Batches(x_val, y_val, weight_val, validation_size, self.input_dtype)
        return self._run(batches, validation, range(initial_epoch, epochs), shuffle, verbose, cb.checked(callbacks))

    def _run(
        self,
        batches: Batches,
        validation: Batches | None,
        epochs: range,
        shuffle: bool,
        verbose: Any,
        user_callbacks: list[cb.Callback],
    ) -> cb.History:
        """Run the epochs of :meth:`fit`."""
        self.history = cb.History()
        callbacks = [*user_callbacks, self.history]
        if verbose == "auto":
            verbose = 1 if sys.stdout.isatty() else 2
        if verbose:
            callbacks.append(cb.ProgressBar(epochs.stop, len(batches), moving=verbose == 1))
        self.stop_training = False
        for callback in callbacks:
            callback.set_model(self)
            callback.on_train_begin()
        for epoch in epochs:
            for callback in callbacks:
                callback.on_epoch_begin(epoch)
            logs = self._epoch(epoch, batches.shuffled(self.order_rng) if shuffle else batches, callbacks)
            if validation is not None:
                logs |= {f"val_{name}": value for name, value in self._measure(validation).items()}
            for callback in callbacks:
                callback.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        for callback in callbacks:
            callback.on_train_end()
        return self.history

    def _epoch(self, epoch: int, batches: Iterable[Any], callbacks: list[cb.Callback]) -> cb.Logs:
        """Make one update per batch and return the mean loss and the metrics."""
        before_batch = cb.overriding(callbacks, "on_train_batch_begin")
        after_batch = cb.overriding(callbacks, "on_train_batch_end")
        may_diverge = any(isinstance(callback, cb.TerminateOnNaN) for callback in callbacks)
        self.step.prepare()
        self._reset_metrics()
        total, seen = 0.0, 0
        for number, (x, y, weight) in enumerate(batches):
            for callback in before_batch:
                callback.on_train_batch_begin(number)
            value = self.step.update(x, y, weight)
            total += value * len(x)
            seen += len(x)
            if not (may_diverge or math.isfinite(value)):
                raise checks.NonFiniteLossError(
                    f"fit: the loss in epoch {epoch + 1}, batch {number + 1} is {value}; lower the learning rate, "
                    f"clip the gradients (clipnorm), or pass the callback nn.TerminateOnNaN() to stop without an error"
                )
            for callback in after_batch:
                callback.on_train_batch_end(number, self._logs(total / seen))
            if self.stop_training:
                break
        return self._logs(total / seen)

    def evaluate(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss and the metrics in inference mode.

        Parameters
        ----------
        x, y : array_like
            Examples and targets.
        batch_size : int, optional
            Examples per batch, 32 by default.
        verbose : ignored
            Accepted for compatibility with Keras; nothing is printed.
        sample_weight : array_like, optional
            Weight of each example in the loss.
        return_dict : bool
            Whether to return a dict by name instead of a list (or of the loss alone if there are no metrics).
        """
        size = checks.whole("evaluate", "batch_size", 32 if batch_size is None else batch_size)
        x, y, weight = self.prepare_data("evaluate", x, y, sample_weight)
        self.step.prepare()
        return self._answer(self._measure(Batches(x, y, weight, size, self.input_dtype)), return_dict)

    def train_on_batch(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Make one update on one batch and return its loss and metrics (see :meth:`evaluate`)."""
        x, y, weight = self.prepare_data("train_on_batch", x, y, sample_weight, class_weight)
        self.step.prepare()
        self._reset_metrics()
        value = self.step.update(x.astype(self.input_dtype or x.dtype, copy=False), y, weight)
        return self._answer(self._logs(value), return_dict)

    def test_on_batch(self, x: Any, y: Any, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Return the loss and the metrics of one batch in inference mode (see :meth:`evaluate`)."""
        return self.evaluate(x, y, batch_size=max(1, len(x)), sample_weight=sample_weight, return_dict=return_dict)

    def _measure(self, batches: Batches) -> dict[str, float]:
        """Return the mean loss and the metrics over all batches in inference mode."""
        self._reset_metrics()
        total = 0.0
        for x, y, weight in batches:
            total += self.step.test(x, y, weight) * len(x)
        return self._logs(total / len(batches.x) if len(batches.x) else math.nan)

    def prepare_data(
        self, owner: str, x: Any, y: Any, sample_weight: Any = None, class_weight: dict[int, float] | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Validate examples, targets and weights, and return them in the form the training step takes."""
        if self.optimizer is None or self.loss is None:
            raise ValueError(f"{owner}: model '{self.name}' is not compiled; call compile(optimizer, loss) first")
        x = checks.features(owner, x, self.input_shape)
        if not self.built:
            self.build((None, *x.shape[1:]))
        y = self.loss.prepare(y, self.output_shape, self.dtype)
        checks.same_length(owner, examples=x, targets=y)
        weight = None if sample_weight is None else checks.weights(owner, sample_weight, len(x), self.dtype)
        if class_weight is not None:
            if weight is not None:
                raise ValueError(f"{owner}: give either class_weight or sample_weight, not both")
            weight = _class_weights(owner, y, class_weight, self.dtype)
        return x, y, weight

    def _logs(self, loss: float) -> dict[str, float]:
        return {"loss": loss, **{metric.name: metric.result() for metric in self.metrics}}

    def _reset_metrics(self) -> None:
        for metric in self.metrics:
            metric.reset()

    def _answer(self, logs: dict[str, float], return_dict: bool) -> Any:
        return logs if return_dict else list(logs.values()) if self.metrics else logs["loss"]

    # --- saving -------------------------------------------------------------------------------------------------

    def save(self, filepath: str | os.PathLike[str]) -> None:
        """Save architecture, weights, optimizer and generator to one ``.npz`` (see :mod:`layerwise.nn.saving`)."""
        saving.write(saving.pack(self), filepath)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle the model as packed arrays, so that the layers of a copy hold views of its own weights."""
        return _unpack, (saving.pack(self),)


def load_model(filepath: str | os.PathLike[str]) -> Sequential:
    """Load a model written by :meth:`Sequential.save`, ready to predict or to resume training.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is damaged, was not written by :meth:`Sequential.save`, or holds weights that are not finite.
    """
    arrays = saving.read(filepath)
    try:
        return _unpack(arrays)
    except Exception as error:  # an edited description can make any constructor fail
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        raise ValueError(f"{filepath}: cannot be read as a model by this version: {reason}") from None


def _unpack(arrays: dict[str, np.ndarray]) -> Sequential:
    """Build a model from the arrays of :func:`saving.pack`."""
    description = saving.description(arrays)
    model = Sequential.from_config(description["architecture"])
    saving.restore(model, description, arrays)
    if "optimizer" in description:
        model.compile(description["optimizer"], description["loss"], description["metrics"])
        saving.restore_optimizer(model, description, arrays)
    return model


def _metric(identifier: Any, loss: losses.Loss) -> metrics.Metric:
    """Return a metric configured for logits if the loss takes logits."""
    metric = metrics.get(identifier)
    metric.from_logits = getattr(loss, "from_logits", False)
    return metric


def _class_weights(owner: str, y: np.ndarray, class_weight: dict[int, float], dtype: str) -> np.ndarray:
    """Return the weight of each example given its class (class index, 0/1 target or one-hot row)."""
    numbers = class_weight.values() if isinstance(class_weight, dict) else [None]
    if not all(isinstance(value, (int, float, np.number)) and 0 <= value < math.inf for value in numbers):
        raise ValueError(f"{owner}: class_weight must be a dict of class to finite number ≥ 0, got {class_weight!r}")
    labels = y if y.ndim == 1 else y[:, 0] if y.shape[-1] == 1 else y.argmax(axis=-1)
    weight = np.ones(labels.shape, dtype)
    for label, value in class_weight.items():
        weight[labels == label] = value
    return weight
