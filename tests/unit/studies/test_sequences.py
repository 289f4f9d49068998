"""The nearest neighbour by hand, and maps along a series that add up to the score."""

from types import SimpleNamespace

import numpy as np
import pytest

from layerwise import nn
from layerwise.studies import sequences


def fcn(classes=3, strides=1, end="GlobalAveragePooling1D"):
    layers = [nn.Conv1D(4, 3, strides=strides, padding="same"), nn.BatchNormalization(), nn.ReLU(), getattr(nn, end)()]
    return nn.Sequential([nn.Input((12, 1)), *layers, nn.Dense(classes)], seed=0)


def test_the_nearest_neighbour_by_hand():
    x = np.array([[0.0], [10.0], [20.0]])[:, :, None]
    splits = {
        "train": (x[:2], np.array([0, 1])),
        "validation": (x[2:], np.array([2])),
        "test": (x + [[[1.0]], [[-6.0]], [[9.0]]], np.array([0, 1, 2])),
    }
    found = sequences.nearest({"line": splits})
    np.testing.assert_array_equal(found["right.line"], [1, 0, 1])  # 4 is nearer to 0 than to 10
    assert found["accuracy.line"] == pytest.approx([2 / 3])


@pytest.mark.parametrize("classes, strides", [(3, 1), (3, 2), (1, 1)])
def test_the_mean_of_a_map_is_the_score(classes, strides):
    model = fcn(classes, strides)
    x = np.random.default_rng(0).normal(size=(5, 12, 1)).astype(np.float32)
    maps = sequences.class_maps(model, x)
    scores = model.predict(x, verbose=0)
    assert maps.shape == (5, 12, max(classes, 2))
    np.testing.assert_allclose(maps.mean(axis=1), sequences.both_classes(scores), atol=1e-5)


def test_a_network_without_the_mean_has_no_such_map():
    with pytest.raises(
        ValueError, match=r"ends in GlobalAveragePooling1D, Dense; got \['GlobalMaxPooling1D', 'Dense'\]"
    ):
        sequences.class_maps(fcn(end="GlobalMaxPooling1D"), np.zeros((1, 12, 1), np.float32))


@pytest.mark.training
def test_removing_what_a_map_points_at_costs_most():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    x = 0.1 * rng.normal(size=(60, 12, 1)).astype(np.float32)
    x[np.arange(60), 4 * y + 1, 0] += 2  # a bump says the class by its place … which a mean forgets,
    x[y == 1] *= -1  # so its sign says it as well
    x[y == 2, 9] *= 2
    model = fcn()
    model.compile(optimizer=nn.Adam(0.02), loss=nn.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, batch_size=20, epochs=30, verbose=0)
    runs = {"toy/numpy": SimpleNamespace(models=lambda: [model])}
    found = sequences.activation_maps({"toy": {"test": (x, y)}}, runs, steps=4)
    assert found["residue.toy"][0] < 1e-4
    assert found["map.toy"].shape == found["series"].shape == (3, 12)
    assert found["fall.toy"][0] > found["random_fall.toy"][0]
    np.testing.assert_array_equal(found["share"], [0, 0.25, 0.5, 0.75, 1])
