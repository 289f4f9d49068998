"""Files: what comes back is the model that was saved, training goes on bit for bit, and foreign files are refused."""

import copy
import json
import os
import pickle

import numpy as np
import pytest

from layerwise import nn


def data(n=50):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 6)).astype("float32"), rng.integers(0, 3, n)


OPTIMIZERS = {
    "sgd": lambda: nn.SGD(0.05, momentum=0.9, nesterov=True, clipnorm=1.0),
    "rmsprop": lambda: nn.RMSprop(0.01, momentum=0.3),
    "adagrad": lambda: nn.Adagrad(0.05),
    "adam": lambda: nn.Adam(nn.CosineDecay(0.01, 20), global_clipnorm=2.0),
    "adamw": lambda: nn.AdamW(0.01),
}


def model(optimizer="adam", seed=4, dtype="float32"):
    net = nn.Sequential(
        [
            nn.Input((6,)),
            nn.Reshape((2, 3)),
            nn.Flatten(),
            nn.Dense(8, kernel_initializer=nn.HeNormal(), kernel_regularizer=nn.L2(1e-3), name="first"),
            nn.BatchNormalization(momentum=0.9),
            nn.LeakyReLU(0.1),
            nn.Dropout(0.3),
            nn.Residual([nn.LayerNormalization(), nn.Dense(8, activation="gelu")]),
            nn.Parallel([[nn.Dense(4, activation="tanh"), nn.Dropout(0.2)], [nn.Dense(3)]]),
            nn.GaussianNoise(0.1),
            nn.Dense(3, activation="softmax", kernel_constraint=nn.MaxNorm(3.0)),
        ],
        seed=seed,
        dtype=dtype,
    )
    net.compile(OPTIMIZERS[optimizer](), nn.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    return net


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_resumed_training_equals_training_never_stopped(optimizer, dtype, tmp_path):
    """Weights, moments, schedules, dropout, noise and the order of the examples: bit for bit."""
    x, y = data()
    whole = model(optimizer, dtype=dtype)
    history = whole.fit(x, y, batch_size=16, epochs=6, validation_data=(x, y), verbose=0)
    stopped = model(optimizer, dtype=dtype)
    checkpoint = nn.ModelCheckpoint(tmp_path / "{epoch}.npz")
    stopped.fit(x, y, batch_size=16, epochs=3, validation_data=(x, y), callbacks=[checkpoint], verbose=0)
    resumed = nn.load_model(tmp_path / "3.npz")
    rest = resumed.fit(x, y, batch_size=16, epochs=6, initial_epoch=3, validation_data=(x, y), verbose=0)
    assert rest.epoch == [3, 4, 5]
    assert {name: values[3:] for name, values in history.history.items()} == rest.history
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        assert one.tobytes() == other.tobytes()
    for name, moment in whole.optimizer.state.items():
        assert moment.tobytes() == resumed.optimizer.state[name].tobytes()


def test_a_loaded_model_predicts_and_evaluates_the_same(tmp_path):
    x, y = data()
    net = model()
    net.fit(x, y, epochs=2, verbose=0)
    net.save(tmp_path / "m.npz")
    twin = nn.load_model(tmp_path / "m.npz")
    assert twin.predict(x).tobytes() == net.predict(x).tobytes()
    assert twin.evaluate(x, y) == net.evaluate(x, y)
    assert twin.get_config() == net.get_config()


def test_saving_twice_gives_the_same_bytes_and_leaves_nothing_else(tmp_path):
    net = model()
    net.save(tmp_path / "a.npz")
    nn.load_model(tmp_path / "a.npz").save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["a.npz", "b.npz"]


def test_the_rate_a_callback_set_is_kept(tmp_path):
    x, y = data()
    net = model("sgd")
    net.fit(x, y, epochs=1, callbacks=[nn.LearningRateScheduler(lambda epoch, rate: 0.003)], verbose=0)
    net.save(tmp_path / "m.npz")
    assert nn.load_model(tmp_path / "m.npz").optimizer.learning_rate == 0.003


def test_models_that_are_not_compiled_or_not_built_come_back_so(tmp_path):
    net = nn.Sequential([nn.Dense(3)], seed=1)
    net.save(tmp_path / "m.npz")
    twin = nn.load_model(tmp_path / "m.npz")
    assert not twin.built and twin.optimizer is None
    x, _ = data()
    net.build((None, 6))
    twin.build((None, 6))
    np.testing.assert_array_equal(net.predict(x), twin.predict(x))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_is_whole_and_its_own(copied):
    x, y = data()
    net = model()
    net.fit(x, y, epochs=1, verbose=0)
    twin = copied(net)
    assert not np.shares_memory(twin.params, net.params)
    assert all(layer.params[name].base is twin.params for layer in twin.walk() for name in layer.params)
    kept = net.predict(x)
    history = twin.fit(x, y, epochs=2, verbose=0).history
    np.testing.assert_array_equal(net.predict(x), kept)
    assert net.fit(x, y, epochs=2, verbose=0).history == history


def test_weights_move_between_models_of_the_same_architecture():
    x, _ = data()
    one, other = model(seed=1), model(seed=2)
    assert not np.array_equal(one.predict(x), other.predict(x))
    other.set_weights(one.get_weights())
    np.testing.assert_array_equal(one.predict(x), other.predict(x))


def test_nothing_is_pickled(tmp_path):
    model().save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz", allow_pickle=False) as archive:
        assert json.loads(archive["model"].tobytes())["format"] == "layerwise.nn 1"
        assert not any(archive[name].dtype.hasobject for name in archive.files)


# --- damage ----------------------------------------------------------------------------------------------------------


def rewritten(path, **changes):
    """Write the file again with some of its arrays changed, None for left out."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    description = json.loads(arrays["model"].tobytes())
    for name, change in changes.items():
        if callable(change):
            change(description)
            arrays["model"] = np.frombuffer(json.dumps(description).encode(), np.uint8)
        elif change is None:
            del arrays[name]
        else:
            arrays[name] = change
    np.savez(path, **arrays)


DAMAGE = {
    "empty": (lambda path: path.write_bytes(b""), "not a whole .npz"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:3000]), "not a whole .npz"),
    "flipped": (
        lambda path: path.write_bytes(
            (lambda b: b[: len(b) // 2] + bytes([b[len(b) // 2] ^ 255]) + b[len(b) // 2 + 1 :])(path.read_bytes())
        ),
        "not a whole .npz",
    ),
    "text": (lambda path: path.write_text("weights, honest"), "not a whole .npz"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps({"a": 1})), "not a whole .npz"),
    "single array": (lambda path: np.save(path.open("wb"), np.ones(3)), "not a whole .npz"),
    "foreign": (lambda path: np.savez(path, x=np.ones(3)), "not a model written by model.save"),
    "no json": (lambda path: np.savez(path, model=np.ones(3, np.uint8)), "not a model this version can read"),
    "another json": (
        lambda path: np.savez(path, model=np.frombuffer(b"[1, 2]", np.uint8)),
        "not a model this version can read",
    ),
    "newer": (lambda path: rewritten(path, d=lambda d: d.update(format="layerwise.nn 9")), "'layerwise.nn 9'"),
    "lost weight": (lambda path: rewritten(path, **{"weight/2/first/kernel": None}), "weight/2/first/kernel"),
    "other shape": (
        lambda path: rewritten(path, **{"weight/2/first/kernel": np.ones((2, 2))}),
        r"weight/2/first/kernel has shape \(2, 2\)",
    ),
    "unknown layer": (
        lambda path: rewritten(path, d=lambda d: d["architecture"]["layers"][2].update(class_name="Dence")),
        "unknown layer 'Dence'; did you mean 'dense'",
    ),
    "generator": (lambda path: rewritten(path, d=lambda d: d.update(generator={})), "not a model this version"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_and_foreign_files_are_refused_with_their_name(name, tmp_path):
    damage, message = DAMAGE[name]
    path = tmp_path / "m.npz"
    model().save(path)
    damage(path)
    with pytest.raises(ValueError, match=message) as error:
        nn.load_model(path)
    assert str(path) in str(error.value)


def test_a_missing_file_and_a_strange_suffix_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.npz: no such file"):
        nn.load_model(tmp_path / "nowhere.npz")
    with pytest.raises(ValueError, match=r"a model is saved as \.npz; got the suffix '\.h5'"):
        model().save(tmp_path / "m.h5")


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "m.npz"
    net = model()
    net.save(path)
    kept = path.read_bytes()

    def full(file, **arrays):
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        net.save(path)
    assert path.read_bytes() == kept and os.listdir(tmp_path) == ["m.npz"]
