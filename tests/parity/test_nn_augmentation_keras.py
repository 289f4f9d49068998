"""Data augmentation compared with Keras, with the random range restricted to a single value."""

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
    """Seed Keras independently of earlier tests; TensorFlow in deterministic mode requires a seed."""
    keras.utils.set_random_seed(0)


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("fill_mode", ["reflect", "wrap", "constant", "nearest"])
@pytest.mark.parametrize("name, arguments", LAYERS, ids=str)
def test_transformed_images_match_keras(name, arguments, fill_mode, interpolation):
    x = np.random.default_rng(0).random((3, 9, 8, 2)).astype("float32")
    options = {**arguments, "fill_mode": fill_mode, "interpolation": interpolation, "fill_value": 0.25}
    expected = getattr(keras.layers, name)(**options)(x, training=True)
    np.testing.assert_allclose(getattr(nn, name)(**options)(x, True), expected, atol=2e-5)


@pytest.mark.parametrize("name", ["RandomTranslation", "RandomRotation", "RandomZoom", "RandomFlip"])
def test_defaults_match_keras(name):
    numpy_defaults, keras_defaults = (
        nn.serialization.arguments(getattr(module, name)) for module in (nn, keras.layers)
    )
    assert {
        key: keras_defaults[key] for key in numpy_defaults if key in keras_defaults and key not in ("name", "dtype")
    } == {key: value for key, value in numpy_defaults.items() if key in keras_defaults and key not in ("name", "dtype")}


@pytest.mark.parametrize("mode", nn.RandomFlip.modes)
def test_flipped_axes_match_keras(mode):
    x = np.random.default_rng(0).random((40, 3, 4, 1)).astype("float32")
    outputs = [np.asarray(module.RandomFlip(mode)(x, training=True)) for module in (nn, keras.layers)]
    flipped = [~np.isclose(y, x).all(axis=(1, 2, 3)) for y in outputs]
    flipped_in_both = flipped[0] & flipped[1]
    assert flipped_in_both.any()
    np.testing.assert_array_equal(outputs[0][flipped_in_both], outputs[1][flipped_in_both])


def test_elastic_distortions_have_the_same_distribution_in_keras():
    """The generators differ, so the smoothing matrix and the distribution of the displacements are compared."""
    x = np.tile(np.arange(24, dtype="float32")[:, None, None], (200, 1, 24, 1))  # a ramp shows the row displacement
    assert keras_layers._gaussian(24, 3.0) == pytest.approx(augmentation.gaussian(24, 3.0))
    shift = nn.RandomElasticTransform(20.0, 3.0)(x, training=True) - x
    keras_shift = np.asarray(keras_layers.RandomElasticTransform(20.0, 3.0)(x, training=True)) - x
    middle = slice(8, 16)
    assert keras_shift[:, middle, middle].std() == pytest.approx(shift[:, middle, middle].std(), rel=0.1)
    mean_shift = keras_shift[:, middle, middle].mean(axis=(1, 2, 3))  # one mean per image; the images are independent
    assert abs(mean_shift.mean()) < 3 * mean_shift.std() / np.sqrt(len(mean_shift))
    undistorted = keras_layers.RandomElasticTransform(0.0)(x, training=True)
    np.testing.assert_allclose(undistorted, x, atol=1e-5)


def test_models_with_augmentation_convert_to_keras_and_back():
    layers = [
        nn.RandomApply([nn.RandomElasticTransform(8.0), nn.RandomZoom(0.1)], 0.25),
        nn.RandomFlip("horizontal"),
        nn.Flatten(),
        nn.Dense(2),
    ]
    model = nn.Sequential([nn.Input((5, 5, 1)), *layers], seed=0)
    keras_model = nn.to_keras(model)
    x = np.random.default_rng(0).random((4, 5, 5, 1)).astype("float32")
    np.testing.assert_allclose(keras_model.predict(x, verbose=0), model.predict(x), atol=1e-6)
    converted_back = nn.from_keras(keras_model)
    assert [layer.get_config() for layer in converted_back.layers] == [layer.get_config() for layer in model.layers]


def test_keras_elastic_transform_keeps_the_images_of_a_batch_apart():
    layer = keras_layers.RandomElasticTransform(1.0, 2.0)  # so weak that each image remains closest to its original
    model = keras.Sequential([keras.Input((6, 6, 1)), layer, keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).random((10, 6, 6, 1)).astype("float32")
    model.fit(x, x.mean(axis=(1, 2, 3)), batch_size=4, verbose=0)
    distorted = np.asarray(layer(x, training=True))
    nearest = ((distorted[:, None] - x[None]) ** 2).sum(axis=(2, 3, 4)).argmin(axis=1)
    np.testing.assert_array_equal(nearest, np.arange(10))


@pytest.mark.parametrize("module", [nn, keras_layers], ids=["numpy", "keras"])
def test_random_apply_flips_the_given_fraction_of_examples(module):
    x = np.random.default_rng(0).random((600, 3, 4, 1)).astype("float32")
    flip = (nn if module is nn else keras.layers).RandomFlip("horizontal")
    y = np.asarray(module.RandomApply([flip], 0.5)(x, training=True))
    flipped = (y == x[:, :, ::-1]).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(y[~flipped], x[~flipped])
    assert flipped.mean() == pytest.approx(0.25, abs=0.06)  # half are selected, and half of those are flipped
    np.testing.assert_array_equal(module.RandomApply([flip], 1.0)(x), x)
