"""Claims of the reports: a statement, the runs or studies it refers to, and the statistical test that decides it.

The verdict of a claim is SUPPORTED, CONTRADICTED or INCONCLUSIVE, that of an identity VERIFIED or CONTRADICTED. Its
sentence consists of the statement, the verdict and the numbers. ``python -m layerwise.claims check`` writes the
verdicts of one report as CSV, ``join`` combines those of all reports.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from layerwise.claims import sentences
from layerwise.claims.artifacts import Artifacts, Claim
from layerwise.claims.tests import INCONCLUSIVE, TESTS, VERDICTS, WITHOUT_INTERVAL, Outcome, in_all
from layerwise.suggest import nearest

COLUMNS = ("claim", "report", "statement", "sentence", "artifact", "test", "value", "verdict", "p", "headline")
_KEYS = {
    "report", "statement", "headline", "test", "metric", "split", "format", "labels", "over", "range", "sentences",
    "cases",
}  # fmt: skip
_SOURCES = ("of", "first", "second")


def check(name: str, claim: Claim, anchors: Iterable[str]) -> None:
    """Check the keys of a claim.

    Raises
    ------
    ValueError
        If a key or value is invalid. The message names it.
    """
    where = f"claims.{name}"
    for case in _cases(claim).values():
        _check(where, case, anchors)


def _check(where: str, claim: Claim, anchors: Iterable[str]) -> None:
    if claim.get("test") not in TESTS:
        raise ValueError(f"{where}.test: unknown test '{claim.get('test')}'{nearest(claim.get('test'), TESTS)}")
    parameters = inspect.signature(TESTS[claim["test"]]).parameters
    accepted = _KEYS | set(parameters)
    for key in claim:
        if key not in accepted:
            raise ValueError(f"{where}: unknown key '{key}'{nearest(key, accepted)}")
    required = [key for key, parameter in parameters.items() if parameter.default is parameter.empty]
    for key in ("report", "statement", *required):
        if key not in claim:
            raise ValueError(f"{where}: the key '{key}' is missing")
    for key in _SOURCES:
        parts = claim[key].split("/") if isinstance(claim.get(key), str) else []
        if key in claim and (not all(parts) or len(parts) != (3 if parts[:1] == ["studies"] else 2)):
            raise ValueError(f"{where}.{key}: must be experiment/backend or studies/study/array, got {claim[key]!r}")
    labels = claim.get("labels")
    if labels is not None and not ("first" in claim and isinstance(labels, list) and len(labels) == 2):
        raise ValueError(f"{where}.labels: must be two strings, for first and second, got {labels!r}")
    bounds = claim.get("range", [0, 1])
    if not (isinstance(bounds, list) and len(bounds) in (1, 2) and bounds == sorted(bounds)):
        raise ValueError(f"{where}.range: must be the smallest value, or the smallest and the largest, got {bounds!r}")
    try:
        claim.get("format", "{}").format(0.5)
    except (AttributeError, ValueError, LookupError):
        raise ValueError(
            f"{where}.format: must be a format string for one number, such as '{{:.1%}}', got {claim['format']!r}"
        ) from None
    if not isinstance(claim.get("headline", False), bool):
        raise ValueError(f"{where}.headline: must be true or false, got {claim['headline']!r}")
    for verdict in claim.get("sentences", {}):
        if verdict not in VERDICTS:
            raise ValueError(f"{where}.sentences: unknown verdict '{verdict}'{nearest(verdict, VERDICTS)}")
    if "anchor" in claim and claim["anchor"] not in anchors:
        raise ValueError(f"{where}.anchor: unknown anchor '{claim['anchor']}'{nearest(claim['anchor'], anchors)}")


def _cases(claim: Claim) -> dict[str, Claim]:
    """Return the claim of each case, such as a dataset; the claim itself if it has no cases."""
    shared = {key: value for key, value in claim.items() if key != "cases"}
    return {case: {**shared, **keys} for case, keys in claim.get("cases", {"": {}}).items()}


def configured(claim: Claim, exists: Callable[[str], object]) -> Claim | None:
    """Return the claim with the cases whose sources exist; None if it has none."""
    left = {
        name: claim.get("cases", {}).get(name, {})
        for name, case in _cases(claim).items()
        if all(exists(case[key]) for key in _SOURCES if key in case)
    }
    if not left:
        return None
    return {**claim, "cases": left} if "cases" in claim else claim


def sources(claim: Claim) -> list[str]:
    """Return the sources of a claim, each ``experiment/backend`` or ``studies/study/array``."""
    return list(dict.fromkeys(case[key] for case in _cases(claim).values() for key in _SOURCES if key in case))


def anchors(claim: Claim) -> list[str]:
    """Return the names of the published results that a claim is compared with."""
    return [case["anchor"] for case in _cases(claim).values() if "anchor" in case]


def decide(name: str, claim: Claim, artifacts: Artifacts, anchors: Mapping[str, Any]) -> dict[str, str]:
    """Decide one claim.

    Parameters
    ----------
    name : str
        Name of the claim in ``config/<report>/claims.yaml``.
    claim : mapping
        Its definition.
    artifacts : Artifacts
        Runs and studies, including the sources of the claim.
    anchors : mapping
        Published results by name.

    Returns
    -------
    dict
        A row of ``results/claims/<report>.csv``.

    Raises
    ------
    ValueError
        If the claim is invalid, or refers to runs or metrics that do not exist.
    """
    check(name, claim, anchors)
    cases = _cases(claim)
    decided = {case: _decide(name, each, artifacts, anchors) for case, each in cases.items()}
    worst, outcome = in_all({case: outcome for case, (outcome, _) in decided.items()})
    note = decided[worst][1]
    if outcome.fields:
        sentence = sentences.sentence(name, cases[worst], outcome, worst) + note
    else:
        sentence = f"Too few runs of {' and '.join(sources(cases[worst]))} have a value to decide the claim.{note}"
    artifact = "; ".join(
        f"results/{'' if source.startswith('studies/') else 'runs/'}{source}" for source in sources(cases[worst])
    )
    if len(cases) > 1:
        artifact += f" (of {len(cases)} cases)"
    p = f"{outcome.fields['p']:.3g}" if "p" in outcome.fields else ""  # of tests that infer from a sample
    row = (
        name, claim["report"], sentences.statement(claim), sentence, artifact, claim["test"], outcome.value,
        outcome.verdict, p, "yes" if claim.get("headline") else "",
    )  # fmt: skip
    return dict(zip(COLUMNS, row))


def _decide(name: str, claim: Claim, artifacts: Artifacts, anchors: Mapping[str, Any]) -> tuple[Outcome, str]:
    """Return the outcome of one case, without fields if there are too few runs, and a note about the runs."""
    arguments = {key: value for key, value in claim.items() if key not in _KEYS}
    groups = {key: artifacts.group(name, claim, value) for key, value in arguments.items() if key in _SOURCES}
    if "anchor" in arguments:
        arguments["anchor"] = anchors[claim["anchor"]]
    diverged = sum(group.diverged for group in groups.values())
    alone = [group for group in groups.values() if len(group.values) == 1 and group.spreads and len(groups) == 1]
    enough = all(len(group.values) > 1 for group in groups.values()) or bool(alone)
    outcome, note = Outcome(INCONCLUSIVE, "", {}), ""
    if not diverged if claim["test"] in WITHOUT_INTERVAL else enough:
        outcome = TESTS[claim["test"]](**arguments | groups)
        if alone:
            note = " (Single run: the interval covers the sampling of test examples only.)"
    if diverged:
        note += f" ({diverged} diverged {'run' if diverged == 1 else 'runs'} excluded.)"
    return outcome, note
