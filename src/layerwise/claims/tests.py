"""The statistical tests that decide claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from layerwise.claims.artifacts import Group
from layerwise.evaluation.compare import Estimate, difference, holm, mcnemar, resampled_difference, wilson

SUPPORTED, CONTRADICTED, INCONCLUSIVE, VERIFIED = "SUPPORTED", "CONTRADICTED", "INCONCLUSIVE", "VERIFIED"
VERDICTS = (SUPPORTED, VERIFIED, CONTRADICTED, INCONCLUSIVE)


class Outcome(NamedTuple):
    """What a test found: the verdict, the number behind it, and the fields that a sentence may use."""

    verdict: str
    value: str
    fields: dict[str, Any]


def greater(first: Group, second: Group, margin: float = 0.0) -> Outcome:
    """Return SUPPORTED if the 95% Welch interval of ``first - second`` lies above the margin, CONTRADICTED if below."""
    return _greater(first, second, margin, difference(first.values, second.values))


def greater_resampled(first: Group, second: Group, test_share: float, margin: float = 0.0) -> Outcome:
    """Decide as `greater` does, for values over the same random splits (corrected resampled t test)."""
    return _greater(first, second, margin, resampled_difference(first.values, second.values, test_share))


def greater_paired(first: Group, second: Group, margin: float = 0.0) -> Outcome:
    """Decide as `greater` does, for values that come in pairs, such as two forecasts' errors of the same years."""
    return _greater(first, second, margin, resampled_difference(first.values, second.values, 0.0))


def _greater(first: Group, second: Group, margin: float, found: Estimate) -> Outcome:
    low, high = found.interval()
    verdict = SUPPORTED if low > margin else CONTRADICTED if high <= margin else INCONCLUSIVE
    fields = _pair(first, second) | {"low": low, "high": high, "margin": margin, "p": found.p_above(margin)}
    return Outcome(verdict, _value(found.mean, low, high), fields)


def equivalent(first: Group, second: Group, margin: float) -> Outcome:
    """Two one-sided tests at 5 % (Schuirmann 1987): SUPPORTED if the 90 % Welch interval lies within ± the margin.

    CONTRADICTED if it lies outside altogether.
    """
    return _equivalent(first, second, margin, difference(first.values, second.values))


def equivalent_resampled(first: Group, second: Group, margin: float, test_share: float) -> Outcome:
    """Decide as `equivalent` does, for values over the same random splits (corrected resampled t test)."""
    return _equivalent(first, second, margin, resampled_difference(first.values, second.values, test_share))


def _equivalent(first: Group, second: Group, margin: float, found: Estimate) -> Outcome:
    low, high = found.interval(0.90)
    inside, outside = -margin < low and high < margin, low > margin or high < -margin
    fields = _pair(first, second) | {"low": low, "high": high, "margin": margin}
    return Outcome(
        SUPPORTED if inside else CONTRADICTED if outside else INCONCLUSIVE,
        _value(found.mean, low, high),
        fields | {"p": max(found.p_above(-margin), 1 - found.p_above(margin))},
    )


def at_least(of: Group, bound: float) -> Outcome:
    """SUPPORTED if the interval of the mean lies at or above the bound, CONTRADICTED if it lies below."""
    low, high = of.interval()
    verdict = SUPPORTED if low >= bound else CONTRADICTED if high < bound else INCONCLUSIVE
    return Outcome(verdict, _value(of.mean, low, high), _single(of) | {"bound": bound})


def at_most(of: Group, bound: float) -> Outcome:
    """SUPPORTED if the interval of the mean lies at or below the bound, CONTRADICTED if it lies above."""
    low, high = of.interval()
    verdict = SUPPORTED if high <= bound else CONTRADICTED if low > bound else INCONCLUSIVE
    return Outcome(verdict, _value(of.mean, low, high), _single(of) | {"bound": bound})


def within_anchor(of: Group, anchor: Mapping[str, Any]) -> Outcome:
    """Compare with a published accuracy, as sure as the number of its test examples makes it (Wilson's 95 % interval).

    SUPPORTED if our mean lies in that interval, CONTRADICTED if our own interval does not even touch it.
    """
    low, high = of.interval()
    published = wilson(anchor["value"], anchor["n"])
    inside, apart = published[0] <= of.mean <= published[1], high < published[0] or low > published[1]
    fields = _single(of) | {"anchor": anchor["value"], "anchor_low": published[0], "anchor_high": published[1]}
    fields |= {"source": anchor["source"], "protocol": anchor["protocol"]}
    return Outcome(SUPPORTED if inside else CONTRADICTED if apart else INCONCLUSIVE, _value(of.mean, low, high), fields)


def never_above(of: Group, bound: float) -> Outcome:
    """Return VERIFIED if no value exceeds the bound: for what is computed, not sampled, as an identity's error is."""
    largest = max(of.values)
    return Outcome(
        VERIFIED if largest <= bound else CONTRADICTED, f"{largest:.3g}", {"largest": largest, "bound": bound}
    )


def no_difference(first: Group, second: Group) -> Outcome:
    """McNemar's exact test of the two models of each seed both have, Holm-corrected over the seeds.

    SUPPORTED if none rejects at 5 %, CONTRADICTED if one does. It asserts no more than that: see `equivalent`.
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
