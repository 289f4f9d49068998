import numpy as np
import pytest
from sklearn.datasets import load_digits


@pytest.fixture
def pictures():
    """Return one dataset of 8 × 8 images of the ten digits."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    ends = {"train": slice(0, 120), "validation": slice(120, 180), "test": slice(180, 260)}
    return {"pictures": {name: (x[part], y[part].astype(np.int32)) for name, part in ends.items()}}
