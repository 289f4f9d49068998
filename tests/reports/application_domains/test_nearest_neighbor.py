import numpy as np
import pytest

from layerwise.reports.application_domains.studies.nearest_neighbor import run


def test_the_nearest_neighbor_by_hand():
    x = np.array([[0.0], [10.0], [20.0]])[:, :, None]
    splits = {
        "train": (x[:2], np.array([0, 1])),
        "validation": (x[2:], np.array([2])),
        "test": (x + [[[1.0]], [[-6.0]], [[9.0]]], np.array([0, 1, 2])),
    }
    arrays = run({"line": splits})
    assert arrays["accuracy.line"] == pytest.approx([2 / 3])  # the second is wrong: 4 is nearer to 0 than to 10
