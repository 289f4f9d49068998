"""User tables and arrays: minimal specifications that work, and an error message for each kind of mistake."""

import numpy as np
import pytest

ROWS = [f"{i},{i * 2 % 7},{'yes' if i % 3 else 'no'}" for i in range(40)]
HEADER = "a,b,label"


def csv_text(*, header=HEADER, replace=None, rows=ROWS):
    text = "\n".join([header, *rows]) + "\n"
    return text.replace(*replace) if replace else text


def test_a_csv_needs_its_path_and_label_only(prepared, tmp_path):
    (tmp_path / "my.csv").write_text("﻿" + csv_text(), encoding="utf-8")
    made = prepared({"csv": str(tmp_path / "my.csv"), "label": "label"}, "my_table")
    info = made.info
    assert (info["title"], info["kind"], info["task"], info["class_names"]) == (
        "my_table", "table", "binary", ["yes", "no"],  # the rarer class is the positive one
    )  # fmt: skip
    assert info["feature_names"] == ["a", "b"] and sum(info["counts"].values()) == 40
    assert info["scaling"]["name"] == "standard" and info["inputs"][0]["file"] == str(tmp_path / "my.csv")
    x, y = made.test
    a = np.round(x[:, 0] * info["scaling"]["scale"][0] + info["scaling"]["mean"][0]).astype(int)
    np.testing.assert_array_equal(y, a % 3 == 0)


@pytest.mark.parametrize(
    "label, more, task",
    [
        (lambda i: i % 3, {}, "multiclass"),
        (lambda i: i, {}, "regression"),
        (lambda i: i / 7, {}, "regression"),
        (lambda i: i % 3, {"task": "regression"}, "regression"),
        (lambda i: i % 2 == 0, {}, "binary"),
        (lambda i: i % 2, {"class_names": ["off", "on"]}, "binary"),
    ],
)
def test_the_task_is_inferred_from_the_label(prepared, tmp_path, label, more, task):
    (tmp_path / "my.csv").write_text(csv_text(header="id,x,y", rows=[f"{i},{i % 5},{label(i)}" for i in range(60)]))
    made = prepared({"csv": str(tmp_path / "my.csv"), "label": "y", "drop": ["id"], **more})
    assert made.info["task"] == task and made.info["feature_names"] == ["x"]
    if task == "regression":
        scaling, y = made.info["scaling"]["target"], made.arrays["train"]["y"]
        assert y.dtype == np.float32 and y.shape[1:] == (1,) and abs(y.mean()) < 1e-6
        expected = np.unique([float(label(i)) for i in range(60)])
        unscaled = y * scaling["scale"] + scaling["mean"]
        assert np.abs(unscaled - expected[None]).min(axis=1).max() < 1e-4
    elif "class_names" in more:
        assert made.info["class_names"] == ["off", "on"]


CSV = [
    ("missing value", {"replace": ("\n5,", "\n,")}, {}, "column 'a', row 6: missing value (1 in the column)"),
    ("nan", {"replace": ("\n5,", "\nnan,")}, {}, "column 'a', row 6: missing value"),
    ("missing label", {"replace": (",no\n", ",\n")}, {}, "column 'label', row 1: missing value (14 in the column)"),
    ("text", {"replace": ("\n5,", "\nred,")}, {}, "column 'a', row 6: got 'red'; a feature must be a finite number"),
    ("infinite", {"replace": ("\n5,", "\n-inf,")}, {}, "column 'a', row 6: got '-inf'; a feature must be a finite"),
    ("one class", {"replace": ("yes", "no")}, {}, "column 'label': must have at least two classes, got only 'no'"),
    ("one named class", {"replace": ("yes", "no")}, {"class_names": ["no", "yes"]}, "two classes, got only 'no'"),
    ("no such label", {}, {"label": "lable"}, "no column 'lable'; did you mean 'label'?"),
    ("no such drop", {}, {"drop": ["zzz"]}, "no column 'zzz'; must be one of a, b, label"),
    ("no feature", {}, {"drop": ["a", "b"]}, "at least one feature column besides the label 'label', got none"),
    ("no rows", {"rows": []}, {}, "must have at least one row below the header"),
    ("short header", {"header": "a,label"}, {}, "the rows have more fields than the header"),
    ("one long row", {"replace": ("\n5,", "\n5,5,")}, {}, "must be a CSV file in UTF-8 (Error tokenizing data"),
    ("separator", {}, {"separator": ";"}, "no column 'label'; did you mean 'a,b,label'?"),
    ("range", {}, {"class_names": ["no", "maybe"]},
     "row 2: label must be one of the class_names ['no', 'maybe'], got 'yes'"),
    ("text target", {}, {"task": "regression"},
     "column 'label', row 1: the target of a regression must be a number, got 'no'"),
    ("noisy regression", {}, {"label": "a", "drop": ["label"], "label_noise": 0.1},
     "label_noise must be 0 for a regression, got 0.1"),
    ("rare class", {"rows": [*ROWS, "1,1,rare"]}, {}, "but class 'rare' has 1"),
    ("fractional class", {"replace": ("yes", "0.5")}, {"label": "b", "drop": ["label"], "task": "classification",
     "class_names": ["only"]}, "row 2: label must be from 0 to 0, an index into the 1 class_names, got '2'"),
]  # fmt: skip


@pytest.mark.parametrize("text, spec, sentence", [row[1:] for row in CSV], ids=[row[0] for row in CSV])
def test_an_invalid_csv_is_an_error(prepared, tmp_path, text, spec, sentence):
    path = tmp_path / "my.csv"
    path.write_text(csv_text(**text))
    with pytest.raises(ValueError) as caught:
        prepared({"csv": str(path), "label": "label", **spec})
    assert sentence in str(caught.value) and "\n" not in str(caught.value)
    assert "my.csv" in str(caught.value) or "dataset 'mine'" in str(caught.value)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("content", [b"", b"a,label\n\xff\xfe,1\n"])
def test_an_unreadable_csv_is_an_error(prepared, tmp_path, content):
    (tmp_path / "my.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"my\.csv: must be a CSV file in UTF-8"):
        prepared({"csv": str(tmp_path / "my.csv"), "label": "label"})


@pytest.mark.parametrize("spec", [{"csv": "none.csv", "label": "y"}, {"npz": "none.npz"}])
def test_a_missing_file_is_an_error(prepared, spec):
    with pytest.raises(FileNotFoundError, match=r"^none\.(csv|npz): no such file$"):
        prepared(spec)


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
    ("nan", {"x": with_value(np.nan), "y": Y}, {}, "x[17, 2]: must be a finite number, got nan"),
    ("infinite", {"x": with_value(np.inf), "y": Y}, {}, "x[17, 2]: must be a finite number, got inf"),
    ("nan target", {"x": X, "y": with_value(np.nan)[:, 2]}, {}, "y[17]: must be a finite number, got nan"),
    ("no y", {"x": X}, {}, "no array 'y'; must contain x and y, or x_train, y_train, x_test and y_test, got ['x']"),
    ("no test", {"x_train": X, "y_train": Y}, {}, "y_train, x_test and y_test, got ['x_train', 'y_train']"),
    ("lengths", {"x": X, "y": Y[1:]}, {},
     "x and y must have the same number of examples, at least 1, got shapes (40, 3) and (39,)"),
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
