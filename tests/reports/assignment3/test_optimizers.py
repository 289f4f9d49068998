import numpy as np
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment3.figures.optimizers import draw
from layerwise.reports.assignment3.studies.optimizers import run

QUICK = {
    "rates": {name: [0.01, 0.1] for name in ("SGD", "momentum", "RMSprop", "Adam")},
    "hidden": [8],
    "epochs": 4,
    "seeds": 2,
}


def test_the_study_is_reproducible_and_drawn(digits, tmp_path):
    arrays = run(digits, **QUICK)
    check_same(arrays, run(digits, **QUICK), diverging=["train.", "validation."])
    check_pictures(draw(stored(tmp_path, arrays, digits, arguments=QUICK)))


def test_the_loss_of_diverged_training_is_capped_at_chance(digits):
    arrays = run(digits, {"SGD": [0.1, 1e6]}, hidden=[8], epochs=3, seeds=2)
    assert arrays["best.SGD"] == 0.1
    assert np.allclose(arrays["loss.SGD"][:, 1], np.log(3))
