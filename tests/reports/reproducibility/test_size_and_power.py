"""No test says Supported more often than it may under the null hypothesis, and each sees the stated effect."""

import re

import pytest
from studies import check_same, stored

from layerwise.claims import tests
from layerwise.reports.reproducibility.figures.size_and_power import VARIANTS, table
from layerwise.reports.reproducibility.studies.size_and_power import CASES, run

DRAWS = 2000


@pytest.fixture(scope="module")
def arrays():
    return run({}, draws=DRAWS)


@pytest.mark.parametrize("name", CASES)
def test_a_false_claim_is_supported_at_most_once_in_twenty(name, arrays):
    assert arrays[f"null.{name}"][0] <= 0.05 + 2 * (0.05 * 0.95 / DRAWS) ** 0.5  # two standard errors of the share


@pytest.mark.parametrize("name", CASES)
def test_the_stated_effect_is_seen_four_times_in_five(name, arrays):
    supported, contradicted = arrays[f"effect.{name}"]
    assert supported >= 0.8
    assert contradicted <= 0.01


def test_every_test_that_infers_from_a_sample_has_its_case():
    named = {re.sub(VARIANTS, "", name) for name in CASES}
    assert named == set(tests.TESTS) - {"never_above", "significant", "within_anchor"}


def test_the_study_is_reproducible_and_tabulated(arrays, tmp_path):
    check_same(run({}, draws=5), run({}, draws=5))
    rows = table(stored(tmp_path, arrays))
    assert len(rows) == len(CASES)
    assert set(rows["test"]) <= set(tests.TESTS)
