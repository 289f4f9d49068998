"""Statistical tests with a case for each verdict, sentences of claims, and error messages for invalid claims."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from catalogue import FULL as CATALOGUE
from scipy import stats

from layerwise import claims
from layerwise.claims import stability, tests
from layerwise.claims.__main__ import table
from layerwise.claims.artifacts import Artifacts, Group
from layerwise.claims.tests import CONTRADICTED, INCONCLUSIVE, SUPPORTED, VERIFIED
from layerwise.experiments import config
from layerwise.numbers import number
from layerwise.pipeline.files import write_json, write_npz

ROOT = Path(__file__).parents[3]


def group(*values, spread=0.0):
    return Group(list(values), [(spread, spread)] * len(values))


LOW, HIGH = group(0.80, 0.81, 0.82), group(0.90, 0.91, 0.92)
WIDE = group(0.60, 0.81, 0.99)


@pytest.mark.parametrize(
    "first, second, margin, verdict",
    [
        (HIGH, LOW, 0.0, SUPPORTED),
        (HIGH, LOW, 0.05, SUPPORTED),
        (HIGH, LOW, 0.2, CONTRADICTED),
        (LOW, HIGH, 0.0, CONTRADICTED),
        (HIGH, WIDE, 0.0, INCONCLUSIVE),
        (LOW, LOW, 0.0, INCONCLUSIVE),
        (group(0.9, 0.9), group(0.8, 0.8), 0.0, SUPPORTED),
        (group(0.9, 0.9), group(0.9, 0.9), 0.0, INCONCLUSIVE),  # no difference seen, but none ruled out either
    ],
)
def test_greater(first, second, margin, verdict):
    assert tests.greater(first, second, margin).verdict == verdict


@pytest.mark.parametrize(
    "first, second, margin, verdict",
    [
        (LOW, LOW, 0.05, SUPPORTED),
        (LOW, HIGH, 0.05, CONTRADICTED),
        (HIGH, LOW, 0.05, CONTRADICTED),
        (LOW, WIDE, 0.05, INCONCLUSIVE),
    ],
)
def test_equivalent(first, second, margin, verdict):
    assert tests.equivalent(first, second, margin).verdict == verdict


@pytest.mark.parametrize(
    "of, bound, at_least, at_most",
    [
        (HIGH, 0.8, SUPPORTED, CONTRADICTED),
        (HIGH, 0.99, CONTRADICTED, SUPPORTED),
        (HIGH, 0.91, INCONCLUSIVE, INCONCLUSIVE),
        (group(0.9, 0.9, spread=0.2), 0.8, INCONCLUSIVE, INCONCLUSIVE),  # inconclusive because of few test examples
    ],
)
def test_bounds(of, bound, at_least, at_most):
    assert tests.at_least(of, bound).verdict == at_least
    assert tests.at_most(of, bound).verdict == at_most


@pytest.mark.parametrize(
    ("values", "range_"),
    [
        ([0.99, 1.0, 1.0, 0.97], (0, 1)),
        ([0.001, 0.0, 0.05], (0,)),
        ([-0.99, -0.9, -1.0], (-1, 1)),
        ([1.0, 1.0], (0, 1)),
    ],
)
def test_the_interval_of_a_bounded_measure_stays_in_its_range(values, range_):
    array = {"s": {"x": np.array(values)}}
    measure = Artifacts([], array).group("c", {"range": range_}, "studies/s/x")
    low, high = measure.interval()
    assert min(range_) <= low <= np.mean(values) <= high <= (max(range_) if len(range_) == 2 else np.inf)


def test_the_interval_of_a_share_is_that_of_the_delta_method_on_the_logit():
    values = np.array([0.9, 0.95, 0.97])
    low, high = Artifacts([], {"s": {"x": values}}).group("c", {"range": [0, 1]}, "studies/s/x").interval()
    mean, half = values.mean(), 4.302652730 * values.std(ddof=1) / 3**0.5
    logits = np.log(mean / (1 - mean)) + np.array([-1, 1]) * half / (mean * (1 - mean))
    assert (low, high) == pytest.approx(tuple(1 / (1 + np.exp(-logits))))


def test_the_p_value_agrees_with_the_interval():
    measure = Artifacts([], {"s": {"x": np.array([0.9, 0.95, 0.97])}}).group("c", {"range": [0, 1]}, "studies/s/x")
    low, high = measure.interval()
    assert measure.p_above(low) == pytest.approx(0.025)
    assert measure.p_below(high) == pytest.approx(0.025)
    assert measure.p_above(0.0) == 0


@pytest.mark.parametrize(
    ("successes", "n", "rate", "verdict"),
    [(16, 24, 0.9, SUPPORTED), (31, 35, 0.9, INCONCLUSIVE), (35, 35, 0.9, INCONCLUSIVE), (60, 60, 0.9, CONTRADICTED)],
)
def test_below_rate_decides_by_the_exact_interval(successes, n, rate, verdict):
    outcome = tests.below_rate(group(*[1.0] * successes, *[0.0] * (n - successes)), rate)
    assert outcome.verdict == verdict
    exact = stats.binomtest(successes, n, rate).proportion_ci(method="exact")
    assert (outcome.fields["low"], outcome.fields["high"]) == pytest.approx((exact.low, exact.high))
    assert outcome.fields["p"] == pytest.approx(stats.binomtest(successes, n, rate, alternative="less").pvalue)


@pytest.mark.parametrize(("larger", "verdict"), [(0, SUPPORTED), (1, INCONCLUSIVE), (39, INCONCLUSIVE)])
def test_above_permutations_counts_the_value_itself(larger, verdict):
    outcome = tests.above_permutations(group(0.8), group(*[0.8] * larger, *[0.5] * (39 - larger)))
    assert outcome.verdict == verdict
    assert outcome.fields["p"] == (larger + 1) / 40


def test_a_claim_about_several_cases_needs_all_of_them():
    clear, unclear = tests.greater(HIGH, LOW), tests.greater(HIGH, WIDE)
    assert tests.in_all({"a": clear, "b": clear})[1].verdict == SUPPORTED
    name, outcome = tests.in_all({"a": clear, "b": unclear})
    assert (name, outcome.verdict, outcome.fields["supported"]) == ("b", INCONCLUSIVE, 1)
    assert outcome.fields["p"] == unclear.fields["p"]  # intersection–union test: the largest p-value


def test_one_case_contradicts_a_claim_only_after_correction():
    opposite = tests.greater(group(0.80, 0.81, 0.82), group(0.835, 0.845, 0.855))  # p = 0.006 against the claim
    cases = {str(k): tests.greater(HIGH, LOW) for k in range(9)}
    assert opposite.verdict == CONTRADICTED
    assert tests.in_all({"a": opposite, "b": cases["0"]})[1].verdict == CONTRADICTED
    assert tests.in_all({"a": opposite, **cases})[1].verdict == INCONCLUSIVE


def test_the_sentence_of_several_cases_names_the_least_favorable():
    each = {"a": {"first": "a/numpy"}, "c": {"first": "c/numpy"}}
    row = claims.decide("c", claim(first=None, cases=each), RUNS, {})
    assert row["verdict"] == INCONCLUSIVE
    assert "a beats b: in 1 of 2 cases; the least favorable is c, 84.5% against 80.5%" in row["sentence"]
    assert row["artifact"] == "results/runs/c/numpy; results/runs/b/numpy (of 2 cases)"
    assert claims.sources(claim(first=None, cases=each)) == ["a/numpy", "b/numpy", "c/numpy"]


def test_cases_without_sources_are_left_out():
    each = claim(first=None, cases={"a": {"first": "a/numpy"}, "z": {"first": "z/numpy"}})
    assert claims.configured(each, lambda source: source != "z/numpy")["cases"] == {"a": {"first": "a/numpy"}}
    assert claims.configured(each, lambda source: source == "b/numpy") is None
    assert claims.configured(claim(), lambda source: True) == claim()
    assert claims.configured(claim(), lambda source: source != "b/numpy") is None


def test_identities_of_several_cases_are_verified_by_the_largest_error():
    arrays = Artifacts([], {"s": {"x": np.array([1e-9]), "y": np.array([3e-9])}})
    each = {name: {"of": f"studies/s/{name}"} for name in "xy"}
    identity = {"report": "r", "test": "never_above", "bound": 1e-8, "statement": "all agree", "cases": each}
    row = claims.decide("c", identity, arrays, {})
    assert (row["verdict"], row["value"], row["p"]) == (VERIFIED, "3e-09", "")


@pytest.mark.parametrize(
    "value, n, verdict",
    [(0.91, 10000, SUPPORTED), (0.80, 10000, CONTRADICTED), (0.93, 10000, INCONCLUSIVE), (0.80, 20, SUPPORTED)],
)
def test_within_anchor(value, n, verdict):
    anchor = {"value": value, "n": n, "source": "A 2000", "protocol": "same"}
    assert tests.within_anchor(HIGH, anchor).verdict == verdict


def test_the_interval_of_a_perfect_score_has_positive_width():
    """53 of 53 correct is compatible with 93%; the bootstrap interval would have zero width."""
    measures = {"accuracy": 1.0, "intervals": {"accuracy": [1.0, 1.0]}, "confusion_matrix": [[30, 0], [0, 23]]}
    runs = [run("a", seed, 1.0) | {"splits": {"test": measures}} for seed in (0, 1)]
    accuracy = Artifacts(runs, {}).group("c", {}, "a/numpy")
    assert accuracy.interval() == pytest.approx((0.9324, 1.0), abs=1e-4)


@pytest.mark.parametrize(
    "values, verdict", [([1e-7, 2e-7], VERIFIED), ([1e-7, 1e-3], CONTRADICTED), ([1e-6], VERIFIED)]
)
def test_never_above(values, verdict):
    assert tests.never_above(group(*values), 1e-6).verdict == verdict


@pytest.mark.parametrize(
    ("values", "verdict"), [([0.01], SUPPORTED), ([0.01, 0.2], INCONCLUSIVE), ([0.75], INCONCLUSIVE)]
)
def test_a_large_p_value_contradicts_nothing(values, verdict):
    assert tests.significant(group(*values)).verdict == verdict


def run(experiment, seed, accuracy, backend="numpy", **rest):
    measures = {"accuracy": accuracy, "intervals": {"accuracy": [accuracy - 0.01, accuracy + 0.01]}, "mistakes": []}
    outcome = {"status": "ok", "epoch": None, "splits": {"test": measures}}
    return {"experiment": experiment, "backend": backend, "seed": seed, **outcome, **rest}


DIVERGED = {"status": "diverged", "epoch": 2, "splits": {}}
RUNS = Artifacts(  # of different seeds, so that they are not paired
    [run("a", 0, 0.90), run("a", 1, 0.91), run("b", 2, 0.80), run("b", 3, 0.81), run("c", 4, 0.70), run("c", 5, 0.99)],
    {},
)


def claim(**changes):
    base = {"report": "r", "statement": "a beats b", "test": "greater", "first": "a/numpy", "second": "b/numpy"}
    return {key: value for key, value in (base | changes).items() if value is not None}


def test_a_decided_claim_is_a_row():
    assert claims.decide("c", claim(), RUNS, {}) == {
        "claim": "c",
        "report": "r",
        "statement": "A beats b.",
        "sentence": "A beats b: 90.5% against 80.5% "
        "(difference 10.0 points, 95% interval 7.0 to 13.0 points; 2 seeds).",
        "artifact": "results/runs/a/numpy; results/runs/b/numpy",
        "test": "greater",
        "value": "0.1000 [0.0696, 0.1304]",
        "verdict": SUPPORTED,
        "p": "0.00248",
        "headline": "",
    }


@pytest.mark.parametrize(
    ("first", "second", "opening"),
    [
        ("a/numpy", "b/numpy", "A beats b: 90.5% with a, 80.5%"),
        ("b/numpy", "a/numpy", "The results contradict the claim that a beats b: 80.5% with a"),
        ("a/numpy", "c/numpy", "The results do not settle whether a beats b: 90.5% with a"),
    ],
)
def test_the_verdict_opens_the_sentence(first, second, opening):
    changes = {"first": first, "second": second, "labels": ["with a", "with b"]}
    sentence = claims.decide("c", claim(**changes), RUNS, {})["sentence"]
    assert sentence.replace(" against ", ", ").startswith(opening)


def test_a_claim_may_define_its_sentence():
    template = {"sentences": {SUPPORTED: "{first:.1%} beats {second:.1%}."}}
    assert claims.decide("c", claim(**template), RUNS, {})["sentence"] == "90.5% beats 80.5%."


def test_arrays_of_studies_are_formatted_as_the_claim_specifies():
    arrays = Artifacts(
        [],
        {
            "s": {
                "x": np.array([1500.0, 1501.0, 1502.0]),
                "y": np.array([0.5, 0.6, 0.7]),
                "z": np.array([0.6, 0.5, 0.7]),
            }
        },
    )
    keys = {"first": "studies/s/x", "second": "studies/s/y", "over": "folds"}
    assert ": 1,501 against 0.6 (difference 1,500," in claims.decide("c", claim(**keys), arrays, {})["sentence"]
    keys |= {"first": "studies/s/y", "second": "studies/s/z", "format": "{:.1%}"}
    assert (
        "(difference 0.0 points, 95% interval \u221224.8 to 24.8 points; 3 folds)"
        in (claims.decide("c", claim(**keys), arrays, {})["sentence"])
    )
    gap = {"report": "r", "statement": "x", "test": "at_least", "bound": 0.1, "of": "studies/s/y"}
    sentence = claims.decide("c", gap | {"format": "{:+.1%} points"}, arrays, {})["sentence"]
    assert "+60.0 points (95% interval +35.2 to +84.8 points; 3 seeds)" in sentence
    keys |= {"first": "studies/s/x", "format": "{:.1f} s"}
    sentence = claims.decide("c", claim(**keys), arrays, {})["sentence"]
    assert ": 1501.0 s against 0.6 s (difference 1500.4 s," in sentence and sentence.endswith("; 3 folds).")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.1234, "0.123"),
        (12345.6, "12,346"),
        (4e-17, "4.0 × 10⁻¹⁷"),
        (2.5e7, "2.5 × 10⁷"),
        (-1.5, "-1.5"),
        (float("inf"), "∞"),
        (float("-inf"), "-∞"),
        (float("nan"), "–"),
    ],
)
def test_numbers(value, text):
    assert number(value) == text


def test_diverged_runs_are_counted_and_excluded():
    row = claims.decide("c", claim(), Artifacts([*RUNS.runs, run("a", 2, 0.0, **DIVERGED)], {}), {})
    assert row["verdict"] == SUPPORTED
    assert row["sentence"].endswith("(1 diverged run excluded.)")


def test_too_few_runs_are_inconclusive():
    row = claims.decide("c", claim(), Artifacts([run("a", 0, 0.9), *RUNS.runs[2:]], {}), {})
    assert row["verdict"] == INCONCLUSIVE
    assert row["sentence"] == "Too few runs of a/numpy and b/numpy have a value to decide the claim."


def test_a_single_run_can_be_compared_with_a_bound_but_not_with_another_run():
    tested = {"accuracy": 0.9, "confusion_matrix": [[45, 5], [5, 45]]}  # Wilson: 0.826 to 0.945
    runs = Artifacts([run("a", 0, 0.9, splits={"test": tested}), *RUNS.runs[2:]], {})
    for bound, verdict in ((0.82, SUPPORTED), (0.9, INCONCLUSIVE), (0.95, CONTRADICTED)):
        bare = {"report": "r", "test": "at_least", "of": "a/numpy", "bound": bound, "statement": "a is right"}
        row = claims.decide("c", bare, runs, {})
        assert row["verdict"] == verdict
        assert row["sentence"].endswith("(Single run: the interval covers the sampling of test examples only.)")
        assert "90.0% (95% interval 82.6% to 94.5%; 1 seed)" in row["sentence"]
    assert claims.decide("c", claim(), runs, {})["verdict"] == INCONCLUSIVE


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"test": "greatr"}, "claims.c.test: unknown test 'greatr'; did you mean 'greater'?"),
        ({"margn": 0.1}, "claims.c: unknown key 'margn'; did you mean 'margin'?"),
        ({"second": None}, "claims.c: the key 'second' is missing"),
        ({"first": "a"}, "claims.c.first: must be experiment/backend or studies/study/array, got 'a'"),
        ({"first": "studies/s"}, "claims.c.first: must be experiment/backend or studies/study/array, got 'studies/s'"),
        ({"first": 3}, "claims.c.first: must be experiment/backend or studies/study/array, got 3"),
        ({"test": "equivalent"}, "claims.c: the key 'margin' is missing"),
        ({"statement": None}, "claims.c: the key 'statement' is missing"),
        ({"range": [1, 0]}, "claims.c.range: must be the smallest value, or the smallest and the largest, got [1, 0]"),
        ({"labels": "ab"}, "claims.c.labels: must be two strings, for first and second, got 'ab'"),
        ({"headline": "yes"}, "claims.c.headline: must be true or false, got 'yes'"),
        ({"labels": ["with a"]}, "claims.c.labels: must be two strings, for first and second, got ['with a']"),
        ({"format": "{:d}"}, "claims.c.format: must be a format string for one number, such as '{:.1%}', got '{:d}'"),
        (
            {"format": "{mean}"},
            "claims.c.format: must be a format string for one number, such as '{:.1%}', got '{mean}'",
        ),
        ({"format": 3}, "claims.c.format: must be a format string for one number, such as '{:.1%}', got 3"),
        ({"sentences": {"PASS": "x"}}, "claims.c.sentences: unknown verdict 'PASS'; must be one of CONTRADICTED"),
        ({"metric": "acuracy"}, "claims.c.metric: unknown metric 'acuracy'; did you mean 'accuracy'?"),
        ({"first": "z/numpy"}, "claims.c: no runs of 'z/numpy' in the artifacts"),
        ({"first": "studies/s/x"}, "claims.c: unknown array 'x' of study 's'"),
        (
            {"sentences": {SUPPORTED: "{frist}"}},
            "claims.c.sentences.SUPPORTED: unknown field 'frist'; must be one of first, second",
        ),
        (
            {"test": "within_anchor", "of": "a/numpy", "anchor": "x", "first": None, "second": None},
            "claims.c.anchor: unknown anchor 'x'; must be one of mnist",
        ),
    ],
)
def test_an_invalid_claim_is_reported_with_its_key(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        claims.decide("c", claim(**changes), RUNS, {"mnist": {}})


def test_the_commands_read_runs_and_studies_and_join(tmp_path):
    for i, metrics in enumerate(RUNS.runs):
        write_json(tmp_path / str(i) / "metrics.json", metrics)
    write_npz(tmp_path / "ladder.npz", gap=np.array([[1e-9, 3e-8]]))
    identity = {
        "report": "r",
        "test": "never_above",
        "of": "studies/ladder/gap",
        "bound": 1e-7,
        "statement": "the two are equal",
    }
    spec = json.dumps({"claims": {"c": claim(), "identity": identity}, "anchors": {}})
    artifacts = [*map(str, tmp_path.glob("*/metrics.json")), str(tmp_path / "ladder.npz")]
    one, joined = str(tmp_path / "one.csv"), str(tmp_path / "all.csv")
    command = [sys.executable, "-m", "layerwise.claims"]
    subprocess.run([*command, "check", "--report", "r", "--spec", spec, "--output", one, *artifacts], check=True)
    subprocess.run([*command, "join", "--output", joined, one, one], check=True)
    with open(joined, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == [SUPPORTED, VERIFIED] * 2
    assert rows[1]["sentence"] == "The two are equal: largest value 3.0 × 10⁻⁸, bound 1.0 × 10⁻⁷."


def test_the_verdicts_of_two_runs_are_compared(tmp_path):
    def row(name, verdict, test="greater"):
        return {"claim": name, "test": test, "verdict": verdict}

    first = [row("a", SUPPORTED), row("b", SUPPORTED), row("c", INCONCLUSIVE), row("d", VERIFIED, "never_above")]
    second = [row("a", CONTRADICTED), row("b", SUPPORTED), row("c", SUPPORTED), row("d", VERIFIED, "never_above")]
    names = ("change", "kind", "claims", "same", "reversed", "changed")
    rows = [("seeds", "inference", "3", "1", "1", "a c"), ("seeds", "identity", "1", "1", "0", "")]
    assert stability.compare("seeds", first, [*second, row("e", SUPPORTED)]) == [dict(zip(names, r)) for r in rows]
    with pytest.raises(ValueError, match="change 'seeds': the two runs have no claim in common"):
        stability.compare("seeds", first, [])
    for name, verdicts in (("first", first), ("second", second)):
        (tmp_path / f"{name}.csv").write_text(table([dict.fromkeys(claims.COLUMNS, "") | each for each in verdicts]))
    command = [sys.executable, "-m", "layerwise.claims", "compare", "--output", "stability.csv", "first.csv"]
    subprocess.run([*command, "other seeds=second.csv"], cwd=tmp_path, check=True)
    assert (tmp_path / "stability.csv").read_text().splitlines()[1] == "other seeds,inference,3,1,1,a c"


# --- the claims of this project ---------------------------------------------------------------------------------------


CLAIMS, ANCHORS = CATALOGUE["claims"], CATALOGUE["anchors"]


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_is_valid_and_refers_to_existing_sources(name):
    claims.check(name, CLAIMS[name], ANCHORS)
    for source in claims.sources(CLAIMS[name]):
        first, second = source.split("/")[:2]
        if first == "studies":
            assert second in CATALOGUE["studies"]
        else:
            assert second in config.backends(CATALOGUE, first)


@pytest.mark.parametrize("name", CLAIMS)
def test_results_in_sentences_are_fields(name):
    """Conditions (momentum 0.9, 10 folds) may be literal, percentages must not."""
    claim = CLAIMS[name]
    for sentence in (claim["statement"], *claim.get("labels", ()), *claim.get("sentences", {}).values()):
        assert not re.search(r"\d ?%", re.sub(r"\{[^}]*\}", "", sentence)), sentence


@pytest.mark.parametrize("name", ANCHORS)
def test_every_anchor_has_its_source(name):
    of_a_share = set() if ANCHORS[name]["metric"] in ("mse", "rmse") else {"n"}  # number of test examples
    assert set(ANCHORS[name]) == {"value", "metric", "dataset", "model", "source", "protocol"} | of_a_share
