"""Evaluating in one process: a dataset is read once for many experiments, and a broken model is named."""

import numpy as np
import pytest
from tiny_runs import SPEC, write_dataset

from layerwise.evaluation.run import Dataset, evaluate
from layerwise.files import read_json, write_text
from layerwise.training import numpy_backend


@pytest.fixture
def run(tmp_path):
    """Return a function that saves an untrained model as a run of an experiment, its bias as given."""

    def saved(experiment, bias=0.0):
        folder = tmp_path / experiment / "numpy/seed-0"
        model = numpy_backend.build(SPEC, (4,), 3, "accuracy", 0, experiment)
        weights = model.get_weights()
        model.set_weights([*weights[:-1], np.full_like(weights[-1], bias)])
        numpy_backend.save(model, folder)
        write_text(folder / "history.csv", "epoch,loss\n1,1.0\n")
        return folder

    return saved


def test_a_dataset_read_once_serves_several_experiments(run, tmp_path):
    data = write_dataset(tmp_path / "data")
    alone = run("alone")
    evaluate("alone", "numpy", SPEC, Dataset.read(data), [alone], 20)
    dataset, runs = Dataset.read(data), [run("first"), run("second")]
    for file in data.iterdir():
        file.unlink()  # it is not read again
    for folder in runs:
        evaluate(folder.parts[-3], "numpy", SPEC, dataset, [folder], 20)
        assert read_json(folder / "metrics.json")["experiment"] == folder.parts[-3]
        assert read_json(folder / "metrics.json")["splits"] == read_json(alone / "metrics.json")["splits"]


def test_predictions_that_are_not_numbers_are_refused(run, tmp_path):
    dataset, folder = Dataset.read(write_dataset(tmp_path / "data")), run("broken", bias=np.nan)
    with pytest.raises(ValueError, match=r"broken/numpy/seed-0: predicts NaN or infinity for train examples"):
        evaluate("broken", "numpy", SPEC, dataset, [folder], 20)
    assert not (folder / "metrics.json").exists()
