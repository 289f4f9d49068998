import pytest
from studies import check_same, stored

from layerwise.reports.assignment2.figures.worked_example import walkthrough
from layerwise.reports.assignment2.studies.worked_example import run


def test_the_study_is_reproducible():
    check_same(run({}), run({}))


def test_the_walkthrough_contains_the_numbers(tmp_path):
    text = walkthrough(stored(tmp_path, run({})))
    assert "0.7616 \\;& -0.0997" in text  # tanh(1), tanh(-0.1)
    assert "nan" not in text


@pytest.mark.training
def test_backpropagation_by_hand_equals_finite_differences():
    arrays = run({})
    assert arrays["gap"][0] < 1e-9
    assert arrays["new_loss"] < arrays["loss"]
