from studies import check_pictures, check_same, stored

from layerwise.reports.assignment3.figures.batch_sizes import draw
from layerwise.reports.assignment3.studies.batch_sizes import run

QUICK = {"sizes": [4, 16], "hidden": [8], "epochs": 3, "seeds": 2, "draws": 20}


def test_the_study_is_reproducible_and_drawn(digits, tmp_path):
    arrays = run(digits, **QUICK)
    check_same(arrays, run(digits, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, digits, arguments=QUICK)))


def test_gradient_noise_falls_with_the_square_root_of_the_batch_size(digits):
    arrays = run(digits, [4, 16], hidden=[8], epochs=1, seeds=1, draws=400)
    assert abs(arrays["slope"][0] + 0.5) < 0.1
