import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import numpy as np
import pytest
from studies import check_pictures, stored

pytest.importorskip("tensorflow")

from layerwise.reports.assignment3.figures.loss_trajectories import draw
from layerwise.reports.assignment3.studies.loss_trajectories import run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(120, 10)).astype(np.float32), rng.integers(3, size=120).astype(np.int32)
    return run({"noise": {"train": (x, y)}}, hidden=[16], batch_size=16, steps=30)


def test_both_backends_have_the_same_loss_trajectory(arrays):
    assert arrays["first"][0] < 1e-6
    for name in ("momentum", "Adam"):
        assert arrays[f"numpy.{name}"].shape == (30,)
        assert np.allclose(arrays[f"numpy.{name}"], arrays[f"keras.{name}"], rtol=1e-4)
        assert arrays[f"numpy.{name}"][-5:].mean() < arrays[f"numpy.{name}"][:5].mean()
    assert arrays["furthest.momentum"][0] < 5e-6


def test_adam_is_closer_to_keras_with_float32_bias_correction(arrays):
    assert arrays["furthest.single"][0] < arrays["furthest.Adam"][0]
    assert arrays["furthest.single"][0] < 5e-6


def test_both_backends_are_drawn(arrays, tmp_path):
    pictures = draw(stored(tmp_path, arrays))
    assert len(pictures) == 4
    check_pictures(pictures)
