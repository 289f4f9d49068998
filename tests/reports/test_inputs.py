import numpy as np
import pytest

from layerwise.reports.assignment1.studies import convergence, odds_ratios, sanity_checks
from layerwise.reports.assignment2.studies import hidden_units
from layerwise.reports.inputs import bootstraps, rarest, strongest


@pytest.mark.parametrize("study", [sanity_checks, convergence, hidden_units], ids=lambda study: study.__name__)
def test_a_classification_study_rejects_regression_targets(study, table):
    x, _ = table["table"]["train"]
    data = {"prices": {split: (x, np.linspace(0, 1, len(x), dtype=np.float32)) for split in ("train", "validation")}}
    with pytest.raises(ValueError, match="dataset 'prices': targets must be classes in this study, got real numbers"):
        study.run(data)


def test_a_study_of_one_dataset_rejects_two(table, three):
    with pytest.raises(ValueError, match="exactly one dataset, got 2: table, three"):
        odds_ratios.run({**table, **three})


@pytest.mark.training
def test_bootstraps_begin_with_the_data_and_keep_all_classes(three):
    x, y = three["three"]["train"]
    draws = list(bootstraps(x, y, 3))
    assert len(draws[0][1]) == len(y)
    assert np.array_equal(np.sort(draws[0][1]), np.sort(y))
    assert all(set(drawn) == {0, 1, 2} for _, drawn in draws)
    assert not np.array_equal(draws[1][0], draws[2][0])


@pytest.mark.training
def test_the_rarest_class_and_the_strongest_features(table):
    x, y = table["table"]["train"]
    assert rarest(y) == 1
    assert strongest(x, y)[0] == 0
