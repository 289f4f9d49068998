"""The statistical tests that decide claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from scipy.special import bdtr

from layerwise.claims.artifacts import Group
from layerwise.evaluation.compare import (
    Estimate,
    clopper_pearson,
    difference,
    difference_over_time,
    paired_difference,
    resampled_difference,
    two_way_difference,
    wilson,
)

SUPPORTED, CONTRADICTED, INCONCLUSIVE, VERIFIED = "SUPPORTED", "CONTRADICTED", "INCONCLUSIVE", "VERIFIED"
VERDICTS = (SUPPORTED, VERIFIED, CONTRADICTED, INCONCLUSIVE)


class Outcome(NamedTuple):
    """The outcome of a test: the verdict, the deciding number, and the fields available to a sentence."""

    verdict: str
    value: str
    fields: dict[str, Any]


def greater(first: Group, second: Group, margin: float = 0.0) -> Outcome:
    """Return SUPPORTED if the 95% interval of ``first - second`` lies above the margin, CONTRADICTED if below.

    The interval is that of `estimated_difference`.
    """
    return _greater(first, second, margin, estimated_difference(first, second))


def estimated_difference(first: Group, second: Group) -> Estimate:
    """Estimate the difference of two groups.

    Accuracies of runs with the same seeds on the same test split are compared example by example, for new seeds and new
    examples (`two_way_difference`), and so are runs and as many fits of a study. Other values with the same units are
    paired; the rest are compared by Welch's t.
    """
    paired = first.units is not None and first.units == second.units and not first.diverged and not second.diverged
    ours, theirs = first.correct, second.correct
    same_examples = paired or first.units is None or second.units is None
    if same_examples and ours is not None and theirs is not None and ours.shape == theirs.shape:
        return two_way_difference(ours, theirs)
    return (paired_difference if paired else difference)(first.values, second.values)


def greater_resampled(first: Group, second: Group, test_share: float, margin: float = 0.0) -> Outcome:
    """Decide like `greater` for values over the same random splits (corrected resampled t test)."""
    return _greater(first, second, margin, resampled_difference(first.values, second.values, test_share))


def greater_over_time(first: Group, second: Group, margin: float = 0.0) -> Outcome:
    """Decide like `greater` for the errors of two forecasts at the same times (Diebold–Mariano test, HAC variance)."""
    return _greater(first, second, margin, difference_over_time(first.values, second.values))


def _greater(first: Group, second: Group, margin: float, estimate: Estimate) -> Outcome:
    low, high = estimate.interval()
    verdict = SUPPORTED if low > margin else CONTRADICTED if high < margin else INCONCLUSIVE
    fields = _pair(first, second) | {"low": low, "high": high, "margin": margin, "p": estimate.p_above(margin)}
    return Outcome(verdict, _value(estimate.mean, low, high), fields)


def equivalent(first: Group, second: Group, margin: float) -> Outcome:
    """Two one-sided tests at 5% (Schuirmann 1987): SUPPORTED if the 90% interval lies within ± the margin.

    CONTRADICTED if it lies entirely outside. The interval is that of `estimated_difference`.
    """
    return _equivalent(first, second, margin, estimated_difference(first, second))


def equivalent_resampled(first: Group, second: Group, margin: float, test_share: float) -> Outcome:
    """Decide like `equivalent` for values over the same random splits (corrected resampled t test)."""
    return _equivalent(first, second, margin, resampled_difference(first.values, second.values, test_share))


def _equivalent(first: Group, second: Group, margin: float, estimate: Estimate) -> Outcome:
    low, high = estimate.interval(0.90)
    inside, outside = -margin < low and high < margin, low > margin or high < -margin
    fields = _pair(first, second) | {"low": low, "high": high, "margin": margin}
    return Outcome(
        SUPPORTED if inside else CONTRADICTED if outside else INCONCLUSIVE,
        _value(estimate.mean, low, high),
        fields | {"p": max(estimate.p_above(-margin), 1 - estimate.p_above(margin))},
    )


def at_least(of: Group, bound: float) -> Outcome:
    """Return SUPPORTED if the interval of the mean is at or above the bound, CONTRADICTED if it is below."""
    low, high = of.interval()
    verdict = SUPPORTED if low >= bound else CONTRADICTED if high < bound else INCONCLUSIVE
    return Outcome(verdict, _value(of.mean, low, high), _single(of) | {"bound": bound, "p": of.p_above(bound)})


def at_most(of: Group, bound: float) -> Outcome:
    """Return SUPPORTED if the interval of the mean is at or below the bound, CONTRADICTED if it is above."""
    low, high = of.interval()
    verdict = SUPPORTED if high <= bound else CONTRADICTED if low > bound else INCONCLUSIVE
    return Outcome(verdict, _value(of.mean, low, high), _single(of) | {"bound": bound, "p": of.p_below(bound)})


def below_rate(of: Group, rate: float) -> Outcome:
    """Return SUPPORTED if successes, 0 or 1, are rarer than ``rate``, CONTRADICTED if they are more frequent.

    The exact 95% interval is two-sided (Clopper & Pearson 1934), so that neither excess is found by chance in more than
    2.5% of samples.
    """
    successes, n = int(sum(of.values)), len(of.values)
    low, high = clopper_pearson(successes, n)
    verdict = SUPPORTED if high < rate else CONTRADICTED if low > rate else INCONCLUSIVE
    fields = {"mean": of.mean, "low": low, "high": high, "seeds": n, "rate": rate}
    return Outcome(verdict, _value(of.mean, low, high), fields | {"p": float(bdtr(successes, n, rate))})


def within_anchor(of: Group, anchor: Mapping[str, Any]) -> Outcome:
    """Compare the mean with Wilson's 95% interval of a published accuracy.

    SUPPORTED if the mean is within that interval, CONTRADICTED if the interval of the mean does not overlap it.
    """
    low, high = of.interval()
    published = wilson(anchor["value"], anchor["n"])
    inside, apart = published[0] <= of.mean <= published[1], high < published[0] or low > published[1]
    fields = _single(of) | {"anchor": anchor["value"], "anchor_low": published[0], "anchor_high": published[1]}
    fields |= {"source": anchor["source"], "protocol": anchor["protocol"]}
    return Outcome(SUPPORTED if inside else CONTRADICTED if apart else INCONCLUSIVE, _value(of.mean, low, high), fields)


def never_above(of: Group, bound: float) -> Outcome:
    """Return VERIFIED if no value exceeds the bound, for deterministic values such as the error of an identity."""
    largest = max(of.values)
    return Outcome(
        VERIFIED if largest <= bound else CONTRADICTED, f"{largest:.3g}", {"largest": largest, "bound": bound}
    )


def significant(of: Group) -> Outcome:
    """Return SUPPORTED if the p-values of a test that a study has made are at most 0.05, else INCONCLUSIVE.

    A larger p-value does not contradict the effect: the study may be too small to see it.
    """
    p = max(of.values)
    return Outcome(SUPPORTED if p <= 0.05 else INCONCLUSIVE, f"p = {p:.3g}", {"p": p})


def above_permutations(first: Group, second: Group) -> Outcome:
    """Permutation test: SUPPORTED if the value exceeds those of enough random permutations of the labels.

    ``second`` holds the values with permuted labels. With the value itself, each is equally likely to be the largest
    if the labels are unrelated to the features, so p = (1 + number at least as large) / (1 + permutations) (Ojala &
    Garriga 2010). The level is 0.025, that of one side of the intervals; a larger p-value contradicts nothing.
    """
    value = first.values[0]
    p = (1 + sum(other >= value for other in second.values)) / (1 + len(second.values))
    fields = {"first": value, "largest": max(second.values), "seeds": len(second.values), "p": p}
    return Outcome(SUPPORTED if p <= 0.025 else INCONCLUSIVE, f"p = {p:.3g}", fields)


def in_all(outcomes: Mapping[str, Outcome]) -> tuple[str, Outcome]:
    """Combine the outcomes of a claim about several cases, such as datasets.

    The claim is SUPPORTED if it is in every case (intersection–union test: no correction is needed, Berger 1982), and
    CONTRADICTED if it is in one, after Bonferroni's correction for the number of cases.

    Returns
    -------
    str, Outcome
        The least favorable case and its outcome, with the combined verdict and the fields ``supported`` and ``cases``.
    """
    verdicts = [outcome.verdict for outcome in outcomes.values()]

    def against(name: str) -> tuple[int, float]:
        outcome = outcomes[name]
        order = (SUPPORTED, VERIFIED, INCONCLUSIVE, CONTRADICTED).index(outcome.verdict)
        return order, outcome.fields.get("p", outcome.fields.get("largest", 0.0))

    name = max(outcomes, key=against)
    worst = outcomes[name]
    if len(outcomes) == 1 or not worst.fields:
        return name, worst
    verdict = worst.verdict
    if verdict == CONTRADICTED and 1 - worst.fields.get("p", 1.0) > 0.025 / len(outcomes):
        verdict = INCONCLUSIVE
    counts = {"supported": len(outcomes) - verdicts.count(CONTRADICTED) - verdicts.count(INCONCLUSIVE)}
    return name, Outcome(verdict, worst.value, worst.fields | counts | {"cases": len(outcomes)})


TESTS: dict[str, Callable[..., Outcome]] = {
    test.__name__: test
    for test in (
        greater,
        greater_resampled,
        greater_over_time,
        equivalent,
        equivalent_resampled,
        at_least,
        at_most,
        below_rate,
        above_permutations,
        within_anchor,
        never_above,
        significant,
    )
}
WITHOUT_INTERVAL = {"never_above", "significant", "above_permutations"}
"""Tests that need no second value, because they do not estimate an interval."""


def _single(of: Group) -> dict[str, Any]:
    low, high = of.interval()
    return {"mean": of.mean, "low": low, "high": high, "seeds": len(of.values)}


def _pair(first: Group, second: Group) -> dict[str, Any]:
    seeds = min(len(first.values), len(second.values))
    return {"first": first.mean, "second": second.mean, "difference": first.mean - second.mean, "seeds": seeds}


def _value(mean: float, low: float, high: float) -> str:
    mean_, low_, high_ = (f"{value:.4f}" if abs(value) < 1000 else f"{value:.4g}" for value in (mean, low, high))
    return f"{mean_} [{low_}, {high_}]"
