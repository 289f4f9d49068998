"""The study of twins: NumPy and Keras from the same weights on the same batches."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from layerwise.files import write_npz
from layerwise.plots import to_svg
from layerwise.reporting import multiclass
from layerwise.reporting.artifacts import Study
from layerwise.studies import twins


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(120, 10)).astype(np.float32), rng.integers(3, size=120).astype(np.int32)
    return twins.trajectories({"noise": {"train": (x, y)}}, hidden=[16], batch_size=16, steps=30)


def test_both_backends_go_the_same_way(found):
    assert found["first"][0] < 1e-6
    for name in ("momentum", "Adam"):
        assert found[f"numpy.{name}"].shape == (30,)
        assert np.allclose(found[f"numpy.{name}"], found[f"keras.{name}"], rtol=1e-4)
        assert found[f"numpy.{name}"][-5:].mean() < found[f"numpy.{name}"][:5].mean()
    assert found["furthest.momentum"][0] < 5e-6


def test_adam_is_closer_to_keras_with_its_rounding(found):
    assert found["furthest.single"][0] < found["furthest.Adam"][0]
    assert found["furthest.single"][0] < 5e-6


def test_the_twins_are_drawn(found, tmp_path):
    write_npz(tmp_path / "studies" / "study.npz", **found)
    pictures = multiclass.twinned(Study("study", {}, tmp_path))
    assert len(pictures) == 4
    for picture in pictures:
        assert "nan" not in f"{picture.title} {picture.alt}"
        assert to_svg(picture).startswith("<svg")
