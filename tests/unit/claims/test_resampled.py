"""The corrected resampled t test, for folds that share training examples."""

import numpy as np
import pytest
from scipy import stats

from layerwise.claims.artifacts import Group
from layerwise.claims.tests import (
    CONTRADICTED,
    INCONCLUSIVE,
    SUPPORTED,
    equivalent_resampled,
    greater_resampled,
)
from layerwise.evaluation.compare import resampled_difference


def group(values):
    return Group(list(values), [])


def test_the_variance_is_that_of_nadeau_and_bengio():
    rng = np.random.default_rng(0)
    first, second = rng.normal(0.9, 0.02, 100), rng.normal(0.89, 0.02, 100)
    estimate = resampled_difference(first, second, 0.1)
    d = first - second
    error = np.sqrt((1 / 100 + 1 / 9) * d.var(ddof=1))
    assert estimate.mean == pytest.approx(d.mean())
    assert estimate.error == pytest.approx(error)
    assert estimate.p_above(0) == pytest.approx(stats.t.sf(d.mean() / error, 99))


def test_it_is_more_conservative_than_a_paired_t_test():
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.02, 100)
    first, second = 0.905 + noise, 0.9 + np.roll(noise, 1)
    assert stats.ttest_rel(first, second).pvalue < 0.05
    assert greater_resampled(group(first), group(second), test_share=0.1).verdict == INCONCLUSIVE


@pytest.mark.parametrize(("shift", "verdict"), [(0.05, SUPPORTED), (-0.05, CONTRADICTED)])
def test_a_clear_difference_is_decided(shift, verdict):
    values = 0.9 + np.random.default_rng(2).normal(0, 0.01, 100)
    other = values - shift + np.random.default_rng(3).normal(0, 0.01, 100)
    assert greater_resampled(group(values), group(other), test_share=0.1).verdict == verdict


def test_equal_values_are_equivalent_and_shifted_ones_are_not():
    values = 0.9 + np.random.default_rng(4).normal(0, 0.05, 100)
    assert equivalent_resampled(group(values), group(values), margin=0.001, test_share=0.1).verdict == SUPPORTED
    assert equivalent_resampled(group(values), group(values - 0.1), margin=0.01, test_share=0.1).verdict == CONTRADICTED
