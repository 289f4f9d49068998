"""The statistical tests that decide claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from layerwise.claims.artifacts import Group
from layerwise.evaluation.compare import Estimate, difference, holm, mcnemar, resampled_difference, wilson

SUPPORTED, CONTRADICTED, INCONCLUSIVE, VERIFIED = "SUPPORTED", "CONTRADICTED", "INCONCLUSIVE", "VERIFIED"
VERDICTS = (SUPPORTED, VERIFIED, CONTRADICTED, INCONCLUSIVE)


class Outcome(NamedTuple):
    """The outcome of a test: the verdict, the deciding number, and the fields available to a sentence."""

    verdict: str
    value: str
    fields: dict[str, Any]


def greater(first: Group, second: Group, margin: float = 0.0) -> Outcome:
    """Return SUPPORTED if the 95% Welch interval of ``first - second`` is above the margin, CONTRADICTED if below."""
    return _greater(first, second, margin, difference(first.values, second.values))


def greater_resampled(first: Group, second: Group, test_share: float, margin: float = 0.0) -> Outcome:
    """Decide like `greater` for values over the same random splits (corrected resampled t test)."""
    return _greater(first, second, margin, resampled_difference(first.values, second.values, test_share))


def greater_paired(first: Group, second: Group, margin: float = 0.0) -> Outcome:
    """Decide like `greater` for paired values, such as the errors of two forecasts of the same years."""
    return _greater(first, second, margin, resampled_difference(first.values, second.values, 0.0))


def _greater(first: Group, second: Group, margin: float, estimate: Estimate) -> Outcome:
    low, high = estimate.interval()
    verdict = SUPPORTED if low > margin else CONTRADICTED if high <= margin else INCONCLUSIVE
    fields = _pair(first, second) | {"low": low, "high": high, "margin": margin, "p": estimate.p_above(margin)}
    return Outcome(verdict, _value(estimate.mean, low, high), fields)


def equivalent(first: Group, second: Group, margin: float) -> Outcome:
    """Perform two one-sided tests at the 5% level (Schuirmann 1987).

    SUPPORTED if the 90% Welch interval is within ± the margin, CONTRADICTED if it is entirely outside.
    """
    return _equivalent(first, second, margin, difference(first.values, second.values))


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
    return Outcome(verdict, _value(of.mean, low, high), _single(of) | {"bound": bound})


def at_most(of: Group, bound: float) -> Outcome:
    """Return SUPPORTED if the interval of the mean is at or below the bound, CONTRADICTED if it is above."""
    low, high = of.interval()
    verdict = SUPPORTED if high <= bound else CONTRADICTED if low > bound else INCONCLUSIVE
    return Outcome(verdict, _value(of.mean, low, high), _single(of) | {"bound": bound})


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


def no_difference(first: Group, second: Group) -> Outcome:
    """Perform McNemar's exact test on the two models of each common seed, with Holm's correction over the seeds.

    SUPPORTED if no test rejects at the 5% level, CONTRADICTED if one does. Not rejecting does not show equivalence; see
    `equivalent`.
    """
    p_values = holm([mcnemar(a, b) for a, b in zip(first.mistakes, second.mistakes)])
    fields = _pair(first, second) | {"p": min(p_values)}
    return Outcome(SUPPORTED if min(p_values) >= 0.05 else CONTRADICTED, f"p = {min(p_values):.4f}", fields)


TESTS: dict[str, Callable[..., Outcome]] = {
    test.__name__: test
    for test in (
        greater,
        greater_resampled,
        greater_paired,
        equivalent,
        equivalent_resampled,
        at_least,
        at_most,
        within_anchor,
        never_above,
        no_difference,
    )
}
CERTAIN = {"never_above", "no_difference"}
"""Tests that are never inconclusive."""


def _single(of: Group) -> dict[str, Any]:
    low, high = of.interval()
    return {"mean": of.mean, "low": low, "high": high, "seeds": len(of.values)}


def _pair(first: Group, second: Group) -> dict[str, Any]:
    seeds = min(len(first.values), len(second.values))
    return {"first": first.mean, "second": second.mean, "difference": first.mean - second.mean, "seeds": seeds}


def _value(mean: float, low: float, high: float) -> str:
    mean_, low_, high_ = (f"{value:.4f}" if abs(value) < 1000 else f"{value:.4g}" for value in (mean, low, high))
    return f"{mean_} [{low_}, {high_}]"
