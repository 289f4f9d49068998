import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment3.figures.layer_example import activations
from layerwise.reports.assignment3.studies.layer_example import run


@pytest.fixture(scope="module")
def arrays():
    return run({})


def test_the_study_is_reproducible_and_drawn(arrays, tmp_path):
    check_same(arrays, run({}))
    check_pictures(activations(stored(tmp_path, arrays)))


def test_the_numbers_of_the_example_equal_those_of_the_framework(arrays):
    assert arrays["layer_gap"] < 1e-14  # rounding of sums of two or three products of size 1
    assert arrays["softmax_gap"] < 1e-8
    assert arrays["p"].sum() == pytest.approx(1)
    assert arrays["steepest"].tolist() == [0.25, 1.0, 1.0]
