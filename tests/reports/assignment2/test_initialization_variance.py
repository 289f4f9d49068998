import numpy as np
import pytest
from studies import check_same, stored

from layerwise.reports.assignment2.figures.initialization_variance import table
from layerwise.reports.assignment2.studies.initialization_variance import run

QUICK = {"layers": [1, 2, 4, 8], "width": 200, "examples": 50, "seeds": 8}


@pytest.fixture(scope="module")
def arrays():
    return run({}, **QUICK)


def test_the_study_is_reproducible_and_shown(arrays, tmp_path):
    check_same(arrays, run({}, **QUICK))
    shown = table(stored(tmp_path, arrays, arguments=QUICK))
    assert shown["scores, He"][0] == "1" and "formula 0.0078" in shown["scores, Glorot"][3]


@pytest.mark.parametrize("kind", ["forward", "backward"])
def test_mean_squares_follow_the_formula(arrays, kind):
    for name in ("glorot", "he"):
        ratio = arrays[f"{kind}.{name}"].mean(axis=0) / arrays[f"formula.{kind}.{name}"]
        np.testing.assert_allclose(ratio, 1, atol=0.3)  # glorot would be off by 2⁷ with the formula of he
