import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment5.figures.factorial import anova_table, interaction, main_effects
from layerwise.reports.assignment5.studies.factorial import FACTORS, TERMS, anova, effects, run

QUICK = {"backend": "numpy", "examples": [20, 40], "units": [5], "steps": 4, "batch_size": 20, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK), diverging=["anova"])  # F and p of the residual are NaN
    study = stored(tmp_path, arrays, pictures, arguments=QUICK)
    check_pictures([interaction(study), *main_effects(study, study)])


def design(seeds=3):
    """Return a design with known effects and a little noise."""
    rng = np.random.default_rng(0)
    table = rng.normal(0, 0.01, (seeds, 2, 2, 2, 2)) + np.arange(seeds).reshape(-1, 1, 1, 1, 1)
    table[:, 1] += 0.5
    table[:, :, 1, 1] += 0.3
    return table


def test_effects_are_differences_of_means():
    by_term = effects(design())
    assert by_term["batch_normalization"].mean() == pytest.approx(0.5, abs=0.01)
    assert by_term["dropout"].mean() == pytest.approx(0.15, abs=0.01)
    assert by_term["dropout:L2"].mean() == pytest.approx(0.15, abs=0.01)
    assert abs(by_term["batch_normalization:dropout"].mean()) < 0.01


def test_the_analysis_of_variance_equals_statsmodels():
    table = design()
    rows = [dict(zip("sbdle", index), value=value) for index, value in np.ndenumerate(table)]
    reference = anova_lm(ols("value ~ C(b) * C(d) * C(l) * C(e) + C(s)", pd.DataFrame(rows)).fit(), typ=2)
    ours = anova(table)
    letters = dict(zip(FACTORS, "bdle"))
    for term, row in zip(TERMS, ours):
        expected = reference.loc[":".join(f"C({letters[factor]})" for factor in term.split(":"))]
        assert np.allclose(row[:4], expected[["sum_sq", "df", "F", "PR(>F)"]].to_numpy(float), rtol=1e-6, atol=1e-12), (
            term
        )
    assert np.allclose(ours[-2, :3], reference.loc["C(s)"][["sum_sq", "df", "F"]].to_numpy(float))
    assert np.allclose(ours[-1, :2], reference.loc["Residual"][["sum_sq", "df"]].to_numpy(float))


def test_the_anova_table_names_every_term(pictures, tmp_path):
    settings = {"examples": [20, 40], "units": [5], "steps": 3, "batch_size": 20, "seeds": 2}
    table = anova_table(stored(tmp_path, run(pictures, **settings), arguments=settings))
    assert len(table) == len(TERMS) + 2
    assert list(table["term"][:2]) == ["BatchNorm", "dropout"]
    shares = table["accuracy: share"].str.removesuffix("%").astype(float)
    assert shares.sum() == pytest.approx(100, abs=1)


def test_both_backends_train_the_same_network_without_dropout(pictures):
    settings = {"examples": [20, 40], "units": [6], "steps": 6, "batch_size": 20, "seeds": 2}
    numpy, keras = (run(pictures, backend=backend, **settings) for backend in ("numpy", "keras"))
    for cell in ("000.40", "001.40", "100.40", "101.20"):  # without dropout
        assert np.allclose(numpy[f"loss.{cell}"], keras[f"loss.{cell}"], atol=1e-4), cell
        assert np.allclose(numpy[f"predictions.{cell}"], keras[f"predictions.{cell}"], atol=1e-4), cell
