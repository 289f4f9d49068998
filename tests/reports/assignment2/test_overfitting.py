import numpy as np
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment2.figures.overfitting import draw
from layerwise.reports.assignment2.studies.overfitting import run

QUICK = {"units": 3, "strengths": [0.0, 0.01], "seeds": 2, "epochs": 6, "every": 3}


def test_the_study_is_reproducible_and_drawn(moons, tmp_path):
    arrays = run(moons, **QUICK)
    check_same(arrays, run(moons, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, moons, arguments=QUICK)))


def test_the_chosen_penalty_has_the_lowest_final_validation_loss(moons):
    arrays = run(moons, **QUICK)
    ends = {strength: arrays[f"validation.{strength:g}"][:, -1].mean() for strength in QUICK["strengths"]}
    assert arrays["best"][0] == min(ends, key=ends.get)
    column = QUICK["strengths"].index(arrays["best"][0])
    np.testing.assert_allclose(arrays["correct.decayed"].mean(axis=1), arrays["test_accuracy"][:, column])
