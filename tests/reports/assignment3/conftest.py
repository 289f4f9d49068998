import pytest
from sklearn.datasets import make_blobs
from studies import splits


@pytest.fixture(scope="module")
def digits():
    """Return three well-separated classes under the name of a dataset of the report."""
    x, y = make_blobs(150, centers=[[0, 2, 0, 0], [2, -2, 0, 1], [-2, -2, 1, 0]], cluster_std=0.8, random_state=0)
    return {"digits": splits(x, y, (70, 40, 40))}
