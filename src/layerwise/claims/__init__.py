"""What the reports assert: each claim is a statement, the runs it speaks of, and the statistical test that decides it.

A claim ends as SUPPORTED, CONTRADICTED or INCONCLUSIVE, an identity as VERIFIED or CONTRADICTED. Its sentence is made
of the statement, the verdict and the numbers behind it. ``python -m layerwise.claims check`` writes the verdicts of one
report as CSV, ``join`` those of all.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from layerwise.claims import sentences
from layerwise.claims.artifacts import Artifacts, Claim
from layerwise.claims.tests import CERTAIN, INCONCLUSIVE, TESTS, VERDICTS, Outcome
from layerwise.suggest import nearest

COLUMNS = ("claim", "report", "sentence", "artifact", "test", "value", "verdict")
_KEYS = {"report", "statement", "test", "metric", "split", "format", "labels", "over", "sentences"}
_SOURCES = ("of", "first", "second")


def check(name: str, claim: Claim, anchors: Iterable[str]) -> None:
    """Check the keys of a claim.

    Raises
    ------
    ValueError
        Naming the key, what came and what is accepted.
    """
    where = f"claims.{name}"
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
    labels = claim.get("labels")
    if labels is not None and not ("first" in claim and isinstance(labels, list) and len(labels) == 2):
        raise ValueError(f"{where}.labels: must be two texts, for first and second, got {labels!r}")
    try:
        claim.get("format", "{}").format(0.5)
    except (AttributeError, ValueError, LookupError):
        raise ValueError(
            f"{where}.format: must format one number, as '{{:.1%}}' does, got {claim['format']!r}"
        ) from None
    for verdict in claim.get("sentences", {}):
        if verdict not in VERDICTS:
            raise ValueError(f"{where}.sentences: unknown verdict '{verdict}'{nearest(verdict, VERDICTS)}")
    if "anchor" in claim and claim["anchor"] not in anchors:
        raise ValueError(f"{where}.anchor: unknown anchor '{claim['anchor']}'{nearest(claim['anchor'], anchors)}")


def sources(claim: Claim) -> list[str]:
    """Return what a claim speaks of: ``experiment/backend`` or ``studies/study/array``."""
    return [claim[key] for key in _SOURCES if key in claim]


def decide(name: str, claim: Claim, artifacts: Artifacts, anchors: Mapping[str, Any]) -> dict[str, str]:
    """Decide one claim.

    Parameters
    ----------
    name : str
        Its name in ``config/<report>/claims.yaml``.
    claim : mapping
        Its definition.
    artifacts : Artifacts
        At least what it speaks of.
    anchors : mapping
        Published numbers by name.

    Returns
    -------
    dict
        A row of ``results/claims/<report>.csv``.

    Raises
    ------
    ValueError
        If the claim is not well formed, or speaks of runs or measures that do not exist.
    """
    check(name, claim, anchors)
    arguments = {key: value for key, value in claim.items() if key not in _KEYS}
    groups = {key: artifacts.group(name, claim, value) for key, value in arguments.items() if key in _SOURCES}
    if "anchor" in arguments:
        arguments["anchor"] = anchors[claim["anchor"]]
    diverged = sum(group.diverged for group in groups.values())
    alone = [group for group in groups.values() if len(group.values) == 1 and group.spreads and len(groups) == 1]
    enough = all(len(group.values) > 1 for group in groups.values()) or bool(alone)
    if not diverged if claim["test"] in CERTAIN else enough:
        outcome = TESTS[claim["test"]](**arguments | groups)
        sentence = sentences.sentence(name, claim, outcome)
        if alone:
            sentence += " (One run: the interval is that of its test examples.)"
    else:
        outcome = Outcome(INCONCLUSIVE, "", {})
        sentence = f"Of {' and '.join(sources(claim))}, too few runs have a value: nothing can be said."
    if diverged:
        sentence += f" (Left out: {diverged} diverged.)"
    artifact = "; ".join(
        f"results/{'' if source.startswith('studies/') else 'runs/'}{source}" for source in sources(claim)
    )
    return dict(
        zip(COLUMNS, (name, claim["report"], sentence, artifact, claim["test"], outcome.value, outcome.verdict))
    )
