from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.max_norm import draw
from layerwise.reports.assignment5.studies.max_norm import run

QUICK = {"limit": 0.5, "rates": [0.01, 0.1], "width": 5, "examples": 40, "epochs": 2, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, pictures, arguments=QUICK)))


def test_max_norm_limits_the_weights_of_every_unit(pictures):
    arrays = run(pictures, limit=0.4, rates=[0.1], width=6, examples=60, epochs=3, seeds=2)
    assert arrays["norm.dropout_max_norm"].max() <= 0.4 + 1e-5
    assert arrays["norm.plain"].min() > 0.4
