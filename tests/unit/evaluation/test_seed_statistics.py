"""Statistics over seeds and pairs, compared with SciPy and values computed by hand."""

import numpy as np
import pytest
from scipy import stats

from layerwise.evaluation import compare


def test_the_interval_of_a_mean_is_a_t_interval():
    values = [0.91, 0.93, 0.92, 0.95]
    expected = stats.t.interval(0.95, 3, loc=np.mean(values), scale=stats.sem(values))
    assert compare.estimate(values).interval() == pytest.approx(expected)


def test_the_difference_is_that_of_welchs_test():
    first, second = [1.0, 1.2, 1.1, 1.4], [0.9, 0.8, 1.3]
    reference = stats.ttest_ind(first, second, equal_var=False, alternative="greater")
    difference = compare.difference(first, second)
    assert difference.p_above(0.0) == pytest.approx(reference.pvalue)
    two_sided = stats.ttest_ind(first, second, equal_var=False)
    assert difference.interval() == pytest.approx(two_sided.confidence_interval(0.95))


def test_values_without_spread():
    difference = compare.difference([0.9, 0.9], [0.8, 0.8])
    assert difference.interval() == pytest.approx((0.1, 0.1))
    assert difference.p_above(0.0) == 0.0
    assert difference.p_above(0.2) == 1.0


def test_one_value_has_no_interval():
    assert np.isnan(compare.estimate([0.9]).interval()).all()


@pytest.mark.parametrize("only_first, only_second", [(0, 0), (1, 9), (5, 5), (0, 6), (12, 3)])
def test_mcnemar_is_a_sign_test_on_the_discordant_examples(only_first, only_second):
    both = list(range(100, 120))
    first = both + list(range(only_first))
    second = both + list(range(50, 50 + only_second))
    n = only_first + only_second
    expected = stats.binomtest(only_first, n, 0.5).pvalue if n else 1.0
    assert compare.mcnemar(first, second) == pytest.approx(expected)


def test_holm_by_hand():
    assert compare.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_wilson_equals_scipy():
    expected = stats.binomtest(9804, 10000).proportion_ci(method="wilson")
    assert compare.wilson(0.9804, 10000) == pytest.approx((expected.low, expected.high))


def test_interval_is_a_t_interval():
    values = np.random.default_rng(0).normal(size=(5, 3))
    mean, half = compare.interval(values)
    low, high = stats.t.interval(0.95, 4, values.mean(axis=0), stats.sem(values, axis=0))
    np.testing.assert_allclose([mean - half, mean + half], [low, high])


def test_interval_ignores_missing_values_and_is_nan_for_a_single_value():
    mean, half = compare.interval(np.array([[1.0, 2.0], [3.0, np.nan]]))
    np.testing.assert_allclose(mean, [2.0, 2.0])
    assert np.isfinite(half[0]) and np.isnan(half[1])
