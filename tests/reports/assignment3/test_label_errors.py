import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment3.figures.label_errors import draw
from layerwise.reports.assignment3.studies.label_errors import run

QUICK = {"share": 0.1, "hidden": 16, "early": 15, "epochs": 30, "folds": 3, "seeds": 2, "shown": 4}


@pytest.fixture(scope="module")
def pictures():
    """Return images of three bright columns, one per class."""
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    x = rng.uniform(0, 0.3, (90, 3, 3, 1))
    x[np.arange(90), :, y] += 0.7
    return {"columns": {"train": (x.astype(np.float32), y)}}


@pytest.fixture(scope="module")
def arrays(pictures):
    return run(pictures, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, pictures, tmp_path):
    check_same(arrays, run(pictures, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, pictures, arguments=QUICK)))


def test_wrong_labels_of_separable_classes_are_found(arrays):
    assert arrays["changed"][0] == 9
    for ranking in ("early", "margin"):
        assert arrays[f"found.{ranking}"].mean() > 0.85
        np.testing.assert_array_equal(arrays[f"precision.{ranking}"][:, -1], 0.5)  # 9 of the first 18
    assert (arrays["given"] != arrays["true"]).all()
    assert (arrays["predicted"] == arrays["true"]).all()
