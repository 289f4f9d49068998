"""Small datasets on which a study takes a fraction of a second."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs, make_circles, make_moons
from studies import splits


@pytest.fixture
def table():
    """Return one table with two overlapping classes and four features."""
    rng = np.random.default_rng(0)
    y = rng.permutation(np.arange(130) % 3 == 0).astype(int)
    x = rng.normal(size=(130, 4)) + np.outer(y, [1.5, -1.0, 0.5, 0.0])
    return {"table": splits(x, y)}


@pytest.fixture
def three():
    """Return one table with three linearly separable classes."""
    x, y = make_blobs(130, centers=[[0, 8], [8, -8], [-8, -8]], random_state=0)
    return {"three": splits(x / 8, y)}


@pytest.fixture
def moons():
    x, y = make_moons(130, noise=0.1, random_state=0)
    return {"moons": splits(x, y)}


@pytest.fixture
def circles():
    x, y = make_circles(130, noise=0.05, factor=0.4, random_state=0)
    return {"circles": splits(x, y)}
