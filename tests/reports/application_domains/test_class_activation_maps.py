from types import SimpleNamespace

import numpy as np
import pytest

from layerwise import nn
from layerwise.reports.application_domains.figures.class_activation_maps import deletion, draw
from layerwise.reports.application_domains.studies.class_activation_maps import both_classes, class_maps, run

from .page import check_drawn, page_of


def fcn(classes=3, strides=1, end="GlobalAveragePooling1D"):
    layers = [nn.Conv1D(4, 3, strides=strides, padding="same"), nn.BatchNormalization(), nn.ReLU(), getattr(nn, end)()]
    return nn.Sequential([nn.Input((12, 1)), *layers, nn.Dense(classes)], seed=0)


@pytest.mark.parametrize("classes, strides", [(3, 1), (3, 2), (1, 1)])
def test_the_mean_of_a_map_is_the_score(classes, strides):
    model = fcn(classes, strides)
    x = np.random.default_rng(0).normal(size=(5, 12, 1)).astype(np.float32)
    maps = class_maps(model, x)
    scores = model.predict(x, verbose=0)
    assert maps.shape == (5, 12, max(classes, 2))
    np.testing.assert_allclose(maps.mean(axis=1), both_classes(scores), atol=1e-5)


def test_a_network_without_average_pooling_raises():
    with pytest.raises(
        ValueError, match=r"must end in GlobalAveragePooling1D and Dense, got \['GlobalMaxPooling1D', 'Dense'\]"
    ):
        class_maps(fcn(end="GlobalMaxPooling1D"), np.zeros((1, 12, 1), np.float32))


@pytest.mark.training
def test_removing_the_steps_of_the_map_costs_more_than_random_ones():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    x = 0.1 * rng.normal(size=(60, 12, 1)).astype(np.float32)
    x[np.arange(60), 4 * y + 1, 0] += 2  # the position of a bump encodes the class, but is lost in the mean,
    x[y == 1] *= -1  # so its sign encodes it as well
    x[y == 2, 9] *= 2
    model = fcn()
    model.compile(optimizer=nn.Adam(0.02), loss=nn.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, batch_size=20, epochs=30, verbose=0)
    runs = {"toy/numpy": SimpleNamespace(models=lambda: [model])}
    arrays = run({"toy": {"test": (x, y)}}, runs, steps=4)
    assert arrays["residue.toy"][0] < 1e-4
    assert arrays["map.toy"].shape == arrays["series"].shape == (3, 12)
    assert arrays["fall.toy"][0] > arrays["random_fall.toy"][0]
    np.testing.assert_array_equal(arrays["share"], [0, 0.25, 0.5, 0.75, 1])


def test_maps_and_their_deletion_curves_are_drawn(tmp_path):
    share = np.linspace(0, 1, 5)
    arrays = {"series": np.random.default_rng(0).normal(size=(2, 12)), "map.net": np.eye(2, 12), "share": share}
    arrays |= {"removed.net": np.exp(-9 * share) * np.ones((3, 1)), "random.net": (1 - share) * np.ones((3, 1))}
    page, study = page_of(tmp_path, arrays)
    page.datasets["sunspots"].info["class_names"] = ["low", "high"]
    check_drawn(draw(page, study), "FCN: a quarter of the steps contributes 100%")
    check_drawn(deletion(page, study), "without the 25% of steps", "0.11", "0.75")
