"""What the reports assert: each claim is a sentence, the runs it speaks of, and the statistical test that decides it.

A claim ends as PASS, FAIL or INCONCLUSIVE and has a sentence for each, in which every number is a field filled in from
the artifact. ``python -m layerwise.claims check`` writes the verdicts of one report as CSV, ``join`` those of all.
"""

from __future__ import annotations

import argparse
import csv
import inspect
import io
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from layerwise import cli
from layerwise.evaluation.compare import Estimate, difference, estimate, holm, mcnemar, resampled_difference, wilson
from layerwise.files import read_json, read_npz, write_text
from layerwise.names import nearest

PASS, FAIL, INCONCLUSIVE = "PASS", "FAIL", "INCONCLUSIVE"
COLUMNS = ("claim", "report", "sentence", "artifact", "test", "value", "verdict")
_KEYS = {"report", "test", "metric", "split", "sentences"}
_SOURCES = ("of", "first", "second")

Claim = Mapping[str, Any]


class Outcome(NamedTuple):
    """What a test found: the verdict, the number behind it, and the fields that a sentence may use."""

    verdict: str
    value: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Group:
    """One measure of the runs of an experiment in a backend, over seeds; diverged runs are counted, not measured.

    Attributes
    ----------
    values : list of float
        One a seed.
    spreads : list of (float, float)
        How far another test set may move each value down and up: to the ends of its interval, where there is one.
    mistakes : list of list of int
        Which test examples each run got wrong.
    diverged : int
        Number of runs without a value.
    largest : float
        What the measure cannot exceed.
    """

    values: list[float]
    spreads: list[tuple[float, float]]
    mistakes: list[list[int]]
    diverged: int = 0
    largest: float = math.inf

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return estimate(self.values).mean

    def interval(self) -> tuple[float, float]:
        """Return a 95 % interval of the mean for new seeds and new test examples, the two added in quadrature.

        Of a single run, it is that for new test examples.
        """
        seeds = self.mean - estimate(self.values).interval()[0] if len(self.values) > 1 else 0.0
        down, up = np.mean(self.spreads, axis=0) if self.spreads else (0.0, 0.0)
        return self.mean - math.hypot(seeds, down), min(self.mean + math.hypot(seeds, up), self.largest)


@dataclass(frozen=True)
class Artifacts:
    """What claims are decided on: the ``metrics.json`` of runs, and the arrays of studies by name."""

    runs: Sequence[Mapping[str, Any]]
    studies: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, paths: Sequence[Path]) -> Artifacts:
        """Read ``metrics.json`` and ``.npz`` files."""
        runs = [read_json(path) for path in paths if path.suffix == ".json"]
        return cls(runs, {path.stem: read_npz(path) for path in paths if path.suffix == ".npz"})

    def group(self, name: str, claim: Claim, source: str) -> Group:
        """Return what the claim called ``name`` measures on ``experiment/backend`` or ``studies/study/array``.

        Raises
        ------
        ValueError
            If there is no such run, study, array or measure.
        """
        kind, _, rest = source.partition("/")
        if kind == "studies":
            study, _, key = rest.partition("/")
            arrays = self.studies.get(study, {})
            if key not in arrays:
                raise ValueError(f"claims.{name}: no array '{key}' of study '{study}' was given{nearest(key, arrays)}")
            return Group(arrays[key].astype(float).ravel().tolist(), [], [])
        found = [run for run in self.runs if f"{run['experiment']}/{run['backend']}" == source]
        if not found:
            raise ValueError(f"claims.{name}: no run of '{source}' was given")
        whole = [run["splits"][claim.get("split", "test")] for run in found if run["status"] == "ok"]
        metric = claim.get("metric", "accuracy")
        for measures in whole:
            if not isinstance(measures.get(metric), float):
                measured = [key for key, value in measures.items() if isinstance(value, float)]
                raise ValueError(f"claims.{name}.metric: '{metric}' is not measured{nearest(metric, measured)}")
        return Group(
            [run[metric] for run in whole],
            [spread for run in whole if (spread := _spread(run, metric))],
            [run.get("mistakes", []) for run in whole],
            len(found) - len(whole),
            1.0 if metric in _AT_MOST_ONE else math.inf,
        )


def _spread(measures: Mapping[str, Any], metric: str) -> tuple[float, float] | None:
    """Return the distances to the ends of a measure's interval: Wilson's for accuracy, else the bootstrap's.

    The bootstrap of a model without mistakes finds none ever, however few the examples.
    """
    value = measures[metric]
    if metric == "accuracy" and "confusion_matrix" in measures:
        low, high = wilson(value, int(np.sum(measures["confusion_matrix"])))
    elif metric in measures.get("intervals", {}):
        low, high = measures["intervals"][metric]
    else:
        return None
    return value - low, high - value


def greater(first: Group, second: Group, margin: float = 0.0) -> Outcome:
    """PASS if the 95 % Welch interval of ``first - second`` lies above the margin, FAIL if it lies below."""
    return _greater(first, second, margin, difference(first.values, second.values))


def greater_resampled(first: Group, second: Group, test_share: float, margin: float = 0.0) -> Outcome:
    """Decide as `greater` does, for values over the same random splits (corrected resampled t test)."""
    return _greater(first, second, margin, resampled_difference(first.values, second.values, test_share))


def greater_paired(first: Group, second: Group, margin: float = 0.0) -> Outcome:
    """Decide as `greater` does, for values that come in pairs, such as two forecasts' errors of the same years."""
    return _greater(first, second, margin, resampled_difference(first.values, second.values, 0.0))


def _greater(first: Group, second: Group, margin: float, found: Estimate) -> Outcome:
    low, high = found.interval()
    verdict = PASS if low > margin else FAIL if high <= margin else INCONCLUSIVE
    fields = _pair(first, second) | {"low": low, "high": high, "margin": margin, "p": found.p_above(margin)}
    return Outcome(verdict, _value(found.mean, low, high), fields)


def equivalent(first: Group, second: Group, margin: float) -> Outcome:
    """Two one-sided tests at 5 % (Schuirmann 1987): PASS if the 90 % Welch interval lies within ± the margin.

    FAIL if it lies outside altogether.
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
        PASS if inside else FAIL if outside else INCONCLUSIVE,
        _value(found.mean, low, high),
        fields | {"p": max(found.p_above(-margin), 1 - found.p_above(margin))},
    )


def at_least(of: Group, bound: float) -> Outcome:
    """PASS if the interval of the mean lies at or above the bound, FAIL if it lies below."""
    low, high = of.interval()
    verdict = PASS if low >= bound else FAIL if high < bound else INCONCLUSIVE
    return Outcome(verdict, _value(of.mean, low, high), _single(of) | {"bound": bound})


def at_most(of: Group, bound: float) -> Outcome:
    """PASS if the interval of the mean lies at or below the bound, FAIL if it lies above."""
    low, high = of.interval()
    verdict = PASS if high <= bound else FAIL if low > bound else INCONCLUSIVE
    return Outcome(verdict, _value(of.mean, low, high), _single(of) | {"bound": bound})


def within_anchor(of: Group, anchor: Mapping[str, Any]) -> Outcome:
    """Compare with a published accuracy, as sure as the number of its test examples makes it (Wilson's 95 % interval).

    PASS if our mean lies in that interval, FAIL if our own interval does not even touch it.
    """
    low, high = of.interval()
    published = wilson(anchor["value"], anchor["n"])
    inside, apart = published[0] <= of.mean <= published[1], high < published[0] or low > published[1]
    fields = _single(of) | {"anchor": anchor["value"], "anchor_low": published[0], "anchor_high": published[1]}
    fields |= {"source": anchor["source"], "protocol": anchor["protocol"]}
    return Outcome(PASS if inside else FAIL if apart else INCONCLUSIVE, _value(of.mean, low, high), fields)


def never_above(of: Group, bound: float) -> Outcome:
    """PASS if no value exceeds the bound: for what is computed, not sampled, such as the error of an identity."""
    largest = max(of.values)
    return Outcome(PASS if largest <= bound else FAIL, f"{largest:.3g}", {"largest": largest, "bound": bound})


def no_difference(first: Group, second: Group) -> Outcome:
    """McNemar's exact test of the two models of each seed both have, Holm-corrected over the seeds.

    PASS if none rejects at 5 %, FAIL if one does. It asserts no more than that: see `equivalent`.
    """
    p_values = holm([mcnemar(a, b) for a, b in zip(first.mistakes, second.mistakes)])
    fields = _pair(first, second) | {"p": min(p_values)}
    return Outcome(PASS if min(p_values) >= 0.05 else FAIL, f"p = {min(p_values):.4f}", fields)


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
_AT_MOST_ONE = {"accuracy", "precision_macro", "recall_macro", "f1_macro", "roc_auc", "pr_auc", "ece", "r2"}
_CERTAIN = {"never_above", "no_difference"}  # tests that are never inconclusive


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
    for key in ("report", "sentences", *required):
        if key not in claim:
            raise ValueError(f"{where}: the key '{key}' is missing")
    verdicts = [PASS, FAIL] if claim["test"] in _CERTAIN else [PASS, FAIL, INCONCLUSIVE]
    if sorted(claim["sentences"]) != sorted(verdicts):
        raise ValueError(f"{where}.sentences: needs {', '.join(verdicts)}; got {', '.join(claim['sentences'])}")
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
        Its name in ``config/claims``.
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
    if not diverged if claim["test"] in _CERTAIN else enough:
        outcome = TESTS[claim["test"]](**arguments | groups)
        sentence = _sentence(name, claim, outcome)
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


def table(rows: Iterable[Mapping[str, str]]) -> str:
    """Return rows of claims as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def main() -> None:
    """Decide the claims of one report, or join those of all."""
    parser = argparse.ArgumentParser(prog="python -m layerwise.claims", description=main.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    checking = commands.add_parser("check", help="decide the claims of one report")
    checking.add_argument("--report", required=True)
    checking.add_argument("--spec", required=True, help='JSON: {"claims": {name: claim}, "anchors": {name: anchor}}')
    checking.add_argument("--output", required=True, type=Path)
    checking.add_argument("artifacts", type=Path, nargs="*", help="metrics.json of runs, .npz of studies")
    joining = commands.add_parser("join", help="join tables of claims in one")
    joining.add_argument("--output", required=True, type=Path)
    joining.add_argument("tables", type=Path, nargs="+")
    arguments = parser.parse_args()
    with cli.work():
        if arguments.command == "join":
            rows = [row for path in arguments.tables for row in read(path)]
        else:
            spec = json.loads(arguments.spec)
            artifacts = Artifacts.read(arguments.artifacts)
            rows = [decide(name, claim, artifacts, spec["anchors"]) for name, claim in spec["claims"].items()]
            print(*(f"{row['verdict']}: {row['sentence']}" for row in rows), sep="\n")
        write_text(arguments.output, table(rows))


def read(path: Path) -> list[dict[str, str]]:
    """Read a table of claims."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _single(of: Group) -> dict[str, Any]:
    low, high = of.interval()
    return {"mean": of.mean, "low": low, "high": high, "seeds": len(of.values)}


def _pair(first: Group, second: Group) -> dict[str, Any]:
    seeds = min(len(first.values), len(second.values))
    return {"first": first.mean, "second": second.mean, "difference": first.mean - second.mean, "seeds": seeds}


def _value(mean: float, low: float, high: float) -> str:
    mean_, low_, high_ = (f"{value:.4f}" if abs(value) < 1000 else f"{value:.4g}" for value in (mean, low, high))
    return f"{mean_} [{low_}, {high_}]"


def _sentence(name: str, claim: Claim, outcome: Outcome) -> str:
    try:
        return claim["sentences"][outcome.verdict].format(**outcome.fields)
    except (KeyError, IndexError) as error:
        known = ", ".join(outcome.fields)
        raise ValueError(
            f"claims.{name}.sentences.{outcome.verdict}: unknown field {error}; accepted: {known}"
        ) from None


if __name__ == "__main__":
    cli.command(main)
