"""Callbacks: order of calls, effects, and early stopping and learning-rate rules as in Keras."""

import csv
import io
import sys

import numpy as np
import pytest

from layerwise import nn


def data(n=40):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 3)).astype("float32")
    return x, (x @ [1.0, -2.0, 0.5])[:, np.newaxis]


def model(rate=0.05, metrics=None):
    net = nn.Sequential([nn.Input((3,)), nn.Dense(1)], seed=0)
    net.compile(nn.SGD(rate), "mse", metrics)
    return net


def fit(net, callbacks, epochs=4, **arguments):
    x, y = data()
    arguments = {"validation_data": (x, y), "batch_size": 10, "verbose": 0} | arguments
    return net.fit(x, y, epochs=epochs, callbacks=callbacks, **arguments)


class Script(nn.Callback):
    """Replaces a monitored value by a given sequence, so that the tests of patience are deterministic."""

    def __init__(self, values, name="val_loss"):
        self.values, self.name = list(values), name

    def on_epoch_end(self, epoch, logs):
        logs[self.name] = self.values[epoch]


def test_methods_are_called_in_order():
    calls = []

    class Recorder(nn.Callback):
        def on_train_begin(self, logs=None):
            calls.append("begin")

        def on_train_end(self, logs=None):
            calls.append("end")

        def on_epoch_begin(self, epoch, logs=None):
            calls.append(f"epoch {epoch}")

        def on_epoch_end(self, epoch, logs):
            calls.append(sorted(logs))

        def on_train_batch_begin(self, batch, logs=None):
            calls.append(f"batch {batch}")

        def on_train_batch_end(self, batch, logs):
            calls.append(f"done {batch}")
            assert set(logs) == {"loss"}

    fit(model(), Recorder(), epochs=2, batch_size=20)
    epoch = ["batch 0", "done 0", "batch 1", "done 1", ["loss", "val_loss"]]
    assert calls == ["begin", "epoch 0", *epoch, "epoch 1", *epoch, "end"]


def test_lambda_callback():
    epochs = []
    fit(model(), nn.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch)), epochs=3)
    assert epochs == [0, 1, 2]
    with pytest.raises(ValueError, match=r"must be names of Callback methods .*got 'on_lunch'"):
        nn.LambdaCallback(on_lunch=print)


@pytest.mark.parametrize(
    "arguments, values, epochs",
    [
        ({"patience": 0}, [3, 2, 2, 1], 3),
        ({"patience": 2}, [3, 2, 2, 2, 1], 4),
        ({"patience": 1, "min_delta": 0.5}, [3, 2.8, 2, 2, 2], 2),
        ({"patience": 1, "mode": "max"}, [1, 2, 3, 2, 2], 4),
        ({"patience": 1, "start_from_epoch": 3}, [1, 2, 3, 4, 5, 6], 5),
        ({"patience": 2, "baseline": 1.0}, [3, 2, 2.5, 2.5, 2.5], 3),
        ({"patience": 2, "baseline": 1.0}, [3, 0.5, 2.5, 2.5, 2.5], 4),
        ({"patience": 5}, [5, 4, 3], 3),
    ],
)
def test_early_stopping_counts_epochs_without_improvement(arguments, values, epochs):
    history = fit(model(), [Script(values), nn.EarlyStopping(**arguments)], epochs=len(values))
    assert len(history.epoch) == epochs


def test_early_stopping_maximizes_accuracies():
    assert (
        len(fit(model(), [Script([0.5, 0.6, 0.7, 0.7], "val_accuracy"), nn.EarlyStopping("val_accuracy")]).epoch) == 4
    )


def test_early_stopping_restores_the_best_weights(capsys):
    weights = []
    net = model()
    stopping = nn.EarlyStopping(patience=2, restore_best_weights=True, verbose=1)
    recorder = nn.LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(net.get_weights()))
    fit(net, [Script([3, 1, 2, 2, 2]), recorder, stopping], epochs=5)
    assert len(weights) == 4 and stopping.best_epoch == 1 and stopping.stopped_epoch == 3
    for best, restored in zip(weights[1], net.get_weights(), strict=True):
        np.testing.assert_array_equal(best, restored)
    assert "Epoch 4: early stopping" in capsys.readouterr().out


def test_model_checkpoint_saves_every_epoch_or_the_best(tmp_path, capsys):
    fit(model(), nn.ModelCheckpoint(tmp_path / "{epoch:02d}.npz"), epochs=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["01.npz", "02.npz"]
    best = nn.ModelCheckpoint(tmp_path / "best-{val_loss:.1f}.npz", save_best_only=True, verbose=1)
    fit(model(), [Script([3.0, 4.0, 2.0]), best], epochs=3)
    assert sorted(path.name for path in tmp_path.glob("best*")) == ["best-2.0.npz", "best-3.0.npz"]
    assert "Epoch 3: saved" in capsys.readouterr().out
    assert nn.load_model(tmp_path / "02.npz").optimizer.iterations == 8


def test_learning_rate_scheduler_sets_and_logs_the_rate(capsys):
    net = model(rate=0.1)
    history = fit(net, nn.LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1), epochs=3)
    assert history.history["learning_rate"] == pytest.approx([0.05, 0.025, 0.0125])
    assert net.optimizer.learning_rate == pytest.approx(0.0125)
    assert "Epoch 1: learning rate 0.05" in capsys.readouterr().out
    frozen, x = model(), data()
    before = frozen.get_weights()
    frozen.fit(*x, callbacks=[nn.LearningRateScheduler(lambda epoch, rate: 0.0)], verbose=0)
    np.testing.assert_array_equal(before[0], frozen.get_weights()[0])


@pytest.mark.parametrize("rate", [-1.0, np.nan])
def test_learning_rate_scheduler_rejects_invalid_rates(rate):
    with pytest.raises(ValueError, match="the rate of epoch 0 must be a finite number ≥ 0, got"):
        fit(model(), nn.LearningRateScheduler(lambda epoch, old: rate))


def test_reduce_on_plateau_respects_patience_cooldown_and_min_lr(capsys):
    net = model(rate=0.08)
    plateau = nn.ReduceLROnPlateau(factor=0.5, patience=2, cooldown=1, min_lr=0.015, verbose=1)
    values = [1.0] * 14
    rates = fit(net, [Script(values), plateau], epochs=14).history["learning_rate"]
    # two epochs without improvement, then half the rate; one epoch of cooldown, then two more without improvement
    assert rates == pytest.approx([0.08] * 3 + [0.04] * 2 + [0.02] * 2 + [0.015] * 7)
    assert "Epoch 3: learning rate 0.04" in capsys.readouterr().out
    net = model(rate=0.08)
    improving = fit(net, [Script([3, 2, 1, 0.5]), nn.ReduceLROnPlateau(patience=1)]).history["learning_rate"]
    assert improving == [0.08] * 4


@pytest.mark.parametrize("make", [nn.ReduceLROnPlateau, lambda: nn.LearningRateScheduler(lambda epoch, rate: rate)])
def test_callbacks_cannot_change_a_scheduled_rate(make):
    net = nn.Sequential([nn.Input((3,)), nn.Dense(1)])
    net.compile(nn.SGD(nn.CosineDecay(0.1, 10)), "mse")
    with pytest.raises(ValueError, match="the optimizer's learning_rate must be a number, got a CosineDecay"):
        fit(net, make())


def test_csv_logger_writes_one_row_per_epoch_and_can_append(tmp_path):
    path = tmp_path / "log.csv"
    first = fit(model(), nn.CSVLogger(path), epochs=2).history
    fit(model(), nn.CSVLogger(path, append=True), epochs=1)
    rows = list(csv.DictReader(path.open()))
    assert [row["epoch"] for row in rows] == ["0", "1", "0"]
    assert [float(row["loss"]) for row in rows[:2]] == first["loss"]
    fit(model(), nn.CSVLogger(path, separator=";"), epochs=1)
    assert path.read_text().splitlines()[0] == "epoch;loss;val_loss"


def diverging():
    return model(rate=1e6)


def test_non_finite_loss_raises_with_epoch_and_batch():
    with (
        pytest.raises(nn.NonFiniteLossError, match=r"the loss in epoch \d+, batch \d+ is (inf|nan); lower the"),
        np.errstate(all="ignore"),
    ):
        fit(diverging(), None, epochs=50)


def test_terminate_on_nan_stops_training_and_records_the_batch():
    callback = nn.TerminateOnNaN()
    with np.errstate(all="ignore"):
        history = fit(diverging(), [callback], epochs=50)
    epoch, batch = callback.stopped
    assert history.epoch == list(range(epoch + 1)) and epoch < 49 and 0 <= batch < 4
    assert not np.isfinite(history.history["loss"][-1]) and np.isfinite(history.history["loss"][:-1]).all()
    fit(model(), [callback], epochs=1)
    assert callback.stopped is None


def test_progress_output(capsys):
    fit(model(metrics=["mae"]), None, epochs=2, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[1].startswith("Epoch 2/2 ") and " val_mae=" in lines[1]
    fit(model(), None, epochs=1, verbose=1)
    bar = capsys.readouterr().out
    assert "1/4" in bar and bar.rstrip().splitlines()[-1].split("\r")[-1].lstrip("\x1b[K").startswith("Epoch 1/1 ")
    fit(model(), None, epochs=1, verbose="auto")
    assert capsys.readouterr().out.startswith("Epoch 1/1 ")
    fit(model(), None, verbose=0)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "callback, message",
    [
        (nn.EarlyStopping("val_acc"), "EarlyStopping: monitor must be one of loss, val_loss .*got 'val_acc'"),
        (nn.ModelCheckpoint("x.npz", monitor="auc", save_best_only=True), "ModelCheckpoint: monitor .*got 'auc'"),
        ("early", "callbacks must be instances of nn.Callback, got 'early'"),
    ],
)
def test_unusable_callbacks_raise(callback, message):
    with pytest.raises(ValueError, match=message):
        fit(model(), [callback])


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: nn.EarlyStopping(mode="up"), "mode must be .*got 'up'"),
        (lambda: nn.ReduceLROnPlateau(factor=1.0), r"factor must be a number in \(0, 1\), got 1.0"),
    ],
)
def test_invalid_arguments_raise(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_schedule_may_take_only_the_epoch():
    net = model()
    history = fit(net, [nn.LearningRateScheduler(lambda epoch: 0.1 / (1 + epoch))], epochs=2).history
    assert history["learning_rate"] == [0.1, 0.05]


def test_checkpoints_create_their_folder(tmp_path):
    fit(model(), [nn.ModelCheckpoint(tmp_path / "new" / "inside" / "{epoch}.npz")], epochs=1)
    assert nn.load_model(tmp_path / "new" / "inside" / "1.npz").built


def test_a_first_value_of_nan_counts_as_the_best():
    """As in Keras: no later value improves on it, and patience counts from the second epoch."""
    history = fit(model(), [Script([np.nan, 1, 2, 3, 4]), nn.EarlyStopping(patience=2)], epochs=5)
    assert len(history.epoch) == 3


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_the_progress_bar_prints_in_any_encoding(encoding, monkeypatch):
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output, encoding))
    fit(model(), [], epochs=1, verbose=1)
    sys.stdout.flush()
    assert b"Epoch 1/1 ====" in output.getvalue()
