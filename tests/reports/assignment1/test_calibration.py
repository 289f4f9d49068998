import numpy as np
import pytest
from studies import check_pictures, check_same, splits, stored

from layerwise.reports.assignment1.figures.calibration import draw
from layerwise.reports.assignment1.studies.calibration import run

QUICK = {"repeats": 2, "epochs": 20}


def test_the_study_is_reproducible_and_drawn(table, tmp_path):
    arrays = run(table, **QUICK)
    check_same(arrays, run(table, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, table, arguments=QUICK)))


@pytest.mark.training
def test_temperature_scaling_calibrates_an_overconfident_model():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(360, 20)).astype(np.float32)
    y = x[:, 0] + 2 * rng.normal(size=360) > 0
    arrays = run({"noise": splits(x, y, (60, 150, 150))}, repeats=3, epochs=500)
    assert (arrays["temperature"] > 1.2).all()
    assert (arrays["log_loss.after"] < arrays["log_loss.before"]).all()
    order = [arrays[f"probabilities.{when}"].argmax(axis=1) for when in ("before", "after")]
    assert np.array_equal(*order)
