"""Each test decides wrongly at most as often as it says, and sees an effect of the stated size (2,000 draws)."""

import numpy as np
import pytest

from layerwise.claims import tests
from layerwise.claims.artifacts import Group
from layerwise.claims.tests import CONTRADICTED, SUPPORTED

DRAWS = 2000
SEEDS, EXAMPLES = 5, 300


def sample(rng, mean, seeds=SEEDS):
    return Group(rng.normal(mean, 1, seeds).tolist(), [])


def paired(rng, effect):
    """Two groups whose seeds share most of their variation."""
    shared = rng.normal(0, 5, SEEDS)
    values = shared + rng.normal(effect, 1, SEEDS), shared + rng.normal(0, 1, SEEDS)
    return [Group(each.tolist(), [], units=("study", SEEDS)) for each in values]


def classified(rng, effect):
    """Two classifiers: the difference of their accuracies varies with the seed and, more, with the example.

    The probabilities stay inside (0, 1), so that the mean difference is the effect.
    """
    seed, example = 0.02 * rng.normal(size=(SEEDS, 1)), 0.2 * rng.normal(size=(1, EXAMPLES))
    base = 0.5 + 0.05 * rng.normal(size=(1, EXAMPLES))
    groups = []
    for sign in (0.5, -0.5):
        p = np.clip(base + sign * (effect + seed + example), 0, 1)
        correct = rng.random((SEEDS, EXAMPLES)) < p
        groups.append(Group(correct.mean(axis=1).tolist(), [], correct, ("digits", *range(SEEDS))))
    return groups


def folds(rng, effect, count=100, share=0.1):
    """Two learners over resampled splits: a tenth of the variance is common to all splits."""
    d = effect + share**0.5 * rng.normal() + (1 - share) ** 0.5 * rng.normal(size=count)
    return Group(d.tolist(), []), Group([0.0] * count, [])


# test → (draw under the null hypothesis, at its boundary; draw at an effect that it has to see)
CASES = {
    "greater": (
        lambda rng: tests.greater(sample(rng, 0), sample(rng, 0)),
        lambda rng: tests.greater(sample(rng, 2.5), sample(rng, 0)),
    ),
    "greater, paired": (
        lambda rng: tests.greater(*paired(rng, 0)),
        lambda rng: tests.greater(*paired(rng, 3)),
    ),
    "greater, two-way": (
        lambda rng: tests.greater(*classified(rng, 0)),
        lambda rng: tests.greater(*classified(rng, 0.08)),
    ),
    "greater_resampled": (
        lambda rng: tests.greater_resampled(*folds(rng, 0), test_share=0.1),
        lambda rng: tests.greater_resampled(*folds(rng, 1.2), test_share=0.1),
    ),
    "equivalent": (
        lambda rng: tests.equivalent(sample(rng, 3), sample(rng, 0), 3),
        lambda rng: tests.equivalent(sample(rng, 0), sample(rng, 0), 3),
    ),
    "equivalent, paired": (
        lambda rng: tests.equivalent(*paired(rng, 3), 3),
        lambda rng: tests.equivalent(*paired(rng, 0), 3),
    ),
    "equivalent, two-way": (
        lambda rng: tests.equivalent(*classified(rng, 0.08), 0.08),
        lambda rng: tests.equivalent(*classified(rng, 0), 0.08),
    ),
    "equivalent_resampled": (
        lambda rng: tests.equivalent_resampled(*folds(rng, 1.2), 1.2, test_share=0.1),
        lambda rng: tests.equivalent_resampled(*folds(rng, 0), 1.2, test_share=0.1),
    ),
    "at_least": (
        lambda rng: tests.at_least(sample(rng, 0), 0),
        lambda rng: tests.at_least(sample(rng, 2), 0),
    ),
    "at_most": (
        lambda rng: tests.at_most(sample(rng, 0), 0),
        lambda rng: tests.at_most(sample(rng, -2), 0),
    ),
}


def rates(case, seed=0):
    """Return how often a test says SUPPORTED and CONTRADICTED."""
    rng = np.random.default_rng(seed)
    verdicts = [case(rng).verdict for _ in range(DRAWS)]
    return [verdicts.count(verdict) / DRAWS for verdict in (SUPPORTED, CONTRADICTED)]


@pytest.mark.parametrize("name", CASES)
def test_a_test_is_wrong_at_most_once_in_twenty(name):
    supported, _ = rates(CASES[name][0])
    assert supported <= 0.05 + 2 * (0.05 * 0.95 / DRAWS) ** 0.5  # two standard errors of the share itself


@pytest.mark.parametrize("name", CASES)
def test_a_test_sees_the_stated_effect_four_times_in_five(name):
    supported, contradicted = rates(CASES[name][1])
    assert supported >= 0.8
    assert contradicted <= 0.01


def test_every_test_of_a_sample_has_its_row():
    """The others compare with a bound or an anchor without sampling error in the claim itself."""
    assert {name.partition(",")[0] for name in CASES} == set(tests.TESTS) - {"never_above", "within_anchor"}
