"""Callbacks with the interface of Keras, called before and after training, epochs and batches."""

from __future__ import annotations

import csv
import inspect
import math
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from layerwise.nn.schedules import LearningRateSchedule

Logs = dict[str, float]


class Callback:
    """Base of the callbacks: override the methods you need.

    ``self.model`` is the model being trained. The logs of an epoch hold ``loss`` and the metrics, and the same with the
    prefix ``val_`` for the validation data; values that a callback adds to them are recorded in the history.
    """

    model: Any

    def set_model(self, model: Any) -> None:
        """Attach the model, an :class:`layerwise.nn.Sequential`."""
        self.model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Run before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Run after the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Run before an epoch; epochs are counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Run after an epoch and its validation."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Run before a batch; batches are counted from 0 in each epoch."""

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Run after a batch; ``logs["loss"]`` is the mean over the epoch so far."""


class History(Callback):
    """Records the logs of all epochs; ``fit`` returns it: ``history.history["loss"]``, ``history.epoch``."""

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch, logs):
        """See :meth:`Callback.on_epoch_end`."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)


class LambdaCallback(Callback):
    """A callback built from functions.

    Parameters
    ----------
    on_epoch_begin, on_epoch_end, on_train_begin, on_train_end, on_train_batch_begin, on_train_batch_end : callable
        Functions with the arguments of the :class:`Callback` method of that name.
    """

    def __init__(self, **hooks: Callable[..., None]) -> None:
        for name, function in hooks.items():
            if not name.startswith("on_") or not hasattr(Callback, name):
                raise ValueError(f"LambdaCallback: arguments must be names of Callback methods (on_…), got {name!r}")
            setattr(self, name, function)


class TerminateOnNaN(Callback):
    """Stops training when the loss becomes NaN or infinite.

    Without it, ``fit`` raises :class:`NonFiniteLossError`. With it, ``fit`` returns: the last row of the history holds
    the non-finite loss, and ``stopped`` the epoch and batch.
    """

    stopped: tuple[int, int] | None = None

    def on_train_begin(self, logs=None):
        """See :meth:`Callback.on_train_begin`."""
        self.stopped = None

    def on_epoch_begin(self, epoch, logs=None):
        """See :meth:`Callback.on_epoch_begin`."""
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs):
        """See :meth:`Callback.on_train_batch_end`."""
        if not math.isfinite(logs["loss"]):
            self.stopped = (self.epoch, batch)
            self.model.stop_training = True


class _Monitor(Callback):
    """Base of the callbacks that monitor one value of the logs."""

    def __init__(self, monitor: str, mode: str, min_delta: float) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"{type(self).__name__}: mode must be 'auto', 'min' or 'max', got {mode!r}")
        self.monitor, self.mode, self.min_delta = monitor, mode, abs(min_delta)
        self.maximize = mode == "max" or (mode == "auto" and monitor.endswith(("acc", "accuracy", "auc")))

    def monitored(self, logs: Logs) -> float:
        """Return the monitored value."""
        if self.monitor not in logs:
            raise ValueError(
                f"{type(self).__name__}: monitor must be one of {', '.join(logs)} (val_… needs validation data), "
                f"got {self.monitor!r}"
            )
        return logs[self.monitor]

    def improved(self, value: float, best: float | None) -> bool:
        """Return whether ``value`` improves on ``best`` by more than ``min_delta``; always True if ``best`` is None."""
        if best is None:
            return True
        return value - self.min_delta > best if self.maximize else value + self.min_delta < best


class EarlyStopping(_Monitor):
    """Stops training when a monitored value has not improved for ``patience`` epochs.

    Parameters
    ----------
    monitor : str
        Value to monitor.
    min_delta : float
        Minimum change that counts as an improvement.
    patience : int
        Epochs without improvement before stopping.
    verbose : int
        1 prints a message when training stops.
    mode : {"auto", "min", "max"}
        Whether the value should decrease or increase; "auto" is "max" for accuracies and "min" for everything else.
    baseline : float, optional
        Value that an improvement must also beat to reset the patience.
    restore_best_weights : bool
        Whether to restore the weights of the best epoch at the end.
    start_from_epoch : int
        First epoch that is monitored.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch

    def on_train_begin(self, logs=None):
        """See :meth:`Callback.on_train_begin`."""
        self.wait, self.stopped_epoch, self.best_epoch = 0, 0, 0
        self.best: float | None = None
        self.best_weights: list[np.ndarray] | None = None

    def on_epoch_end(self, epoch, logs):
        """See :meth:`Callback.on_epoch_end`."""
        value = self.monitored(logs)
        if epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self.improved(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.improved(value, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        """See :meth:`Callback.on_train_end`."""
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)


class ModelCheckpoint(_Monitor):
    """Saves the whole model after each epoch (weights, optimizer and generator), so that training can be resumed.

    Parameters
    ----------
    filepath : str or path
        Path, which may contain ``{epoch:02d}`` (from 1) and values such as ``{val_loss:.3f}``.
    monitor : str
        Value that determines the best model.
    verbose : int
        1 prints a message for each file saved.
    save_best_only : bool
        Whether to save only when the monitored value has improved.
    mode : {"auto", "min", "max"}
        As in :class:`EarlyStopping`.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
    ) -> None:
        super().__init__(monitor, mode, 0.0)
        self.filepath, self.verbose, self.save_best_only = os.fspath(filepath), verbose, save_best_only
        self.best: float | None = None

    def on_epoch_end(self, epoch, logs):
        """See :meth:`Callback.on_epoch_end`."""
        if self.save_best_only:
            value = self.monitored(logs)
            if not self.improved(value, self.best):
                return
            self.best = value
        path = self.filepath.format(epoch=epoch + 1, **logs)
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self.model.save(path)
        if self.verbose:
            print(f"Epoch {epoch + 1}: saved {path}")


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch to ``schedule(epoch, rate)``.

    Parameters
    ----------
    schedule : callable
        Function of the epoch (from 0) and the current rate, or of the epoch alone.
    verbose : int
        1 prints a message every epoch.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule, self.verbose = schedule, verbose
        self.takes_rate = _accepts(schedule, 0, 0.1)

    def on_epoch_begin(self, epoch, logs=None):
        """See :meth:`Callback.on_epoch_begin`."""
        before = _constant_rate(self)
        rate = float(self.schedule(epoch, before) if self.takes_rate else self.schedule(epoch))
        if not 0 <= rate < math.inf:
            raise ValueError(
                f"LearningRateScheduler: the rate of epoch {epoch} must be a finite number ≥ 0, got {rate!r}"
            )
        self.model.optimizer.learning_rate = rate
        if self.verbose:
            print(f"Epoch {epoch + 1}: learning rate {rate:g}")

    def on_epoch_end(self, epoch, logs):
        """See :meth:`Callback.on_epoch_end`."""
        logs["learning_rate"] = self.model.optimizer.current_learning_rate


class ReduceLROnPlateau(_Monitor):
    """Multiplies the learning rate by ``factor`` when a monitored value has not improved for ``patience`` epochs.

    Parameters
    ----------
    monitor : str
        Value to monitor.
    factor : float
        Factor of the reduction, in (0, 1).
    patience : int
        Epochs without improvement before the rate is reduced.
    verbose : int
        1 prints a message for each reduction.
    mode : {"auto", "min", "max"}
        As in :class:`EarlyStopping`.
    min_delta : float
        Minimum change that counts as an improvement.
    cooldown : int
        Epochs to wait after a reduction before epochs without improvement count again.
    min_lr : float
        Lower bound of the learning rate.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        if not 0 < factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor must be a number in (0, 1), got {factor!r}")
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr

    def on_train_begin(self, logs=None):
        """See :meth:`Callback.on_train_begin`."""
        self.best: float | None = None
        self.wait, self.cooling = 0, 0

    def on_epoch_end(self, epoch, logs):
        """See :meth:`Callback.on_epoch_end`."""
        rate = logs["learning_rate"] = _constant_rate(self)
        value = self.monitored(logs)
        if self.cooling > 0:
            self.cooling -= 1
            self.wait = 0
        if self.improved(value, self.best):
            self.best, self.wait = value, 0
        elif self.cooling <= 0:
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                self.model.optimizer.learning_rate = max(rate * self.factor, self.min_lr)
                self.cooling, self.wait = self.cooldown, 0
                if self.verbose:
                    print(f"Epoch {epoch + 1}: learning rate {self.model.optimizer.learning_rate:g}")


def _accepts(function: Callable[..., Any], *arguments: Any) -> bool:
    """Return whether a function can be called with these arguments; True if its signature is unknown."""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return False
    except ValueError:  # some built-in functions have no signature
        return True
    return True


def _constant_rate(callback: Callback) -> float:
    """Return the learning rate; raise ValueError if it follows a schedule, which a callback cannot change."""
    rate = callback.model.optimizer.learning_rate
    if isinstance(rate, LearningRateSchedule):
        raise ValueError(
            f"{type(callback).__name__}: the optimizer's learning_rate must be a number, got a {type(rate).__name__}"
        )
    return float(rate)


class CSVLogger(Callback):
    """Writes the logs of each epoch as a row of a CSV file.

    Parameters
    ----------
    filename : str or path
        Path of the file.
    separator : str
        Separator between values.
    append : bool
        Whether to append to an existing file.
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        self.filename, self.separator, self.append = os.fspath(filename), separator, append

    def on_train_begin(self, logs=None):
        """See :meth:`Callback.on_train_begin`."""
        self.header = not (self.append and os.path.exists(self.filename) and os.path.getsize(self.filename))
        self.file = open(self.filename, "a" if self.append else "w", newline="", encoding="utf-8")  # noqa: SIM115

    def on_epoch_end(self, epoch, logs):
        """See :meth:`Callback.on_epoch_end`."""
        writer = csv.writer(self.file, delimiter=self.separator, lineterminator="\n")
        if self.header:
            writer.writerow(["epoch", *logs])
            self.header = False
        writer.writerow([epoch, *logs.values()])
        self.file.flush()

    def on_train_end(self, logs=None):
        """See :meth:`Callback.on_train_end`."""
        self.file.close()


class ProgressBar(Callback):
    """Shows the progress of training.

    Parameters
    ----------
    epochs, steps : int
        Total number of epochs, and batches per epoch.
    moving : bool
        Whether to draw a progress bar that is updated with the batches, instead of one line per epoch.
    """

    width = 30

    def __init__(self, epochs: int, steps: int, moving: bool) -> None:
        self.epochs, self.steps, self.moving = epochs, steps, moving
        if moving:
            self.on_train_batch_end = self.draw  # type: ignore[method-assign]

    def on_epoch_begin(self, epoch, logs=None):
        """See :meth:`Callback.on_epoch_begin`."""
        self.epoch, self.start, self.drawn = epoch, time.perf_counter(), 0.0

    def draw(self, batch: int, logs: Logs) -> None:
        """Draw the bar, at most ten times per second."""
        now = time.perf_counter()
        if now - self.drawn > 0.1:
            self.drawn = now
            done = self.width * (batch + 1) // self.steps
            bar = "=" * done + " " * (self.width - done)
            sys.stdout.write(f"\rEpoch {self.epoch + 1}/{self.epochs} {bar} {batch + 1}/{self.steps} {_text(logs)}")
            sys.stdout.flush()

    def on_epoch_end(self, epoch, logs):
        """See :meth:`Callback.on_epoch_end`."""
        seconds = time.perf_counter() - self.start
        line = f"Epoch {epoch + 1}/{self.epochs} {seconds:.1f}s {_text(logs)}"
        print(f"\r\x1b[K{line}" if self.moving else line, flush=True)


def _text(logs: Logs) -> str:
    return " ".join(f"{name}={value:.4g}" for name, value in logs.items())


def checked(callbacks: Any) -> list[Callback]:
    """Return the callbacks as a list; raise ValueError if an item is not a Callback."""
    items = list(callbacks) if isinstance(callbacks, (list, tuple)) else [] if callbacks is None else [callbacks]
    for callback in items:
        if not isinstance(callback, Callback):
            raise ValueError(f"fit: callbacks must be instances of nn.Callback, got {callback!r}")
    return items


def overriding(callbacks: list[Callback], method: str) -> list[Callback]:
    """Return the callbacks that override ``method``, so that the others cost nothing per batch."""
    base = getattr(Callback, method)
    return [callback for callback in callbacks if getattr(getattr(callback, method), "__func__", None) is not base]
