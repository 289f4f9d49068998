import numpy as np
import pytest
from studies import stored

from layerwise.pipeline.files import write_json
from layerwise.reporting.artifacts import Dataset, Report


def test_unknown_study_suggests_the_nearest():
    with pytest.raises(KeyError, match="no study 'surfaces'; did you mean 'surface'"):
        Report("report", {}, "results", {"surface": {}}).study("surfaces")


def test_unknown_array_suggests_the_nearest(tmp_path):
    study = stored(tmp_path, {name: np.ones(2) for name in ("ratio", "resampled", "low", "high", "strongest")})
    with pytest.raises(KeyError, match="no array 'ratios'; did you mean 'ratio'"):
        study["ratios"]


def test_a_group_of_arrays_becomes_a_table(tmp_path):
    names = ("units", "train.1", "test.1", "train.3", "test.3")
    study = stored(tmp_path, {name: np.full(2, i) for i, name in enumerate(names)})
    assert list(study.group("test")) == ["1", "3"]
    assert study.table("test").shape == (2, 2)
    assert study.table("test")["3"].tolist() == [4, 4]


@pytest.mark.parametrize(
    ("balance", "text"), [({"test": [3, 1]}, "0.750"), ({"train": [1, 1]}, "–"), (None, "–")], ids=str
)
def test_the_largest_class_of_a_dataset_without_classes_is_a_dash(tmp_path, balance, text):
    write_json(tmp_path / "dataset.json", {"class_balance": balance})
    assert Dataset(tmp_path).largest_class("test") == text
