"""User arrays: minimal specifications that work, and an error message for each kind of mistake."""

import numpy as np
import pytest


def test_a_missing_file_is_an_error(prepared):
    with pytest.raises(FileNotFoundError, match=r"^none\.npz: no such file$"):
        prepared({"npz": "none.npz"})


X = np.random.default_rng(0).normal(size=(40, 3))
Y = np.arange(40) % 3
PIXELS = np.random.default_rng(0).integers(0, 256, size=(40, 5, 4), dtype=np.uint8)


@pytest.mark.parametrize(
    "arrays, kind, shape, task",
    [
        ({"x": X, "y": Y}, "table", [3], "multiclass"),
        ({"x": X, "y": np.array(list("abc"))[Y]}, "table", [3], "multiclass"),
        ({"x": X, "y": X[:, 0]}, "table", [3], "regression"),
        ({"x": X, "y": X[:, :2]}, "table", [3], "regression"),
        ({"x": PIXELS, "y": Y % 2}, "image", [5, 4, 1], "binary"),
        ({"x": PIXELS[..., None].repeat(3, -1), "y": Y}, "image", [5, 4, 3], "multiclass"),
        ({"x": X[:, :, None], "y": Y}, "series", [3, 1], "multiclass"),
    ],
)
def test_an_npz_needs_its_path_only(prepared, tmp_path, arrays, kind, shape, task):
    np.savez(tmp_path / "my.npz", **arrays)
    info = prepared({"npz": str(tmp_path / "my.npz")}).info
    assert (info["kind"], info["shape"], info["task"]) == (kind, shape, task)
    assert list(info["counts"].values()) == [26, 6, 8]


@pytest.mark.parametrize(
    ("labels", "task", "names"),
    [
        (np.array([2**63 + 1, 2**64 - 1], np.uint64), None, ["9223372036854775809", "18446744073709551615"]),
        (np.array([1e20, 2e20]), "classification", ["100000000000000000000", "200000000000000000000"]),
        (np.array([-1, 5]), None, ["-1", "5"]),
    ],
)
def test_labels_of_an_npz_are_lossless(prepared, tmp_path, labels, task, names):
    np.savez(tmp_path / "my.npz", x=X, y=labels[np.arange(40) % 2])
    info = prepared({"npz": str(tmp_path / "my.npz"), "task": task}).info
    assert info["class_names"] == names and info["class_balance"]["test"] == [4, 4]


def test_the_splits_of_an_npz_are_kept(prepared, tmp_path):
    path = tmp_path / "my.npz"
    np.savez(path, x_train=X[:30], y_train=Y[:30], x_test=X[30:], y_test=Y[30:])
    two = prepared({"npz": str(path), "scaling": "none"}, "two")
    np.testing.assert_array_equal(two.test[0], np.float32(X[30:]))
    assert list(two.info["counts"].values()) == [24, 6, 10]
    np.savez(path, x_train=X[:20], y_train=Y[:20], x_validation=X[20:30], y_validation=Y[20:30], x_test=X[30:],
             y_test=Y[30:])  # fmt: skip
    three = prepared({"npz": str(path), "scaling": "none"}, "three")
    np.testing.assert_array_equal(three.train[0], np.float32(X[:20]))
    np.testing.assert_array_equal(three.validation[0], np.float32(X[20:30]))


def with_value(value):
    x = X.copy()
    x[17, 2] = value
    return x


NPZ = [
    ("nan", {"x": with_value(np.nan), "y": Y}, {},
     "x[17, 2]: must be a finite number of at most 3.4e+38, the largest in float32, got nan"),
    ("infinite", {"x": with_value(np.inf), "y": Y}, {}, "x[17, 2]: must be a finite number"),
    ("too large", {"x": with_value(-1e40), "y": Y}, {}, "x[17, 2]: must be a finite number of at most 3.4e+38, the"),
    ("nan target", {"x": X, "y": with_value(np.nan)[:, 2]}, {}, "y[17]: must be a finite number"),
    ("no y", {"x": X}, {}, "no array 'y'; must contain x and y, or x_train, y_train, x_test and y_test, got ['x']"),
    ("no test", {"x_train": X, "y_train": Y}, {}, "y_train, x_test and y_test, got ['x_train', 'y_train']"),
    ("lengths", {"x": X, "y": Y[1:]}, {},
     "x and y must have the same number of examples, at least 1, got shapes (40, 3) and (39,)"),
    ("channels first", {"x": PIXELS.repeat(9, 1).reshape(40, 3, 5, 12), "y": Y}, {},
     "images must have 1 to 4 channels on the last axis, got shape (40, 3, 5, 12)"),
    ("one-hot", {"x": X, "y": np.eye(3)[Y]}, {},
     "array 'y': classes must be indices of shape (n,), got one-hot rows of shape (40, 3)"),
    ("empty images", {"x": np.zeros((40, 0, 5), np.uint8), "y": Y}, {},
     "x must have at least one value per example, got shape (40, 0, 5)"),
    ("shape", {"x": X[:, :, None, None], "y": Y}, {}, "channels), got dtype float64 and shape (40, 3, 1, 1)"),
    ("text features", {"x": X.astype(str), "y": Y}, {},
     "array 'x': must be numeric (y: numeric or text), got dtype <U"),
    ("too high", {"x": X, "y": Y}, {"class_names": ["a", "b"]},
     "row 3: label must be from 0 to 1, an index into the 2 class_names, got '2'"),
    ("negative", {"x": X, "y": Y - 1}, {"class_names": ["a", "b"]},
     "row 1: label must be from 0 to 1, an index into the 2 class_names, got '-1'"),
    ("one class", {"x": X, "y": Y * 0}, {}, "array 'y': must have at least two classes, got only '0'"),
    ("fractions", {"x": X, "y": Y + 0.5}, {"task": "classification"},
     "row 1: a class label must be text or an integer, got 0.5"),
    ("unseen class", {"x_train": X, "y_train": Y % 2, "x_test": X, "y_test": Y}, {},
     "a label of y_test must occur in y_train, ['0', '1'], got '2'"),
    ("differing", {"x_train": X, "y_train": Y, "x_test": X[:, :2], "y_test": Y}, {},
     "examples in x_test must have the shape of those in x_train, (3,), got (2,)"),
    ("scaled image", {"x": PIXELS, "y": Y}, {"scaling": "minmax"},
     "scaling must be 'none' for images, whose pixels are always scaled to [0, 1], got 'minmax'"),
    ("objects", {"x": X, "y": np.array([None] * 40)}, {}, "must be a complete .npz of numeric and text arrays"),
]  # fmt: skip


@pytest.mark.parametrize("arrays, spec, sentence", [row[1:] for row in NPZ], ids=[row[0] for row in NPZ])
def test_an_invalid_npz_is_an_error(prepared, tmp_path, arrays, spec, sentence):
    path = tmp_path / "my.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError) as caught:
        prepared({"npz": str(path), **spec})
    assert str(caught.value).startswith(str(path)) and sentence in str(caught.value)
    assert not (tmp_path / "data").exists()
