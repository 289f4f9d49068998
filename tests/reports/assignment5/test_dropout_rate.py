import numpy as np
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.dropout_rate import draw
from layerwise.reports.assignment5.studies.dropout_rate import _first, _training_accuracy, run

QUICK = {
    "cells": {"small": [50, 6], "large": [100, 6]},
    "rates": [0.0, 0.3, 0.5],
    "learning_rates": [0.01],
    "steps": 6,
    "every": 3,
    "seeds": 2,
}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, pictures, arguments=QUICK)))


def test_the_steps_are_those_of_the_first_time_or_all():
    reached = np.array([[False, True, False], [False, False, False], [True, True, True]])
    assert _first(reached, np.array([0, 10, 20])).tolist() == [10, 20, 0]


def test_the_training_accuracy_counts_only_the_examples_drawn():
    y = np.arange(6) % 2
    logits = np.eye(2)[np.broadcast_to(y, (1, 2, 6))]  # arms, seeds, examples
    for seed in range(2):  # wrong wherever the seed did not draw
        for row in np.random.default_rng(seed).permutation(6)[4:]:
            logits[0, seed, row] = np.eye(2)[1 - y[row]]
    assert _training_accuracy(logits, y, 4).tolist() == [[1.0, 1.0]]
