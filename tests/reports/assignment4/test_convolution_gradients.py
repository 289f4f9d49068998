import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment4.figures.convolution_gradients import gradient_checks, worked_example
from layerwise.reports.assignment4.studies.convolution_gradients import run

QUICK = {"seeds": 2}


@pytest.fixture(scope="module")
def arrays():
    return run({}, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, tmp_path):
    check_same(arrays, run({}, **QUICK))
    study = stored(tmp_path, arrays, arguments=QUICK)
    check_pictures([*worked_example(study), gradient_checks(study)])


def test_derived_gradients_pass_and_mistaken_ones_fail(arrays):
    for gradient in ("kernel", "input", "strided", "pooling"):
        assert arrays[f"error.{gradient}"].max() < 1e-8
        assert arrays[f"layer.{gradient}"].max() < 1e-12
    assert min(arrays[f"wrong.{mistake}"].min() for mistake in ("not turned", "shared")) > 0.1


def test_the_worked_example_by_hand(arrays):
    worked = {key.removeprefix("worked."): array for key, array in arrays.items()}
    assert worked["y"][0].tolist() == [1 + 4 - 0, 2 + 0 - 1, 0 + 2 - 3]
    assert worked["dw"].tolist() == [[1 + 2 * 3 - 0, 2 + 2 * 1 - 1], [0 + 2 * 1 - 1, 1 + 0 - 0]]
    assert worked["pooled"].tolist() == [[2, 3], [2, 2]]
    assert worked["dunpooled"].tolist() == [[0, 1, 0, 0], [0, 0, 2, 0], [3, 0, 0, 0], [0, 0, 0, 4]]
