import numpy as np
import pytest
from studies import stored

from layerwise.reporting.artifacts import Report


def test_a_study_that_is_not_configured_is_named():
    with pytest.raises(KeyError, match="no study 'surfaces'; did you mean 'surface'"):
        Report("report", {}, "results", {"surface": {}}).study("surfaces")


def test_an_array_that_is_not_there_is_named(tmp_path):
    study = stored(tmp_path, {name: np.ones(2) for name in ("ratio", "resampled", "low", "high", "strongest")})
    with pytest.raises(KeyError, match="no array 'ratios'; did you mean 'ratio'"):
        study["ratios"]


def test_a_group_of_arrays_is_a_table_of_its_settings(tmp_path):
    names = ("units", "train.1", "test.1", "train.3", "test.3")
    study = stored(tmp_path, {name: np.full(2, i) for i, name in enumerate(names)})
    assert list(study.group("test")) == ["1", "3"]
    assert study.table("test").shape == (2, 2)
    assert study.table("test")["3"].tolist() == [4, 4]
