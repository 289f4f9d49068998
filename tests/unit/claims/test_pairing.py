"""Differences of values that belong together: the same seeds, the same test examples."""

import numpy as np
import pytest
from scipy import stats

from layerwise.claims.artifacts import Artifacts, Group
from layerwise.claims.tests import SUPPORTED, estimated_difference, greater
from layerwise.evaluation.compare import difference_over_time, two_way_difference

RNG = np.random.default_rng(0)


def test_values_of_one_study_are_paired_and_others_are_not():
    years = RNG.normal(10, 5, 30)  # the difficulty of the years is the same for both
    first, second = years + RNG.normal(0.5, 0.5, 30), years
    assert stats.ttest_ind(first, second).pvalue > 0.5
    apart = greater(Group(first.tolist(), []), Group(second.tolist(), []))
    paired = greater(*(Group(values.tolist(), [], units=("study", 30)) for values in (first, second)))
    assert (apart.verdict, paired.verdict) == ("INCONCLUSIVE", SUPPORTED)
    expected = stats.ttest_rel(first, second).confidence_interval()
    assert (paired.fields["low"], paired.fields["high"]) == pytest.approx(tuple(expected))


def crossed(seeds, examples, seed_sd, example_sd):
    """Return values that are sums of a seed's effect, an example's effect and noise."""
    return (
        seed_sd * RNG.normal(size=(seeds, 1))
        + example_sd * RNG.normal(size=(1, examples))
        + RNG.normal(size=(seeds, examples))
    )


def test_the_two_way_variance_is_unbiased():
    seeds, examples = 5, 40
    estimates, means = [], []
    for _ in range(3000):
        found = two_way_difference(crossed(seeds, examples, 0.5, 1.0), np.zeros((seeds, examples)))
        estimates.append(found.error**2)
        means.append(found.mean)
    expected = 0.5**2 / seeds + 1.0**2 / examples + 1 / (seeds * examples)
    assert np.var(means) == pytest.approx(expected, rel=0.1)
    assert np.mean(estimates) == pytest.approx(expected, rel=0.1)


def test_the_two_way_error_is_at_least_that_of_seeds_or_examples_alone():
    for _ in range(200):
        d = crossed(3, 10, 0.3, 0.3)
        found = two_way_difference(d, np.zeros_like(d))
        alone = d.mean(axis=1).std(ddof=1) / 3**0.5, d.mean(axis=0).std(ddof=1) / 10**0.5
        assert found.error >= max(alone) - 1e-12
        assert found.freedom >= 1


def test_one_run_is_compared_over_its_examples():
    first, second = RNG.random((1, 50)) < 0.9, RNG.random((1, 50)) < 0.7
    d = first[0].astype(float) - second[0]
    found = two_way_difference(first, second)
    assert found == pytest.approx((d.mean(), d.std(ddof=1) / 50**0.5, 49))


def run(experiment, seed, mistakes, n=20, **more):
    measures = {"accuracy": 1 - len(mistakes) / n, "mistakes": mistakes, "confusion_matrix": [[n, 0], [0, 0]]}
    outcome = {"status": "ok", "splits": {"test": measures}, "dataset": "d", **more}
    return {"experiment": experiment, "backend": "numpy", "seed": seed, **outcome}


def test_runs_of_the_same_seeds_are_compared_example_by_example():
    runs = [run("a", 0, [1]), run("a", 1, [1, 2]), run("b", 0, [1, 3]), run("b", 1, [1, 2, 3])]
    first, second = (Artifacts(runs, {}).group("c", {}, f"{name}/numpy") for name in "ab")
    d = np.zeros((2, 20))
    d[:, 3] = 1  # right only in a
    assert estimated_difference(first, second) == two_way_difference(d, np.zeros_like(d))


def test_runs_and_fits_of_a_study_are_compared_example_by_example():
    runs = [run("a", 0, [1]), run("a", 1, [1, 2])]
    right = np.ones((2, 20), bool)
    right[:, 3] = False
    artifacts = Artifacts(runs, {"s": {"right": right, "fewer": right[:1]}})
    ours, theirs, fewer = (artifacts.group("c", {}, name) for name in ("a/numpy", "studies/s/right", "studies/s/fewer"))
    expected = two_way_difference(
        [[k != 1 for k in range(20)], [k not in (1, 2) for k in range(20)]], right.astype(float)
    )
    assert estimated_difference(ours, theirs) == expected
    assert estimated_difference(ours, fewer).freedom == 0  # of one fit, no interval


def test_runs_of_other_seeds_are_compared_as_independent_samples():
    runs = [run("a", 0, [1]), run("a", 1, [1, 2]), run("b", 2, [1, 3]), run("b", 3, [1, 2, 3, 4])]
    first, second = (Artifacts(runs, {}).group("c", {}, f"{name}/numpy") for name in "ab")
    expected = stats.ttest_ind(first.values, second.values, equal_var=False).confidence_interval()
    assert estimated_difference(first, second).interval() == pytest.approx(tuple(expected))


def test_the_variance_over_time_is_that_of_newey_and_west():
    """By hand: deviations −1, 0, 1, 0 have the autocovariances 2/3, 0 and −1/3; weights 1, 4/3, 2/3."""
    found = difference_over_time([1.0, 2.0, 3.0, 2.0], [0.0] * 4, lags=2)
    b = 3 / 4
    critical = 1.96 + 2.9694 * b + 0.416 * b**2 - 0.5324 * b**3
    error = ((2 / 3 + 4 / 3 * 0 + 2 / 3 * -1 / 3) / 4) ** 0.5
    assert found.mean == 2
    assert found.interval()[1] - 2 == pytest.approx(error * critical)


def test_correlated_years_widen_the_interval():
    years = np.repeat(RNG.normal(0.5, 1, 15), 4)
    over_time = difference_over_time(years.tolist(), [0.0] * 60)
    independent = stats.ttest_1samp(years, 0).confidence_interval()
    assert over_time.interval()[0] < independent.low


def test_values_of_a_study_for_each_example_are_compared_example_by_example():
    first, second = (RNG.random((4, 200)) < 0.8).astype(float), (RNG.random((4, 200)) < 0.7).astype(float)
    artifacts = Artifacts([], {"study": {"correct.first": first, "correct.second": second, "table": first}})
    groups = [artifacts.group("claim", {}, f"studies/study/correct.{name}") for name in ("first", "second")]
    assert groups[0].values == pytest.approx(first.mean(axis=1).tolist())
    assert estimated_difference(*groups) == two_way_difference(first, second)
    other = artifacts.group("claim", {}, "studies/study/table")
    assert other.correct is None
    assert len(other.values) == first.size
