"""Statistics over seeds, and comparisons of two models on the same examples."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import bdtr, betaincinv, expit, logit, stdtr, stdtrit


class Estimate(NamedTuple):
    """A mean with its standard error and degrees of freedom."""

    mean: float
    error: float
    freedom: float

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return Student's t interval, NaN for a single value."""
        half = float(stdtrit(self.freedom, (1 + level) / 2)) * self.error if self.freedom else float("nan")
        return self.mean - half, self.mean + half

    def p_above(self, bound: float) -> float:
        """Return the p-value of the one-sided t test of the null hypothesis that the mean is at most ``bound``."""
        if not self.freedom:
            return float("nan")
        if not self.error:
            return 0.0 if self.mean > bound else 1.0
        return float(stdtr(self.freedom, -(self.mean - bound) / self.error))


def estimate(values: Sequence[float]) -> Estimate:
    """Estimate the mean of independent values, such as a metric over seeds."""
    n = len(values)
    return Estimate(float(np.mean(values)), float(np.std(values, ddof=1) / n**0.5) if n > 1 else 0.0, n - 1)


def interval(values: np.ndarray, axis: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the half-width of Student's 95% interval along ``axis``, ignoring NaN.

    The half-width is NaN for fewer than two values.
    """
    values = np.asarray(values, dtype=float)
    count = np.sum(np.isfinite(values), axis=axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(values, axis=axis) / count
        deviation = np.sqrt(np.nansum((values - np.expand_dims(mean, axis)) ** 2, axis=axis) / (count - 1))
        half = stdtrit(np.maximum(count - 1, 1), 0.975) * deviation / np.sqrt(count)
    return mean, np.where(count > 1, half, np.nan)


def difference(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Estimate the difference of two means without assuming equal variances (Welch 1947)."""
    a, b = estimate(first), estimate(second)
    if not a.freedom or not b.freedom:
        return Estimate(a.mean - b.mean, 0.0, 0)
    va, vb = a.error**2, b.error**2
    freedom = (va + vb) ** 2 / (va**2 / a.freedom + vb**2 / b.freedom) if va + vb else a.freedom + b.freedom
    return Estimate(a.mean - b.mean, (va + vb) ** 0.5, freedom)


def difference_over_time(first: Sequence[float], second: Sequence[float], lags: int | None = None) -> Estimate:
    """Estimate the mean difference of two forecasts' errors at the same times (Diebold & Mariano 1995).

    Errors of neighboring times are correlated, so the variance of the mean is that of Newey and West (1987), with
    Bartlett weights over ``lags`` autocovariances, by default 4, fewer for less than 24 times. The standard error is
    enlarged so that Student's interval has the half-width of the fixed-b critical values, which hold for short series
    (Kiefer & Vogelsang 2005, table 1).
    """
    d = np.subtract(first, second)
    n = len(d)
    lags = min(4, n // 6) if lags is None else lags
    deviations = d - d.mean()
    covariances = np.array([deviations[lag:] @ deviations[: n - lag] for lag in range(lags + 1)]) / (n - 1)
    weights = 2 * (1 - np.arange(lags + 1) / (lags + 1))
    weights[0] = 1
    b = (lags + 1) / n
    critical = 1.96 + 2.9694 * b + 0.4160 * b**2 - 0.5324 * b**3
    error = float(weights @ covariances / n) ** 0.5 * critical / float(stdtrit(n - 1, 0.975))
    return Estimate(float(d.mean()), error, n - 1)


def paired_difference(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Estimate the mean difference of values that come in pairs, such as those of the same seed."""
    return estimate(np.subtract(first, second).tolist())


def two_way_difference(first: np.ndarray, second: np.ndarray) -> Estimate:
    """Estimate the mean difference of two models for new seeds and new test examples.

    Parameters
    ----------
    first, second : ndarray, shape (seeds, examples)
        A value of each run for each example, such as whether the prediction is correct. Row and column of both arrays
        are the same seed and the same example.

    Returns
    -------
    Estimate
        Seeds and examples are crossed random effects: the variance of the mean is ``(MS_seeds + MS_examples −
        MS_residual) / (seeds · examples)`` (Searle, Casella & McCulloch 1992, ch. 4), but no smaller than that for new
        seeds alone or new examples alone; its degrees of freedom are Satterthwaite's (1946).
    """
    d = np.asarray(first, dtype=float) - second
    seeds, examples = d.shape
    if seeds == 1:
        return estimate(d[0].tolist())
    mean, rows, columns = float(d.mean()), d.mean(axis=1), d.mean(axis=0)
    residual = d - rows[:, None] - columns + mean
    freedoms = np.array([seeds - 1, examples - 1, (seeds - 1) * (examples - 1)])
    sums = [examples * np.sum((rows - mean) ** 2), seeds * np.sum((columns - mean) ** 2), np.sum(residual**2)]
    ms_seeds, ms_examples, ms_residual = squares = np.array(sums) / freedoms
    total = ms_seeds + ms_examples - ms_residual
    freedom = total**2 / (np.sum(squares**2 / freedoms) or 1.0)
    choices = [(total, max(freedom, 1.0)), (ms_seeds, freedoms[0]), (ms_examples, freedoms[1])]
    square, freedom = max(choices, key=lambda choice: choice[0])
    return Estimate(mean, float(square / (seeds * examples)) ** 0.5, float(freedom))


def resampled_difference(first: Sequence[float], second: Sequence[float], test_share: float) -> Estimate:
    """Estimate the mean difference of two learners over the same random splits or folds (Nadeau & Bengio 2003).

    Splits share training examples, so their results are not independent. The variance of a mean over J splits is
    estimated as (1/J + n_test/n_train) times the variance over splits. ``test_share`` is the fraction of examples in a
    test set.
    """
    differences = np.subtract(first, second)
    n = len(differences)
    variance = float(np.var(differences, ddof=1)) if n > 1 else 0.0
    return Estimate(float(differences.mean()), ((1 / n + test_share / (1 - test_share)) * variance) ** 0.5, n - 1)


def mcnemar(first: Collection[int], second: Collection[int]) -> float:
    """Return the exact two-sided p-value of McNemar's test (1947) for equal error rates of two classifiers.

    Parameters
    ----------
    first, second : collection of int
        Indices of the misclassified examples of each classifier on the same test set.
    """
    only_first, only_second = len(set(first) - set(second)), len(set(second) - set(first))
    discordant = only_first + only_second
    return min(1.0, 2 * float(bdtr(min(only_first, only_second), discordant, 0.5))) if discordant else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for multiple testing by Holm's step-down method (1979)."""
    m, corrected, largest = len(p_values), [0.0] * len(p_values), 0.0
    for rank, i in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (m - rank) * p_values[i]))
        corrected[i] = largest
    return corrected


def adjusted(p_values: Sequence[float]) -> dict[str, np.ndarray]:
    """Return the p-values after the corrections of Holm (1979) and of Benjamini and Hochberg (1995), by name."""
    from scipy.stats import false_discovery_control  # a second of CPU time that most jobs do not need

    return {
        "Holm": np.array(holm(p_values)),
        "Benjamini–Hochberg": false_discovery_control(p_values) if len(p_values) else np.array([]),
    }


def wilson(p: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval (1927) for a proportion ``p`` observed in ``n`` examples."""
    z = float(stdtrit(np.inf, (1 + level) / 2))
    center, half = (
        (p + z**2 / (2 * n)) / (1 + z**2 / n),
        z * (p * (1 - p) / n + z**2 / (4 * n**2)) ** 0.5 / (1 + z**2 / n),
    )
    return center - half, center + half


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval (Clopper & Pearson 1934) for a proportion with ``successes`` in ``n`` trials."""
    tail = (1 - level) / 2
    low = float(betaincinv(successes, n - successes + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, n - successes, 1 - tail)) if successes < n else 1.0
    return low, high


class Range(NamedTuple):
    """The values that a measure can take, and the scale on which its intervals are computed.

    An interval on that scale, mapped back, does not leave the range: the logit for two finite ends, such as those of an
    accuracy, the logarithm for a lower end, such as that of a loss, and the values themselves for no end.
    """

    low: float = -np.inf
    high: float = np.inf

    def scaled(self, value: float) -> float:
        """Return a value on the unbounded scale, infinite at an end of the range."""
        if np.isfinite(self.high):
            return float(logit(np.clip((value - self.low) / (self.high - self.low), 0.0, 1.0)))
        if np.isfinite(self.low):
            return float(np.log(value - self.low)) if value > self.low else -np.inf
        return value

    def unscaled(self, value: float) -> float:
        """Return the value at a position on the unbounded scale."""
        if np.isfinite(self.high):
            return float(self.low + (self.high - self.low) * expit(value))
        return float(self.low + np.exp(value)) if np.isfinite(self.low) else value

    def slope(self, value: float) -> float:
        """Return the derivative of `scaled` at a value inside the range."""
        if np.isfinite(self.high):
            return (self.high - self.low) / ((value - self.low) * (self.high - value))
        return 1 / (value - self.low) if np.isfinite(self.low) else 1.0

    def interval(self, estimate: Estimate) -> tuple[float, float]:
        """Return the 95% interval of a mean by the delta method; values at an end of the range do not vary."""
        if estimate.mean in (self.low, self.high):
            return estimate.interval()
        half = (estimate.interval()[1] - estimate.mean) * self.slope(estimate.mean)
        return self.unscaled(self.scaled(estimate.mean) - half), self.unscaled(self.scaled(estimate.mean) + half)


REAL = Range()
"""The range of a measure without bounds."""

SHARES = {"accuracy", "precision_macro", "recall_macro", "f1_macro", "roc_auc", "pr_auc", "ece"}
"""Metrics between 0 and 1."""
ERRORS = {"loss", "log_loss", "brier", "mse", "mae", "rmse"}
"""Metrics that are not negative."""


def range_of(metric: str) -> Range:
    """Return the values that a metric can take."""
    return Range(0.0, 1.0) if metric in SHARES else Range(0.0) if metric in ERRORS else REAL
