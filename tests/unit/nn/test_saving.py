"""Saved models: exact round trips, bitwise reproducible resumption of training, and errors for invalid files."""

import copy
import io
import json
import os
import pickle
import re
import zipfile

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
def test_resumed_training_equals_uninterrupted_training(optimizer, dtype, tmp_path):
    """Weights, moments, schedules, dropout, noise and the order of the examples are bitwise equal."""
    x, y = data()
    uninterrupted = model(optimizer, dtype=dtype)
    history = uninterrupted.fit(x, y, batch_size=16, epochs=6, validation_data=(x, y), verbose=0)
    interrupted = model(optimizer, dtype=dtype)
    checkpoint = nn.ModelCheckpoint(tmp_path / "{epoch}.npz")
    interrupted.fit(x, y, batch_size=16, epochs=3, validation_data=(x, y), callbacks=[checkpoint], verbose=0)
    resumed = nn.load_model(tmp_path / "3.npz")
    rest = resumed.fit(x, y, batch_size=16, epochs=6, initial_epoch=3, validation_data=(x, y), verbose=0)
    assert rest.epoch == [3, 4, 5]
    assert {name: values[3:] for name, values in history.history.items()} == rest.history
    for expected, weight in zip(uninterrupted.get_weights(), resumed.get_weights(), strict=True):
        assert expected.tobytes() == weight.tobytes()
    for name, moment in uninterrupted.optimizer.state.items():
        assert moment.tobytes() == resumed.optimizer.state[name].tobytes()


def test_a_loaded_model_predicts_and_evaluates_the_same(tmp_path):
    x, y = data()
    net = model()
    net.fit(x, y, epochs=2, verbose=0)
    net.save(tmp_path / "m.npz")
    loaded = nn.load_model(tmp_path / "m.npz")
    assert loaded.predict(x).tobytes() == net.predict(x).tobytes()
    assert loaded.evaluate(x, y) == net.evaluate(x, y)
    assert loaded.get_config() == net.get_config()


def test_saved_files_are_reproducible_and_leave_no_temporary_files(tmp_path):
    net = model()
    net.save(tmp_path / "a.npz")
    nn.load_model(tmp_path / "a.npz").save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["a.npz", "b.npz"]


def test_a_learning_rate_set_by_a_callback_is_saved(tmp_path):
    x, y = data()
    net = model("sgd")
    net.fit(x, y, epochs=1, callbacks=[nn.LearningRateScheduler(lambda epoch, rate: 0.003)], verbose=0)
    net.save(tmp_path / "m.npz")
    assert nn.load_model(tmp_path / "m.npz").optimizer.learning_rate == 0.003


def test_uncompiled_and_unbuilt_models_can_be_saved(tmp_path):
    net = nn.Sequential([nn.Dense(3)], seed=1)
    net.save(tmp_path / "m.npz")
    loaded = nn.load_model(tmp_path / "m.npz")
    assert not loaded.built and loaded.optimizer is None
    x, _ = data()
    net.build((None, 6))
    loaded.build((None, 6))
    np.testing.assert_array_equal(net.predict(x), loaded.predict(x))


@pytest.mark.parametrize("make_copy", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_are_complete_and_independent(make_copy):
    x, y = data()
    net = model()
    net.fit(x, y, epochs=1, verbose=0)
    clone = make_copy(net)
    assert not np.shares_memory(clone.params, net.params)
    assert all(layer.params[name].base is clone.params for layer in clone.walk() for name in layer.params)
    predictions = net.predict(x)
    history = clone.fit(x, y, epochs=2, verbose=0).history
    np.testing.assert_array_equal(net.predict(x), predictions)
    assert net.fit(x, y, epochs=2, verbose=0).history == history


def test_weights_can_be_copied_between_equal_architectures():
    x, _ = data()
    source, target = model(seed=1), model(seed=2)
    assert not np.array_equal(source.predict(x), target.predict(x))
    target.set_weights(source.get_weights())
    np.testing.assert_array_equal(source.predict(x), target.predict(x))


def test_nothing_is_pickled(tmp_path):
    model().save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz", allow_pickle=False) as archive:
        assert json.loads(archive["model"].tobytes())["format"] == "layerwise.nn 2"
        assert not any(archive[name].dtype.hasobject for name in archive.files)


# --- damaged files ---------------------------------------------------------------------------------------------------


def rewrite(path, **changes):
    """Rewrite the file with some of its arrays changed, or removed if None."""
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


def replace_member(path, name, content):
    """Replace the bytes of one member of the zip file."""
    with zipfile.ZipFile(path) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for member, old in members.items():
            archive.writestr(member, content if member == name else old)


def encrypt(path):
    """Set the flag of an encrypted member in the directory of the zip file."""
    entry = re.compile(rb"(PK\x01\x02.{4}).", re.DOTALL)
    path.write_bytes(entry.sub(lambda match: match[1] + b"\x01", path.read_bytes()))


def header(dtype, shape):
    """Return the header of an .npy file that declares an array of this type and shape."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue()


DAMAGE = {
    "empty": (lambda path: path.write_bytes(b""), "not a readable .npz"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:3000]), "not a readable .npz"),
    "flipped": (
        lambda path: path.write_bytes(
            (lambda b: b[: len(b) // 2] + bytes([b[len(b) // 2] ^ 255]) + b[len(b) // 2 + 1 :])(path.read_bytes())
        ),
        "not a readable .npz",
    ),
    "text": (lambda path: path.write_text("plain text"), "not a readable .npz"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps({"a": 1})), "not a readable .npz"),
    "single array": (lambda path: np.save(path.open("wb"), np.ones(3)), "not a readable .npz"),
    "foreign": (lambda path: np.savez(path, x=np.ones(3)), "must be a model written by model.save, got an .npz with x"),
    "no json": (lambda path: np.savez(path, model=np.ones(3, np.uint8)), "cannot be read as a model by this version"),
    "another json": (
        lambda path: np.savez(path, model=np.frombuffer(b"[1, 2]", np.uint8)),
        "cannot be read as a model by this version",
    ),
    "newer": (lambda path: rewrite(path, d=lambda d: d.update(format="layerwise.nn 9")), "'layerwise.nn 9'"),
    "lost weight": (lambda path: rewrite(path, **{"weight/2/first/kernel": None}), "weight/2/first/kernel"),
    "other shape": (
        lambda path: rewrite(path, **{"weight/2/first/kernel": np.ones((2, 2))}),
        r"weight/2/first/kernel must have shape \(6, 8\) and dtype float32, got \(2, 2\) and float64",
    ),
    **{
        f"weights {name}": (
            lambda path, value=value: rewrite(path, **{"weight/2/first/kernel": np.full((6, 8), value)}),
            "weight/2/first/kernel must be finite numbers of a floating-point type",
        )
        for name, value in {"NaN": np.nan, "infinite": np.float32(np.inf), "complex": 1j, "text": "1"}.items()
    },
    "weights beyond float32": (
        lambda path: rewrite(path, **{"weight/2/first/kernel": np.full((6, 8), 1e40)}),
        "must have shape .* and dtype float32, got .* float64",
    ),
    "728 TiB": (
        lambda path: replace_member(path, "weight/2/first/kernel.npy", header("<f8", (10**14,))),
        "not a readable .npz .*Unable to allocate 728",
    ),
    "no array": (
        lambda path: replace_member(path, "weight/2/first/kernel.npy", b"text"),
        "weight/2/first/kernel.* must be finite numbers",
    ),
    "encrypted": (encrypt, "not a readable .npz .*is encrypted"),
    "deep json": (
        lambda path: np.savez(path, model=np.frombuffer(b"[" * 100_000 + b"]" * 100_000, np.uint8)),
        "cannot be read as a model by this version: .*recursion",
    ),
    "no optimizer": (
        lambda path: rewrite(path, d=lambda d: d.update(optimizer=None)),
        "optimizer must be a name or an",
    ),
    "no loss": (lambda path: rewrite(path, d=lambda d: d.pop("loss")), "'loss' is missing"),
    "moments": (
        lambda path: rewrite(path, **{"optimizer/momentum": np.ones(2, "float32")}),
        "optimizer/momentum must have shape",
    ),
    "step count": (
        lambda path: rewrite(path, d=lambda d: d.update(iterations="x")),
        "iterations must be an integer ≥ 0",
    ),
    "too many units": (
        lambda path: rewrite(path, d=lambda d: d["architecture"]["layers"][2]["config"].update(units=10**12)),
        "cannot be read as a model by this version: Unable to allocate",
    ),
    "unknown layer": (
        lambda path: rewrite(path, d=lambda d: d["architecture"]["layers"][2].update(class_name="Dence")),
        "unknown layer 'Dence'; did you mean 'dense'",
    ),
    "generators": (lambda path: rewrite(path, d=lambda d: d.update(generators=[{}, {}])), "cannot be read as a model"),
    "generator state": (
        lambda path: rewrite(path, d=lambda d: d["generators"][0]["state"].update(state=2**200)),
        "cannot be read as a model",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_errors_for_damaged_and_foreign_files_name_the_file(name, tmp_path):
    damage, message = DAMAGE[name]
    path = tmp_path / "m.npz"
    model().save(path)
    damage(path)
    with pytest.raises(ValueError, match=message) as error:
        nn.load_model(path)
    assert str(path) in str(error.value)


def test_missing_files_and_wrong_suffixes_raise(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.npz: no such file"):
        nn.load_model(tmp_path / "nowhere.npz")
    with pytest.raises(ValueError, match=r"a model file must end in \.npz, got the suffix '\.h5'"):
        model().save(tmp_path / "m.h5")


def test_saving_into_a_missing_folder_names_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"new/m\.npz: there is no folder '.*new'"):
        model().save(tmp_path / "new" / "m.npz")


def test_a_failed_save_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "m.npz"
    net = model()
    net.save(path)
    content = path.read_bytes()

    def disk_full(file, **arrays):
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", disk_full)
    with pytest.raises(OSError, match="No space left"):
        net.save(path)
    assert path.read_bytes() == content and os.listdir(tmp_path) == ["m.npz"]
