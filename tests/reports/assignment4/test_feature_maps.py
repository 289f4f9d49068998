from types import SimpleNamespace

import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise import nn
from layerwise.reports.assignment4.figures.feature_maps import (
    embedding_planes,
    feature_maps,
    filters,
    neighbor_accuracy,
)
from layerwise.reports.assignment4.studies.feature_maps import nearest, plane, run

QUICK = {"drawn": 25, "neighbours": 30, "perplexity": 5.0}


def runs():
    """Return two untrained networks as the runs of an experiment."""

    def network(seed):
        layers = [nn.Conv2D(4, 3, padding="same", activation="relu"), nn.MaxPooling2D(2), nn.Flatten(), nn.Dense(3)]
        return nn.Sequential([nn.Input((12, 12, 1)), *layers], seed=seed)

    return {"shapes_cnn/numpy": SimpleNamespace(models=lambda: map(network, (0, 1)))}


def test_the_study_is_reproducible_and_drawn(images, tmp_path):
    arrays = run(images, runs(), **QUICK)
    check_same(arrays, run(images, runs(), **QUICK))
    study = stored(tmp_path, arrays, images, arguments=QUICK)
    check_pictures([filters(study), *feature_maps(study), neighbor_accuracy(study), *embedding_planes(study, "abc")])


def test_the_nearest_neighbor_and_the_principal_components():
    x, y = np.array([[0.0, 0.1], [5.0, 0.0]]), np.array([0, 1])
    assert nearest(x, y, np.array([[5.0, 1.0], [0.0, 0.0]]), np.array([1, 0])) == 1.0
    assert nearest(x, y, np.array([[0.0, 0.0], [9.0, 0.0]]), np.array([0, 0])) == 0.5
    points, share = plane(np.outer([-1.0, 0.0, 1.0], [0.0, 2.0, 0.0]))
    assert share == pytest.approx(1.0)
    np.testing.assert_allclose(points[:, 0], [-2, 0, 2])
