"""Bundled and generated sources: counts, shapes and classes."""

import numpy as np
import pytest
from statsmodels.datasets import sunspots

from layerwise.data import catalogue, docstrings, text
from layerwise.data.splits import load_texts

# source, kind, shape, counts (train, validation, test), class names or how many
TABLE = [
    ("mnist5k", "image", [28, 28, 1], (3200, 800, 1000), 10),
    ("digits", "image", [8, 8, 1], (1150, 288, 359), 10),
    ("digits_table", "table", [64], (1150, 288, 359), 10),
    ("breast_cancer", "table", [30], (364, 91, 114), ["malignant", "benign"]),
    ("iris", "table", [4], (96, 24, 30), ["setosa", "versicolor", "virginica"]),
    ("wine", "table", [13], (114, 28, 36), ["class_0", "class_1", "class_2"]),
    ("blobs", "table", [2], (384, 96, 120), 3),
    ("moons", "table", [2], (384, 96, 120), 2),
    ("circles", "table", [2], (384, 96, 120), 2),
    ("spirals", "table", [2], (384, 96, 120), 2),
    ("flower", "table", [2], (384, 96, 120), 2),
    ("xor", "table", [2], (384, 96, 120), 2),
    ("mnist1d", "series", [40, 1], (3200, 800, 1000), 10),
    ("sunspots", "series", [9, 1], (170, 42, 88), None),
    ("co2", "series", [24, 1], (322, 80, 100), None),
]


@pytest.mark.parametrize("source, kind, shape, counts, classes", TABLE, ids=[row[0] for row in TABLE])
def test_counts_shapes_and_classes(prepared, source, kind, shape, counts, classes):
    made = prepared({"source": source})
    info = made.info
    assert (info["kind"], info["shape"], tuple(info["counts"].values())) == (kind, shape, counts)
    for split, count in zip(("train", "validation", "test"), counts):
        x, y = getattr(made, split)
        assert x.shape == (count, *shape) and x.dtype == np.float32 and np.isfinite(x).all()
        assert len(y) == count and y.dtype == (np.float32 if classes is None else np.int32)
    if classes is None:
        assert info["task"] == "regression" and info["classes"] is None
    else:
        names = classes if isinstance(classes, list) else info["class_names"]
        assert info["class_names"] == names and info["classes"] == len(names)
        assert isinstance(classes, list) or len(names) == classes
        assert info["task"] == ("binary" if len(names) == 2 else "multiclass")
    described = catalogue.SOURCES[source]
    assert (described.kind, described.task == "regression") == (kind, classes is None)
    assert info["licence"] == described.licence and info["citation"] == described.citation


def test_every_source_without_a_download_is_in_the_table():
    here = {name for name, source in catalogue.SOURCES.items() if source.origin != "published"}
    assert here == {row[0] for row in TABLE} | {"docstrings"}


def test_images_are_stored_as_bytes_and_loaded_as_unit_pixels(prepared):
    made = prepared({"source": "digits"})
    assert made.arrays["train"]["x"].dtype == np.uint8
    assert made.train[0].min() == 0 and made.train[0].max() == 1


def test_digits_keep_their_gray_levels(prepared):
    pixels = prepared({"source": "digits", "seed": 3}, "image").train[0].reshape(-1, 64)
    levels = prepared({"source": "digits_table", "seed": 3, "scaling": "none"}, "table").train[0]
    np.testing.assert_array_equal(np.round(pixels * 16), levels)


@pytest.mark.parametrize("source", ["blobs", "moons", "circles", "spirals", "flower", "xor"])
def test_generated_datasets_depend_on_seed_size_and_noise(prepared, source):
    spec = {"source": source, "examples": 100, "scaling": "none"}
    first, again = prepared({**spec, "seed": 1}, "first"), prepared({**spec, "seed": 1}, "again")
    other, still = prepared({**spec, "seed": 2}, "other"), prepared({**spec, "seed": 1, "noise": 0}, "still")
    assert sum(first.info["counts"].values()) == 100
    np.testing.assert_array_equal(first.train[0], again.train[0])
    assert not np.array_equal(first.train[0], other.train[0])
    assert not np.array_equal(first.train[0], still.train[0])


def test_shapes_without_noise_satisfy_their_equations(prepared):
    spec = {"noise": 0, "scaling": "none"}
    x, y = prepared({"source": "xor", **spec}, "xor").train
    np.testing.assert_array_equal(y, (x[:, 0] * x[:, 1] < 0).astype(int))
    x, y = prepared({"source": "circles", **spec}, "circles").train
    np.testing.assert_allclose(np.hypot(*x.T), np.where(y == 1, 0.5, 1), rtol=1e-6)
    x, _ = prepared({"source": "flower", **spec}, "flower").train
    angle = np.arctan2(x[:, 0], x[:, 1])
    np.testing.assert_allclose(np.hypot(*x.T), np.abs(4 * np.sin(4 * angle)), atol=1e-4)
    x, y = prepared({"source": "spirals", "classes": 3, **spec}, "spirals").train
    turned = np.arctan2(x[:, 1], x[:, 0]) - np.pi * np.hypot(*x.T) - 2 * np.pi * y / 3
    np.testing.assert_allclose(np.cos(turned), 1, atol=1e-4)


def test_sunspots_are_split_by_year(prepared):
    made = prepared({"source": "sunspots", "scaling": "none"})
    years = {split: arrays["time"] for split, arrays in made.arrays.items()}
    assert (years["train"][0], years["validation"][-1], years["test"][0], years["test"][-1]) == (1709, 1920, 1921, 2008)
    assert years["train"][-1] + 1 == years["validation"][0]
    table = dict(sunspots.load_pandas().data.to_numpy())
    x, y = made.test
    for row in (0, 40, 87):
        year = years["test"][row]
        assert y[row, 0] == np.float32(table[year])
        np.testing.assert_array_equal(x[row, :, 0], np.float32([table[year - lag] for lag in range(9, 0, -1)]))


def test_sunspots_reproduce_the_published_naive_error(prepared):
    """Repeating last year's number has an RMSE of 30.4 over 1921–2008, also after scaling and unscaling."""
    made = prepared({"source": "sunspots"})
    (x, y), scaling = made.test, made.info["scaling"]
    error = np.sqrt(np.mean((x[:, -1] - y) ** 2)) * scaling["target"]["scale"][0]
    assert error == pytest.approx(30.4, abs=0.05)


def test_sunspots_reproduce_the_error_of_a_linear_autoregression(prepared):
    """AR(9), fitted by least squares up to 1920, has an RMSE of 13.8 over 1921–55 and 22.9 over 1956–79."""
    made = prepared({"source": "sunspots", "scaling": "none"})
    x, y = (np.concatenate(pair) for pair in zip(made.train, made.validation))
    weights = np.linalg.lstsq(np.column_stack([x[:, :, 0], np.ones(len(x))]), y[:, 0])[0]
    error = (np.column_stack([made.test[0][:, :, 0], np.ones(88)]) @ weights - made.test[1][:, 0]) ** 2
    years = made.arrays["test"]["time"]
    rmse = [np.sqrt(error[(years >= first) & (years <= last)].mean()) for first, last in ((1921, 1955), (1956, 1979))]
    assert rmse == pytest.approx([13.8, 22.9], abs=0.05)


def test_forecasts_are_scaled_by_the_training_years_only(prepared):
    made = prepared({"source": "sunspots"})
    table = sunspots.load_pandas().data
    learned = table["SUNACTIVITY"][table["YEAR"] < made.arrays["validation"]["time"][0]]
    assert made.info["scaling"]["mean"] == pytest.approx([learned.mean()])
    assert made.info["scaling"]["scale"] == pytest.approx([learned.std(ddof=0)])


def test_co2_is_monthly_and_in_order(prepared):
    time = np.concatenate([arrays["time"] for arrays in prepared({"source": "co2"}).arrays.values()])
    np.testing.assert_allclose(np.diff(time), 1 / 12)
    assert time[0] == pytest.approx(1960 + 2 / 12) and time[-1] == pytest.approx(2001 + 11 / 12)


def test_mnist1d_needs_no_network(prepared, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("went to the network"))
    made = prepared({"source": "mnist1d"})
    assert np.bincount(made.test[1]).tolist() == [102, 104, 89, 106, 106, 98, 99, 96, 98, 102]


SOURCE = b'''"""The module of numpy arrays says enough words."""
def seen(): "One two three four five."
def _hidden(): "One two three four hidden."
def short(): "Four words only here."
def long(): """First paragraph of some words.

    Second paragraph that is left out."""
class Public:
    "A class that has a docstring."
    def method(self): "A method of a public class."
    def _private(self): "A method that nobody should see."
class _Private:
    def method(self): "A public method of a private class."
'''


def test_only_public_first_paragraphs_of_the_right_length_are_taken():
    assert list(docstrings.public_paragraphs(SOURCE)) == [
        "The module of numpy arrays says enough words.",
        "One two three four five.",
        "First paragraph of some words.",
        "A class that has a docstring.",
        "A method of a public class.",
    ]


def test_docstrings_are_split_by_file(prepared, monkeypatch):
    """Two packages suffice; parsing all six takes seconds. From Python 3.12 on, NumPy comes without its distutils."""
    monkeypatch.setattr(docstrings, "PACKAGES", ("matplotlib", "numpy"))
    examples = docstrings.docstrings({})
    assert len(examples.x) == len(set(examples.x)) > 2900
    assert not [text for text in examples.x if docstrings.LEAKS.search(text.replace(docstrings.MASK, ""))]
    made = prepared({"source": "docstrings", "max_length": 30, "max_words": 500})
    origin = dict(zip(examples.x, examples.groups))
    files = {split: {origin[t] for t in load_texts(made.folder / f"{split}.npz")} for split in made.arrays}
    assert not files["train"] & files["validation"] and not (files["train"] | files["validation"]) & files["test"]
    assert made.train[0].shape[1] == 30 and made.train[0].dtype == np.int32 and made.train[0].max() == 499
    assert len(made.info["vocabulary"]) == 500
    shares = [np.bincount(getattr(made, split)[1])[0] / len(getattr(made, split)[1]) for split in files]
    np.testing.assert_allclose(shares, np.mean(examples.y == 0), atol=0.02)
    first = load_texts(made.folder / "test.npz")[0]
    known = [made.info["vocabulary"][index] for index in made.test[0][0] if index != text.PADDING]
    spelled = [word if word in made.info["vocabulary"] else "<unknown>" for word in text.words(first)][:30]
    assert known == spelled
