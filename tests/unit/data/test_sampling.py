"""Samples, scalers and generated datasets equal those of scikit-learn."""

import numpy as np
import pytest
from sklearn.datasets import make_circles, make_moons
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from layerwise.data import generated, prepare, sampling


@pytest.mark.parametrize("classes", [None, 1, 2, 3, 11])
def test_samples_equal_those_of_scikit_learn(classes):
    for seed in range(50):
        rng = np.random.default_rng(seed)
        labels = None
        n = int(rng.integers(4, 300))
        if classes is not None:  # at least two of each class, non-contiguous class labels
            labels = np.concatenate([np.tile(np.arange(classes), 2), rng.integers(classes, size=n)])
            labels = 3 * rng.permutation(labels)
            n = len(labels)
        count = int(rng.integers(classes or 1, n - (classes or 1) + 1))
        expected = train_test_split(np.arange(n), test_size=count, stratify=labels, random_state=seed)[1]
        np.testing.assert_array_equal(np.sort(sampling.stratified_sample(n, count, labels, seed)), np.sort(expected))


def test_ties_between_equal_remainders_are_broken_at_random():
    labels = np.repeat(np.arange(4), 10)
    drawn = {tuple(np.bincount(labels[sampling.stratified_sample(40, 6, labels, seed)])) for seed in range(30)}
    assert len(drawn) > 1 and all(sorted(counts) == [1, 1, 2, 2] for counts in drawn)


COLUMNS = {
    "numbers": lambda rng: rng.normal(3, 2, size=(50, 4)),
    "far from 0": lambda rng: 1e9 + rng.normal(size=(50, 2)),
    "tiny": lambda rng: 1e-8 * rng.normal(size=(50, 2)),
    "constant": lambda rng: np.full((50, 2), 3.3),
    "one": lambda rng: rng.normal(size=(1000, 1)),
    "whole": lambda rng: rng.integers(0, 17, size=(50, 3)),
    "single precision": lambda rng: rng.normal(3, 2, size=(50, 4)).astype(np.float32),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_means_and_deviations_equal_those_of_scikit_learn_bit_for_bit(kind):
    columns = COLUMNS[kind](np.random.default_rng(0))
    expected = StandardScaler().fit(columns)
    mean, deviation = prepare.mean_and_deviation(columns)
    np.testing.assert_array_equal(mean, expected.mean_)
    np.testing.assert_array_equal(deviation, expected.scale_)


@pytest.mark.parametrize("kind", COLUMNS)
def test_ranges_equal_those_of_scikit_learn(kind):
    columns = COLUMNS[kind](np.random.default_rng(0)).astype(float)
    expected = MinMaxScaler().fit(columns)
    least, distance = prepare.least_and_range(columns)
    np.testing.assert_array_equal(least, expected.data_min_)
    np.testing.assert_allclose(distance, 1 / expected.scale_, rtol=3e-16)  # two divisions, half an ulp each


@pytest.mark.parametrize("examples", [40, 41])
def test_moons_and_circles_equal_those_of_scikit_learn(examples):
    spec = {"examples": examples, "noise": 0.2, "seed": 3}
    for load, (x, y) in (
        (generated.moons, make_moons(examples, noise=0.2, random_state=3)),
        (generated.circles, make_circles(examples, noise=0.2, factor=0.5, random_state=3)),
    ):
        made = load(spec)
        np.testing.assert_array_equal(made.x, x)
        np.testing.assert_array_equal(made.y, y)
