"""The training loops of the Keras backend: order of the examples, stopping, and reuse of loops between models."""

import json
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_runs import SPEC, train, write_dataset

from layerwise.experiments import batches, keras_backend, keras_loops, numpy_backend, run

REGRESSION = {
    "model": [{"layer": "Dense", "units": 1}],
    "loss": {"name": "MeanSquaredError"},
    "optimizer": {"name": "SGD", "learning_rate": 1e-3},
}
HELD_OUT = 1000  # first id of the validation split


class Seen(keras.metrics.Metric):
    """A metric that records the targets of each batch; the targets are the ids of the examples."""

    batches: list[list[int]] = []

    def update_state(self, y_true, y_pred, sample_weight=None):
        tf.numpy_function(lambda y: self.batches.append(y.ravel().astype(int).tolist()), [y_true], [])

    def result(self):
        return 0.0


@pytest.fixture
def seen(monkeypatch):
    """Return a function that fits a model on examples numbered from 0 and returns the batches of each epoch."""

    def fitted(examples, size, epochs, seed=3, held_out=5, **changes):
        monkeypatch.setattr(Seen, "batches", [])
        spec = {**REGRESSION, "batch_size": size, "epochs": epochs, **changes}
        model = keras_backend.build(spec, (1,), 1, Seen(name="seen"), seed, "e")
        splits = [
            np.arange(first, first + n, dtype=np.float64)[:, None] for first, n in ((0, examples), (HELD_OUT, held_out))
        ]
        rows = keras_backend.fit(model, spec, *[(y / 1000, y) for y in splits])
        epoch_batches = [[]]
        for batch in Seen.batches:
            if batch[0] < HELD_OUT:
                epoch_batches[-1].append(batch)
            elif batch[0] == HELD_OUT:  # validation begins, so the training epoch has ended
                epoch_batches.append([])
        assert epoch_batches.pop() == []
        return epoch_batches, rows

    return fitted


def test_each_epoch_has_a_new_order_that_depends_on_the_seed_and_is_drawn_lazily():
    first, second, third = batches.order(0, 50, 3)
    for each in (first, second, third):
        assert each.dtype == np.int32 and sorted(each) == list(range(50))
    assert not np.array_equal(first, second) and not np.array_equal(second, third)
    np.testing.assert_array_equal(list(batches.order(0, 50, 2)), [first, second])
    assert not np.array_equal(next(batches.order(1, 50, 1)), first)
    assert len(next(batches.order(0, 10, 10**15))) == 10


@pytest.mark.parametrize(
    "examples, size, sizes", [(10, 4, [4, 4, 2]), (12, 4, [4, 4, 4]), (10, 16, [10]), (3, 1, [1] * 3)]
)
def test_each_epoch_sees_every_example_once_in_the_order_of_its_seed(seen, examples, size, sizes):
    for seed in (3, 4):  # the second model reuses the loops of the first
        epoch_batches, _ = seen(examples, size, 4, seed)
        assert [[len(batch) for batch in epoch] for epoch in epoch_batches] == [sizes] * 4
        orders = [np.concatenate(epoch) for epoch in epoch_batches]
        np.testing.assert_array_equal(orders, list(batches.order(seed, examples, 4)))
        assert len({order.tobytes() for order in orders}) > 1


def test_validation_covers_all_examples_in_order(seen):
    seen(4, 4, 1, held_out=2500)
    validation = [batch for batch in Seen.batches if batch[0] >= HELD_OUT]
    assert [len(batch) for batch in validation] == [1024, 1024, 452]
    np.testing.assert_array_equal(np.concatenate(validation), np.arange(HELD_OUT, HELD_OUT + 2500))


def test_training_stops_at_the_batch_that_makes_the_loss_infinite(seen):
    epoch_batches, rows = seen(40, 4, 9, optimizer={"name": "SGD", "learning_rate": 1e12})
    assert len(epoch_batches) == len(rows) == 1
    assert 1 < len(epoch_batches[0]) < 10
    assert not np.isfinite(rows[0]["loss"])


def test_early_stopping_restores_the_best_weights_for_every_seed():
    patience, epochs = 2, 30
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 6)).astype(np.float32)
    y = (x[:, :1] + rng.normal(size=(40, 1))).astype(np.float32)
    spec = {
        **REGRESSION,
        "model": [{"layer": "Dense", "units": 32, "activation": "relu"}, {"layer": "Dense", "units": 1}],
        "optimizer": {"name": "Adam", "learning_rate": 0.05},
        "batch_size": 8,
        "epochs": epochs,
        "early_stopping": {"patience": patience},
    }
    for seed in (0, 1):
        model = keras_backend.build(spec, (6,), 1, "mae", seed, "e")
        rows = keras_backend.fit(model, spec, (x[:20], y[:20]), (x[20:], y[20:]))
        losses = [row["val_loss"] for row in rows]
        best = int(np.argmin(losses))
        assert best + patience + 1 == len(rows) < epochs
        error = np.mean((keras_backend.predict(model, x[20:]) - y[20:]) ** 2)
        assert error == pytest.approx(losses[best], rel=1e-5)
        assert error != pytest.approx(losses[-1], rel=1e-3)


def test_the_state_of_the_traced_model_is_restored():
    spec = {**SPEC, "epochs": 2}
    rng = np.random.default_rng(0)
    split = rng.normal(size=(20, 4)).astype(np.float32), rng.integers(0, 3, 20)
    models = [keras_backend.build(spec, (4,), 3, "accuracy", seed, "e") for seed in (0, 1)]
    keras_backend.fit(models[0], spec, split, split)
    variables = models[0].variables + models[0].optimizer.variables
    before = [variable.numpy() for variable in variables]
    keras_backend.fit(models[1], spec, split, split)
    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    assert int(models[1].optimizer.iterations) == 4
    assert any((a != b).any() for a, b in zip(models[0].get_weights(), models[1].get_weights()))


AUGMENTED = {
    **SPEC,
    "model": [
        {"layer": "Reshape", "target_shape": [2, 2, 1]},
        {"layer": "RandomTranslation", "height_factor": 0.3, "width_factor": 0.3},
        {"layer": "Flatten"},
        {"layer": "BatchNormalization"},
        {"layer": "Dropout", "rate": 0.4},
        *SPEC["model"],
    ],
}
OTHER = {**SPEC, "optimizer": {"name": "SGD", "learning_rate": 0.1, "momentum": 0.9}}


def test_a_run_does_not_depend_on_what_its_process_trained_before(tmp_path):
    data = write_dataset(tmp_path / "data")
    assert train("keras", data, tmp_path / "alone", AUGMENTED, seeds=(1, 1)).returncode == 0
    job = run.Job(
        "tiny",
        AUGMENTED,
        "keras",
        run.read_inputs(*(data / f for f in ("train.npz", "validation.npz", "dataset.json"))),
    )
    for name, each, seed in (
        ("a", job, 0),
        ("second seed", job, 1),
        ("b", replace(job, spec=OTHER), 1),
        ("after another", job, 1),
        ("again", job, 1),
    ):
        run.train(each, seed, tmp_path / name)
    for name in ("second seed", "after another", "again"):
        for file in ("model.weights.h5", "model.json", "history.csv"):
            assert (tmp_path / name / file).read_bytes() == (tmp_path / "alone/seed-1" / file).read_bytes(), (
                name,
                file,
            )
    assert (tmp_path / "a/model.weights.h5").read_bytes() != (tmp_path / "again/model.weights.h5").read_bytes()


def test_only_models_of_the_same_architecture_share_loops():
    def loops_of(spec, frozen=False):
        model = keras_backend.build(spec, (4,), 3, "accuracy", 0, "e")
        model.layers[0].trainable = not frozen
        with keras_loops.loops_for(model) as loops:
            return loops

    first = loops_of(SPEC)
    assert loops_of(SPEC) is first
    for spec in (OTHER, AUGMENTED, {**SPEC, "loss": {"name": "SparseCategoricalCrossentropy"}}):
        first = loops_of(SPEC)
        assert loops_of(spec) is not first
    first = loops_of(SPEC)
    assert loops_of(SPEC, frozen=True) is not first


def test_an_epoch_is_traced_once():
    rng = np.random.default_rng(0)
    split = rng.normal(size=(20, 4)).astype(np.float32), rng.integers(0, 3, 20)
    for spec in (SPEC, AUGMENTED):
        for seed in (0, 1):
            model = keras_backend.build(spec, (4,), 3, "accuracy", seed, "e")
            keras_backend.fit(model, spec, split, split)
            with keras_loops.loops_for(model) as loops:
                counts = [function.experimental_get_tracing_count() for function in (loops._train, loops._evaluate)]
            assert counts == [1, 1]


def test_predictions_equal_those_of_keras_for_any_number_of_examples(tmp_path):
    model = keras_backend.build(AUGMENTED, (4,), 3, "accuracy", 0, "e")
    x = np.random.default_rng(0).normal(size=(2100, 4)).astype(np.float32)
    keras_backend.save(model, tmp_path)
    for examples in (1, 1024, 2100):
        expected = model.predict(x[:examples], batch_size=1024, verbose=0)
        np.testing.assert_array_equal(keras_backend.predict(model, x[:examples]), expected)
        np.testing.assert_array_equal(keras_backend.predict(keras_backend.load(tmp_path), x[:examples]), expected)


def test_keras_is_imported_without_its_optional_packages():
    script = """
        import json, sys
        import layerwise.experiments.keras_backend
        loaded = sorted({"IPython", "matplotlib", "pandas", "sklearn"} & set(sys.modules))
        import pandas
        print(json.dumps([loaded, pandas.DataFrame({"a": [1]}).shape]))
    """
    lines = "\n".join(line.strip() for line in script.splitlines())
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[], [1, 1]]


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_both_backends_start_from_the_same_weights_and_see_the_same_batches(optimizer):
    """Another order of the examples in any epoch would move the losses by a hundredth and more."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(70, 5)).astype(np.float32), rng.integers(3, size=70).astype(np.int32)
    spec = {
        "model": [{"layer": "Dense", "units": 8, "activation": "tanh"}, {"layer": "Dense", "units": "classes"}],
        "loss": {"name": "SparseCategoricalCrossentropy", "from_logits": True},
        "optimizer": {"name": optimizer, "learning_rate": 0.05},
        "batch_size": 16,
        "epochs": 6,
    }
    losses = []
    for backend in (numpy_backend, keras_backend):
        model = backend.build(spec, (5,), 3, "accuracy", 4, "e")
        losses.append([row["loss"] for row in backend.fit(model, spec, (x, y), (x, y))])
    np.testing.assert_allclose(*losses, rtol=1e-4)
    assert losses[0][-1] < losses[0][0]
