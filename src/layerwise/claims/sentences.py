"""Sentences of claims, composed of the statement, the verdict and the numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from layerwise.claims.artifacts import Claim
from layerwise.claims.tests import CONTRADICTED, INCONCLUSIVE, SUPPORTED, VERIFIED, Outcome
from layerwise.evaluation.compare import SHARES
from layerwise.numbers import number, signed

OPENINGS = {
    SUPPORTED: "{statement}",
    VERIFIED: "{statement}",
    CONTRADICTED: "the results contradict the claim that {statement}",
    INCONCLUSIVE: "the results do not settle whether {statement}",
}
_DIFFERENCE = "{first} against {second} (difference {difference}, 95% interval {low} to {high}; {seeds})"
_EQUIVALENCE = _DIFFERENCE.replace("95%", "90%").replace("{high};", "{high}, margin {margin};")
_MEAN = "{mean} (95% interval {low} to {high}; {seeds})"
EVIDENCE = {
    "greater": _DIFFERENCE,
    "greater_resampled": _DIFFERENCE,
    "greater_over_time": _DIFFERENCE,
    "equivalent": _EQUIVALENCE,
    "equivalent_resampled": _EQUIVALENCE,
    "at_least": _MEAN,
    "at_most": _MEAN,
    "below_rate": "{mean}, nominal {rate} (exact 95% interval {low} to {high}; {seeds})",
    "above_permutations": "{first} against at most {largest} of {seeds} (p = {p:.2g})",
    "within_anchor": "{mean} (95% interval {low} to {high}) against {anchor} with 95% interval "
    "{anchor_low} to {anchor_high} ({source}; {protocol})",
    "never_above": "largest value {largest}, bound {bound}",
    "significant": "p = {p:.2g}",
}
"""Template of the numbers for each test."""
_DIFFERENCES = {"difference", "margin"}
_ENDS = {"low", "high", "bound", "rate", "anchor", "anchor_low", "anchor_high"}
_MEASURED = {"first", "second", "mean", "largest"} | _ENDS


def statement(claim: Claim) -> str:
    """Return the statement of a claim as a sentence."""
    return _capitalized(claim["statement"]) + "."


def sentence(name: str, claim: Claim, outcome: Outcome, case: str = "") -> str:
    """Return the sentence of a decided claim, from its template for this verdict or from statement and evidence.

    The evidence for a claim about several cases is that of the least favorable one, ``case``.

    Raises
    ------
    ValueError
        If the template of the claim has a field that the test does not provide.
    """
    if outcome.verdict in claim.get("sentences", {}):
        try:
            return str(claim["sentences"][outcome.verdict].format(**outcome.fields))
        except (KeyError, IndexError) as error:
            known = ", ".join(outcome.fields)
            raise ValueError(
                f"claims.{name}.sentences.{outcome.verdict}: unknown field {error}; must be one of {known}"
            ) from None
    opening = OPENINGS[outcome.verdict].format(statement=claim["statement"])
    evidence = EVIDENCE[claim["test"]].format(**_texts(claim, outcome.fields))
    if outcome.fields.get("cases", 1) > 1:
        holds = "in {supported} of {cases} cases".format(**outcome.fields)
        evidence = f"{holds}; the least favorable is {case}, {evidence}"
    return f"{_capitalized(opening)}: {evidence}."


def _capitalized(text: str) -> str:
    return text[0].upper() + text[1:]


def _texts(claim: Claim, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as text in the format of the claim; differences of percentages are in percentage points."""
    form = claim.get("format") or ("{:.1%}" if _is_share(claim) else None)
    apart = "difference" in fields  # the interval is then that of the difference
    texts = dict(fields)
    for key, value in fields.items():
        if key in _DIFFERENCES or (apart and key in ("low", "high")):
            texts[key] = _difference(value, form)
        elif key in _MEASURED:
            texts[key] = _measure(value, form)
    for key, label in zip(("first", "second"), claim.get("labels", ())):
        texts[key] = f"{texts[key]} {label}"
    if "seeds" in fields:
        repeats = claim.get("over", "seeds")
        texts["seeds"] = f"{fields['seeds']} {repeats if fields['seeds'] != 1 else repeats.removesuffix('s')}"
    if "low" in texts:
        texts["low"] = re.sub(r"[^\d%⁰¹²³⁴⁵⁶⁷⁸⁹]+$", "", texts["low"])  # the unit follows the upper end only
    return texts


def _is_share(claim: Claim) -> bool:
    """Return whether the metric of a claim about runs is a share, such as accuracy."""
    source = claim.get("of") or claim["first"]
    return not source.startswith("studies/") and claim.get("metric", "accuracy") in SHARES


def _measure(value: float, form: str | None) -> str:
    return signed(form.format(value).replace("% points", " points") if form else number(value))


def _difference(value: float, form: str | None) -> str:
    shares = re.search(r"{:(.*)%}", form or "")
    return signed(f"{100 * value:{shares[1]}f} points") if shares else _measure(value, form)
