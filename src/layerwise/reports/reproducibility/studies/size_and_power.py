"""Size and power of the statistical tests, by simulation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from layerwise.claims import tests
from layerwise.claims.artifacts import Group
from layerwise.evaluation.compare import Range
from layerwise.reports.inputs import Data

SEEDS, EXAMPLES, SPLITS, SHARE = 5, 200, 100, 0.1
YEARS, MEMORY, PERMUTATIONS = 30, 0.3, 39
VERDICTS = (tests.SUPPORTED, tests.CONTRADICTED)
Case = tuple[Callable[[np.random.Generator, float], tests.Outcome], float, float, str]


def run(data: Data, draws: int = 2000) -> dict[str, np.ndarray]:
    """Draw data under the null hypothesis and under an effect, and count the verdicts of each test.

    Parameters
    ----------
    data : mapping
        Unused.
    draws : int
        Draws per test and hypothesis.

    Returns
    -------
    dict
        For each of `CASES`: ``null.…`` and ``effect.…`` (2,), the shares of the verdicts SUPPORTED and CONTRADICTED.
    """
    result = {}
    for name, (decide, null, effect, _) in CASES.items():
        for hypothesis, value in (("null", null), ("effect", effect)):
            rng = np.random.default_rng(0)
            verdicts = [decide(rng, value).verdict for _ in range(draws)]
            result[f"{hypothesis}.{name}"] = np.array([verdicts.count(verdict) / draws for verdict in VERDICTS])
    return result


def sample(rng: np.random.Generator, mean: float) -> Group:
    """Return five independent values with standard deviation 1."""
    return Group(rng.normal(mean, 1, SEEDS).tolist(), [])


def independent(rng: np.random.Generator, effect: float) -> tuple[Group, Group]:
    """Return two independent samples whose means differ by ``effect`` standard deviations."""
    return sample(rng, effect), sample(rng, 0)


def paired(rng: np.random.Generator, effect: float) -> tuple[Group, Group]:
    """Return two samples over the same seeds, which vary five times as much as the samples do given the seed."""
    shared = rng.normal(0, 5, SEEDS)
    values = shared + rng.normal(effect, 1, SEEDS), shared + rng.normal(0, 1, SEEDS)
    first, second = (Group(each.tolist(), [], units=("study", SEEDS)) for each in values)
    return first, second


def classified(rng: np.random.Generator, effect: float) -> tuple[Group, Group]:
    """Return two classifiers whose accuracies differ by ``effect``, and more or less by seed and by example.

    The probabilities stay within (0, 1), so that the expected difference is the effect.
    """
    seed, example = 0.02 * rng.normal(size=(SEEDS, 1)), 0.2 * rng.normal(size=(1, EXAMPLES))
    base = 0.5 + 0.05 * rng.normal(size=(1, EXAMPLES))
    groups = []
    for sign in (0.5, -0.5):
        correct = rng.random((SEEDS, EXAMPLES)) < base + sign * (effect + seed + example)
        groups.append(Group(correct.mean(axis=1).tolist(), [], correct, ("dataset", *range(SEEDS))))
    return groups[0], groups[1]


def resampled(rng: np.random.Generator, effect: float) -> tuple[Group, Group]:
    """Return two learners over 100 random splits, with a tenth of the variance common to all splits."""
    differences = effect + SHARE**0.5 * rng.normal() + (1 - SHARE) ** 0.5 * rng.normal(size=SPLITS)
    return Group(differences.tolist(), []), Group([0.0] * SPLITS, [])


def over_time(rng: np.random.Generator, effect: float) -> tuple[Group, Group]:
    """Return the errors of two forecasts of 30 years; their difference has a lag-one autocorrelation of 0.3."""
    noise = rng.normal(size=YEARS + 10)
    for year in range(1, len(noise)):
        noise[year] = MEMORY * noise[year - 1] + (1 - MEMORY**2) ** 0.5 * noise[year]
    return Group((effect + noise[10:]).tolist(), []), Group([0.0] * YEARS, [])


def share(rng: np.random.Generator, median: float) -> Group:
    """Return five accuracies between 0 and 1, with standard deviation 0.5 on the logit scale."""
    logits = np.log(median / (1 - median)) + 0.5 * rng.normal(size=SEEDS)
    return Group((1 / (1 + np.exp(-logits))).tolist(), [], range=Range(0, 1))


def successes(rng: np.random.Generator, rate: float) -> Group:
    """Return whether each of 30 years is within a prediction interval."""
    return Group((rng.random(YEARS) < rate).astype(float).tolist(), [])


def permuted(rng: np.random.Generator, effect: float) -> tuple[Group, Group]:
    """Return a value and those of 39 permutations, with standard deviation 1."""
    return Group([rng.normal(effect)], []), Group(rng.normal(size=PERMUTATIONS).tolist(), [])


def in_all(rng: np.random.Generator, effect: float) -> tests.Outcome:
    """Decide a claim about three cases, two of which have an effect of 4 standard deviations."""
    outcomes = {name: tests.greater(*paired(rng, each)) for name, each in (("a", effect), ("b", 4), ("c", 4))}
    return tests.in_all(outcomes)[1]


CASES: dict[str, Case] = {
    "greater": (lambda rng, d: tests.greater(*independent(rng, d)), 0, 2.5, "independent seeds, 2.5 sd"),
    "greater_pairs": (lambda rng, d: tests.greater(*paired(rng, d)), 0, 3, "the same seeds, 3 sd"),
    "greater_two_way": (lambda rng, d: tests.greater(*classified(rng, d)), 0, 0.1, "seeds × examples, 10 points"),
    "greater_resampled": (
        lambda rng, d: tests.greater_resampled(*resampled(rng, d), test_share=SHARE), 0, 1.2, "100 splits, 1.2 sd",
    ),
    "greater_over_time": (
        lambda rng, d: tests.greater_over_time(*over_time(rng, d)), 0, 0.85, "30 years, autocorrelation 0.3, 0.85 sd",
    ),
    "greater_in_all": (in_all, 0, 4, "3 cases with the same seeds, 4 sd"),
    "equivalent": (lambda rng, d: tests.equivalent(*independent(rng, d), 3), 3, 0, "independent seeds, margin 3 sd"),
    "equivalent_pairs": (lambda rng, d: tests.equivalent(*paired(rng, d), 3), 3, 0, "the same seeds, margin 3 sd"),
    "equivalent_two_way": (
        lambda rng, d: tests.equivalent(*classified(rng, d), 0.11), 0.11, 0, "seeds × examples, margin 11 points",
    ),
    "equivalent_resampled": (
        lambda rng, d: tests.equivalent_resampled(*resampled(rng, d), 1.2, test_share=SHARE), 1.2, 0,
        "100 splits, margin 1.2 sd",
    ),
    "at_least": (lambda rng, d: tests.at_least(sample(rng, d), 0), 0, 2, "2 sd above the bound"),
    "at_least_share": (lambda rng, p: tests.at_least(share(rng, p), 0.9), 0.9, 0.97, "accuracy 0.97, bound 0.9"),
    "at_most": (lambda rng, d: tests.at_most(sample(rng, d), 0), 0, -2, "2 sd below the bound"),
    "below_rate": (lambda rng, p: tests.below_rate(successes(rng, p), 0.9), 0.9, 0.6, "30 years, rate 0.6 against 0.9"),
    "above_permutations": (
        lambda rng, d: tests.above_permutations(*permuted(rng, d)), 0, 3.5, "39 permutations, 3.5 sd",
    ),
}  # fmt: skip
"""Test → decision given the true difference; difference at the boundary of the null hypothesis; effect; its words."""
