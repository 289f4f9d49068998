import numpy as np
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.regularizer_comparison import draw, table
from layerwise.reports.assignment5.studies.regularizer_comparison import run

STRENGTHS = {"l2": [1e-3, 0.3], "l1": [1e-3, 0.1], "weight_decay": [0.1, 1], "dropout": [0.2], "label_smoothing": [0.1]}
QUICK = {
    "strengths": STRENGTHS,
    "learning_rates": [0.01],
    "units": [8],
    "examples": 50,
    "steps": 20,
    "seeds": 2,
    "pairs": 2,
}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    study = stored(tmp_path, arrays, pictures, arguments=QUICK)
    check_pictures(draw(study))
    assert list(table(study)["regularizer"]) == [
        "none", "L2 penalty", "L1 penalty", "AdamW", "dropout", "label smoothing",
    ]  # fmt: skip


def test_a_stronger_penalty_gives_smaller_weights(pictures):
    arrays = run(pictures, **QUICK)
    for name in ("l2", "l1", "weight_decay"):
        norms = arrays[f"norm.{name}"].mean(axis=0)
        assert norms[0] > norms[1] > norms[2], name
    assert np.all(arrays["strength.l2"] == [0, 1e-3, 0.3])


def test_weight_decay_equals_l2_with_sgd_but_not_with_adam(pictures):
    arrays = run(pictures, **QUICK)
    assert arrays["apart.sgd"].max() < 1e-9
    assert arrays["apart.adam"].min() > 0.3
