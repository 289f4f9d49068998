import numpy as np
import pytest
from studies import stored
from tiny_runs import write_dataset

from .finished_search import finished


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """Return the folder of a tiny dataset."""
    return write_dataset(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny(tiny_folder):
    """Return the splits of the tiny dataset, in the form a study gets them."""
    names = ("train", "validation", "test")
    return {"tiny": {name: tuple(np.load(tiny_folder / f"{name}.npz")[key] for key in "xy") for name in names}}


@pytest.fixture(scope="session")
def sweeps(tmp_path_factory, tiny_folder):
    """Return two finished searches of the same space: a random search of 16 trials and a grid search of 16."""
    folder = tmp_path_factory.mktemp("sweeps")
    return {
        "s_random": finished(folder, tiny_folder, "s_random", trials=16),
        "s_grid": finished(folder, tiny_folder, "s_grid", method="grid"),
    }


@pytest.fixture
def two_methods(tmp_path):
    """Return a study of two search methods with hand-set numbers."""
    arrays = {
        "value.d_random": np.array([0.2, 0.9, np.nan, 0.8]),
        "spent.d_random": np.array([1, 2, 3, 4]),
        "value.d_tpe": np.array([0.5, 0.7]),
        "spent.d_tpe": np.array([1, 2]),
        "position.d_random.rate": np.array([0.0, 0.5, 1.0, 0.6]),
        "position.d_random.units": np.array([0.0, 1.0, 0.5, np.nan]),
        "ends.d_random": np.array([["rate", "0.001", "1.0"], ["units", "2", "8"]]),
    }
    return stored(tmp_path, arrays)
