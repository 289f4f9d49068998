"""What holds for every study and for the figures made of it."""

import numpy as np

from layerwise.pipeline.files import write_json, write_npz
from layerwise.plots import Picture, to_svg
from layerwise.reporting.artifacts import Study


def splits(x, y, sizes=(60, 30, 40)):
    """Return the examples cut into training, validation and test split, as a study is given them."""
    ends = np.cumsum(sizes)
    starts = [0, *ends[:-1]]
    return {
        name: (x[a:b].astype(np.float32), y[a:b].astype(np.int32))
        for name, a, b in zip(("train", "validation", "test"), starts, ends)
    }


def check_same(first, second, diverging=()):
    """Check that a study returned plain, finite arrays, and the same ones again.

    Arrays whose name begins with one of ``diverging`` may hold infinity and NaN.
    """
    assert list(first) == list(second)
    for key, array in first.items():
        assert np.array_equal(array, second[key], equal_nan=True), key
        assert np.asarray(array).dtype.kind in "fiub", key
        if not key.startswith(tuple(diverging)):
            assert np.isfinite(array).all(), key


def stored(folder, arrays, data=None, **spec):
    """Store the arrays of a study as the pipeline does, and describe its data; return it as a report reads it."""
    for dataset, splits in (data or {}).items():
        x, y = splits["train"]
        classes = int(y.max()) + 1 if y.dtype.kind in "iu" else 1
        info = {
            "title": dataset,
            "shape": list(x.shape[1:]),
            "class_names": [f"class {k}" for k in range(classes)],
            "feature_names": [f"feature {j}" for j in range(x.shape[1])],
            "class_balance": {"train": np.bincount(y).tolist()} if classes > 1 else {},
        }
        write_json(folder / "data" / dataset / "dataset.json", info)
    write_npz(folder / "studies" / "study.npz", **arrays)
    return Study("study", {"datasets": list(data or {}), **spec}, folder)


def check_pictures(pictures):
    """Check that pictures state a finding, say it in words for the blind, and can be written."""
    assert pictures
    for picture in pictures:
        assert isinstance(picture, Picture)
        assert len(picture.title) > 10
        assert len(picture.alt) > len(picture.title)
        assert "nan" not in f"{picture.title} {picture.alt}".replace("dominant", "")
        assert to_svg(picture).startswith("<svg")
