import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.evaluation.compare import two_way_difference
from layerwise.reports.assignment5.figures.factorial import anova_table, cells_table, draw, interaction
from layerwise.reports.assignment5.studies.factorial import CELLS, TERMS, estimate_terms, run

QUICK = {
    "examples": [40, 80],
    "dropout": [0.1, 0.3],
    "l2": [0.01],
    "learning_rates": [0.01],
    "units": [5],
    "steps": 6,
    "batch_size": 20,
    "seeds": 2,
    "keras_cells": [],
}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    study = stored(tmp_path, arrays, pictures, arguments=QUICK)
    check_pictures([*draw(study), interaction(study)])
    assert len(cells_table(study)) == 2 * len(CELLS)
    assert len(anova_table(study)) == 2 * len(TERMS)


def test_simple_effects_average_to_the_main_effect(pictures):
    arrays = run(pictures, **QUICK)
    halves = [arrays[f"gain.correct.{word}.L2.dropout.80"].mean() for word in ("without", "with")]
    assert np.mean(halves) == pytest.approx(arrays["estimate.80.L2"][0])
    assert halves[1] - halves[0] == pytest.approx(2 * arrays["estimate.80.dropout:L2"][0])
    assert arrays["alone.80.dropout"][0] == pytest.approx(
        arrays["correct.010.80"].mean() - arrays["correct.000.80"].mean()
    )


def design(seeds=6, examples=200):
    """Return a design with known effects and noise over runs and examples."""
    rng = np.random.default_rng(0)
    table = rng.normal(0, 0.05, (2, 2, 2, seeds, examples)) + rng.normal(0, 0.02, (2, 2, 2, seeds, 1))
    table += rng.normal(0, 1, (seeds, 1)) + rng.normal(0, 1, examples)  # what seeds and examples share cancels
    table[1] += 0.5
    table[:, 1, 1] += 0.3
    return table


def test_terms_are_differences_of_means_with_one_interval_and_test():
    rows = estimate_terms(design())
    assert rows["batch_normalization"][0] == pytest.approx(0.5, abs=0.02)
    assert rows["dropout"][0] == pytest.approx(0.15, abs=0.02)
    assert rows["dropout:L2"][0] == pytest.approx(0.15, abs=0.02)
    for mean, low, high, ratio, p in rows.values():
        assert low < mean < high
        assert (p < 0.05) == (not low < 0 < high)  # the F test and the interval agree
        assert ratio >= 0
    contrast = design()[1].mean(axis=(0, 1)) - design()[0].mean(axis=(0, 1))
    expected = two_way_difference(contrast, np.zeros_like(contrast))
    assert rows["batch_normalization"][1:3] == pytest.approx(expected.interval())
    assert rows["batch_normalization"][3] == pytest.approx((expected.mean / expected.error) ** 2)


def test_both_backends_train_the_same_network(pictures):
    settings = {**QUICK, "examples": [40], "keras_cells": ["000", "001", "100"], "dropout": [0.1], "l2": [0.01]}
    arrays = run(pictures, **settings)
    assert arrays["correct.keras"].shape == (6, 80)
    assert np.mean(arrays["correct.keras"] == arrays["correct.numpy"]) > 0.98
