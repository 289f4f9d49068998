"""Augmentation beside Keras: with a range of one value both do the same to every image."""

import keras
import numpy as np
import pytest

from layerwise import nn
from layerwise.nn import keras_layers
from layerwise.nn.layers import augmentation

LAYERS = [
    ("RandomTranslation", {"height_factor": (0.13, 0.13), "width_factor": (-0.31, -0.31)}),
    ("RandomTranslation", {"height_factor": (-0.9, -0.9), "width_factor": (0.77, 0.77)}),
    ("RandomRotation", {"factor": (0.07, 0.07)}),
    ("RandomRotation", {"factor": (-0.4, -0.4)}),
    ("RandomZoom", {"height_factor": (0.9, 0.9)}),
    ("RandomZoom", {"height_factor": (-0.3, -0.3), "width_factor": (0.45, 0.45)}),
]


@pytest.fixture(autouse=True)
def seeded():
    """Fix Keras's random numbers, whatever ran before; a deterministic TensorFlow refuses to draw without."""
    keras.utils.set_random_seed(0)


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("fill_mode", ["reflect", "wrap", "constant", "nearest"])
@pytest.mark.parametrize("name, arguments", LAYERS, ids=str)
def test_same_pictures(name, arguments, fill_mode, interpolation):
    x = np.random.default_rng(0).random((3, 9, 8, 2)).astype("float32")
    given = {**arguments, "fill_mode": fill_mode, "interpolation": interpolation, "fill_value": 0.25}
    expected = getattr(keras.layers, name)(**given)(x, training=True)
    np.testing.assert_allclose(getattr(nn, name)(**given)(x, True), expected, atol=2e-5)


@pytest.mark.parametrize("name", ["RandomTranslation", "RandomRotation", "RandomZoom", "RandomFlip"])
def test_same_defaults(name):
    ours, theirs = (nn.serialization.arguments(getattr(side, name)) for side in (nn, keras.layers))
    assert {key: theirs[key] for key in ours if key in theirs and key not in ("name", "dtype")} == {
        key: value for key, value in ours.items() if key in theirs and key not in ("name", "dtype")
    }


@pytest.mark.parametrize("mode", nn.RandomFlip.modes)
def test_flips_mirror_the_same_axes(mode):
    x = np.random.default_rng(0).random((40, 3, 4, 1)).astype("float32")
    both = [np.asarray(side.RandomFlip(mode)(x, training=True)) for side in (nn, keras.layers)]
    flipped = [~np.isclose(y, x).all(axis=(1, 2, 3)) for y in both]
    shared = flipped[0] & flipped[1]
    assert shared.any()
    np.testing.assert_array_equal(both[0][shared], both[1][shared])


def test_elastic_twins_bend_alike():
    """Different generators: the same spread of what is read, by the same matrix, from the same places."""
    x = np.tile(np.arange(24, dtype="float32")[:, None, None], (200, 1, 24, 1))  # a ramp shows how far rows move
    assert keras_layers._gaussian(24, 3.0) == pytest.approx(augmentation.gaussian(24, 3.0))
    ours = nn.RandomElasticTransform(20.0, 3.0)(x, training=True) - x
    theirs = np.asarray(keras_layers.RandomElasticTransform(20.0, 3.0)(x, training=True)) - x
    middle = slice(8, 16)
    assert theirs[:, middle, middle].std() == pytest.approx(ours[:, middle, middle].std(), rel=0.1)
    moved = theirs[:, middle, middle].mean(axis=(1, 2, 3))  # one mean an image, the images are independent
    assert abs(moved.mean()) < 3 * moved.std() / np.sqrt(len(moved))
    still = keras_layers.RandomElasticTransform(0.0)(x, training=True)
    np.testing.assert_allclose(still, x, atol=1e-5)


def test_models_with_augmentation_travel_both_ways():
    layers = [
        nn.RandomApply([nn.RandomElasticTransform(8.0), nn.RandomZoom(0.1)], 0.25),
        nn.RandomFlip("horizontal"),
        nn.Flatten(),
        nn.Dense(2),
    ]
    model = nn.Sequential([nn.Input((5, 5, 1)), *layers], seed=0)
    twin = nn.to_keras(model)
    x = np.random.default_rng(0).random((4, 5, 5, 1)).astype("float32")
    np.testing.assert_allclose(twin.predict(x, verbose=0), model.predict(x), atol=1e-6)
    back = nn.from_keras(twin)
    assert [layer.get_config() for layer in back.layers] == [layer.get_config() for layer in model.layers]


def test_keras_elastic_twin_trains_on_every_image_of_a_batch():
    layer = keras_layers.RandomElasticTransform(1.0, 2.0)  # bends so little that each image stays nearest to itself
    model = keras.Sequential([keras.Input((6, 6, 1)), layer, keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).random((10, 6, 6, 1)).astype("float32")
    model.fit(x, x.mean(axis=(1, 2, 3)), batch_size=4, verbose=0)
    bent = np.asarray(layer(x, training=True))
    nearest = ((bent[:, None] - x[None]) ** 2).sum(axis=(2, 3, 4)).argmin(axis=1)
    np.testing.assert_array_equal(nearest, np.arange(10))


@pytest.mark.parametrize("side", [nn, keras_layers], ids=["numpy", "keras"])
def test_a_share_of_the_examples_is_mirrored_and_no_other(side):
    x = np.random.default_rng(0).random((600, 3, 4, 1)).astype("float32")
    flip = (nn if side is nn else keras.layers).RandomFlip("horizontal")
    y = np.asarray(side.RandomApply([flip], 0.5)(x, training=True))
    mirrored = (y == x[:, :, ::-1]).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(y[~mirrored], x[~mirrored])
    assert mirrored.mean() == pytest.approx(0.25, abs=0.06)  # half are chosen, and half of those are turned
    np.testing.assert_array_equal(side.RandomApply([flip], 1.0)(x), x)
