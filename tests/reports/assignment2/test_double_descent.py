import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment2.figures.double_descent import draw
from layerwise.reports.assignment2.studies.double_descent import run

QUICK = {"widths": [1, 3], "features": [5, 20], "examples": 20, "few": 10, "seeds": 2, "epochs": 5, "batch_size": 8}


def test_the_study_is_reproducible_and_drawn(three, tmp_path):
    arrays = run(three, **QUICK)
    check_same(arrays, run(three, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, three, arguments=QUICK)))


@pytest.mark.parametrize("errors, words", [(0.0, ["fits all labels"]), (0.2, [])])
def test_a_width_is_marked_as_fitting_all_labels_only_if_it_does(errors, words, three, tmp_path):
    arrays = run(three, **QUICK)
    fits = {f"fit.{width}": np.full_like(arrays[f"fit.{width}"], errors) for width in QUICK["widths"]}
    trained, _ = draw(stored(tmp_path, arrays | fits, three, arguments=QUICK))
    assert [text.get_text() for text in trained.axes[0].texts] == words


@pytest.mark.training
def test_error_of_random_features_peaks_at_the_number_of_examples():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 20)).astype(np.float32)
    y = (x[:, :5].sum(axis=1) > 0).astype(np.int32)
    data = {"half": {"train": (x[:150], y[:150]), "validation": (x[150:200], y[150:200]), "test": (x[200:], y[200:])}}
    arrays = run(data, [2], [13, 40, 600], examples=40, few=40, noise=0.2, seeds=40, epochs=2)
    # Over 20 draws of the data, the difference is at least 0.04.
    assert arrays["random.40"].mean() > max(arrays["random.13"].mean(), arrays["random.600"].mean()) + 0.02
