import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import numpy as np
import pytest
from studies import check_pictures, stored

pytest.importorskip("tensorflow")

from layerwise.reports.assignment3.figures.gradient_tape import draw, table
from layerwise.reports.assignment3.studies.gradient_tape import run, train_with_tape

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def arrays(digits):
    return run(digits, hidden=8, batch_size=16, epochs=3)


def test_all_three_loops_have_the_same_losses_and_weights(arrays):
    for name in ("keras", "numpy"):
        np.testing.assert_allclose(arrays[f"loss.{name}"], arrays["loss.tape"], rtol=1e-5)
    assert len(arrays["loss.tape"]) == 12  # three epochs of 70 // 16 batches
    assert arrays["gap"].max() < 1e-6 < 0.1 < arrays["change"][0]


def test_a_step_follows_the_gradient_and_keeps_its_velocity():
    x, y = np.array([[1.0, 2.0]], np.float32), np.array([0], np.int32)
    weights = [np.ones(shape, np.float32) for shape in ((2, 1), (1,), (1, 2), (2,))]
    losses, history = train_with_tape(weights, x, y, np.array([[0], [0]]), learning_rate=0.1, momentum=0.5)
    assert losses[0] == pytest.approx(np.log(2))
    # equal scores: p − y = (−½, ½), times the hidden unit 1·1 + 2·1 + 1 = 4
    np.testing.assert_allclose(history[0][2], [[1 + 0.2, 1 - 0.2]], rtol=1e-6)
    # without momentum the second step would be shorter than the first, as the loss has fallen
    assert abs(history[1][2] - history[0][2]).min() > 0.2 * 0.5


def test_they_are_drawn(arrays, tmp_path):
    study = stored(tmp_path, arrays)
    check_pictures([draw(study)])
    assert list(table(study, steps=(1, 12, 13))["step"]) == [1, 12]
