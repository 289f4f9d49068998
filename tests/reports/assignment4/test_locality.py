import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment4.figures.locality import inputs, sample_efficiency, translated_digits
from layerwise.reports.assignment4.shared import balanced_order
from layerwise.reports.assignment4.studies.locality import moved, run, shuffled

QUICK = {"examples": [9, 30], "updates": [4, 6], "batch_size": 10, "shifts": [0, 2], "seeds": 2}


def test_the_study_is_reproducible_and_drawn(images, tmp_path):
    arrays = run(images, **QUICK)
    check_same(arrays, run(images, **QUICK))
    study = stored(tmp_path, arrays, images, arguments=QUICK)
    check_pictures([inputs(study), translated_digits(study), sample_efficiency(study)])


@pytest.mark.parametrize("rows, columns, row, column", [(1, 0, 3, 2), (-2, 0, 0, 2), (0, 2, 2, 4), (0, -1, 2, 1)])
def test_images_are_shifted_down_and_right(rows, columns, row, column):
    x = np.zeros((1, 5, 5, 1))
    x[0, 2, 2] = 1
    y = moved(x, rows, columns)
    assert np.argwhere(y[0, :, :, 0]).tolist() == [[row, column]]


def test_shifts_pad_with_zeros_instead_of_wrapping_around():
    assert moved(np.ones((1, 4, 4, 1)), 1, -1)[0, :, :, 0].tolist() == [[0] * 4] + [[1, 1, 1, 0]] * 3


def test_all_images_are_permuted_in_the_same_way():
    x = np.arange(8.0).reshape(2, 2, 2, 1)
    y = shuffled(x, np.array([3, 0, 2, 1]))
    assert y[:, :, :, 0].tolist() == [[[3, 0], [2, 1]], [[7, 4], [6, 5]]]


def test_small_training_sets_are_balanced():
    y = np.repeat([0, 1, 2], [20, 5, 9])
    rows = balanced_order(y, np.random.default_rng(0))
    assert sorted(rows) == list(range(34))
    assert np.bincount(y[rows[:12]]).tolist() == [4, 4, 4]
