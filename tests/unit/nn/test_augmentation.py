"""Data augmentation: transformed images, inference mode, and gradients with respect to the input pixels."""

import numpy as np
import pytest
from numeric import assert_layer_gradients
from scipy import ndimage

from layerwise import nn
from layerwise.nn.layers import augmentation

LAYERS = [
    nn.RandomTranslation(0.2, (0.1, 0.3), fill_mode="constant"),
    nn.RandomRotation(0.2, fill_mode="nearest"),
    nn.RandomZoom((-0.3, 0.4), fill_mode="wrap"),
    nn.RandomZoom(0.3, 0.2),
    nn.RandomElasticTransform(alpha=5.0, sigma=2.0),
    nn.RandomFlip(),
    nn.RandomApply([nn.RandomZoom(0.3), nn.RandomFlip()], 0.7),
]


def images(*shape, dtype="float64"):
    return np.random.default_rng(0).random(shape).astype(dtype)


def fresh(layer, seed=0):
    """Return an unbuilt copy of a layer with its own generator."""
    copy = nn.Layer.get(layer.serialize())
    copy.rng = np.random.default_rng(seed)
    return copy


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_images_change_in_training_and_not_in_inference(layer):
    layer, x = fresh(layer), images(16, 7, 6, 2, dtype="float32")
    assert layer(x) is x
    y = layer(x, training=True)
    assert y.shape == x.shape and y.dtype == np.float32
    assert not np.allclose(y, x)
    np.testing.assert_array_equal(layer(x), x)


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_gradients_match_finite_differences(layer):
    assert_layer_gradients(fresh(layer), images(3, 5, 4, 2))


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_the_gradient_passes_unchanged_in_inference(layer):
    layer, x = fresh(layer), images(3, 5, 4, 2, dtype="float32")
    layer(x)
    np.testing.assert_array_equal(layer.backward(x), x)


def test_positive_shifts_move_pixels_down_and_right():
    x = images(2, 4, 5, 1)
    y = nn.RandomTranslation((0.25, 0.25), (0.4, 0.4), fill_mode="constant", fill_value=7.0, dtype="float64")(x, True)
    expected = np.full_like(x, 7.0)
    expected[:, 1:, 2:] = x[:, :-1, :-2]
    np.testing.assert_allclose(y, expected)


def test_a_quarter_turn_is_counterclockwise():
    x = images(2, 5, 5, 3)
    y = nn.RandomRotation((0.25, 0.25), dtype="float64")(x, True)
    np.testing.assert_allclose(y, np.rot90(x, axes=(1, 2)), atol=1e-12)


def test_a_positive_factor_zooms_out():
    x = np.ones((1, 9, 9, 1))
    y = nn.RandomZoom((0.5, 0.5), fill_mode="constant", dtype="float64")(x, True)
    assert y[0, 4, 4, 0] == 1 and y.mean() == pytest.approx(1 / 1.5**2, abs=0.1)


@pytest.mark.parametrize(
    "fill_mode, scipy_mode", [("constant", "constant"), ("nearest", "nearest"), ("reflect", "reflect")]
)
def test_read_matches_scipy_bilinear_interpolation(fill_mode, scipy_mode):
    """SciPy interpolates beyond the edge before filling, so only positions between pixels or outside are compared."""
    x = images(1, 6, 7, 1)
    rng = np.random.default_rng(1)
    rows, columns = rng.uniform(0, 5, (1, 6, 7)), rng.uniform(0, 6, (1, 6, 7))
    rows[0, 0], columns[0, :, 0] = -3, 9
    taps = [
        augmentation.neighbors(augmentation.inside(position, size, fill_mode), size, "bilinear")
        for position, size in ((rows, 6), (columns, 7))
    ]
    y, _ = augmentation.read(x, *taps, fill_value=0.5)
    expected = ndimage.map_coordinates(x[0, ..., 0], [rows[0], columns[0]], order=1, mode=scipy_mode, cval=0.5)
    np.testing.assert_allclose(y[0, ..., 0], expected)


def test_elastic_fields_are_smooth_and_independent_per_axis():
    layer = nn.RandomElasticTransform(alpha=34.0, sigma=4.0)
    rows, columns = layer.positions((200, 29, 29, 1))
    down = rows - np.arange(29)[None, :, None]
    right = columns - np.arange(29)
    expected_std = 34 / np.sqrt(3) / (2 * np.sqrt(np.pi) * 4)  # smoothed uniform noise, away from the edges
    assert down[:, 12:17, 12:17].std() == pytest.approx(expected_std, rel=0.1)
    correlation = np.corrcoef(down[:, 14, 14], down[:, 14, 15])[0, 1]
    assert correlation == pytest.approx(np.exp(-1 / (4 * 4**2)), abs=0.01)
    assert abs(np.corrcoef(down[:, 14, 14], right[:, 14, 14])[0, 1]) < 0.3


def test_half_of_the_images_are_flipped():
    x = images(400, 2, 3, 1)
    for mode, flipped in (("horizontal", x[:, :, ::-1]), ("vertical", x[:, ::-1])):
        y = fresh(nn.RandomFlip(mode))(x, True)
        same = np.isclose(y, x).all(axis=(1, 2, 3))
        np.testing.assert_allclose(y[~same], flipped[~same].astype("float32"))
        assert 150 < same.sum() < 250


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
def test_layers_apply_to_the_given_fraction_of_examples(rate):
    x = images(400, 3, 4, 1)
    y = fresh(nn.RandomApply([nn.RandomFlip("horizontal"), nn.GaussianNoise(0.01)], rate))(x, True)
    changed = ~np.isclose(y, x.astype("float32"), rtol=0, atol=1e-7).all(axis=(1, 2, 3))
    assert changed.mean() == pytest.approx(rate, abs=0.07)
    np.testing.assert_array_equal(y[~changed], x.astype("float32")[~changed])


def test_random_transforms_follow_the_seed_of_the_model():
    x, y = images(8, 6, 6, 1), np.arange(8) % 2

    def trained(seed):
        rotation = nn.RandomApply([nn.RandomRotation(0.2)], 0.8)
        layers = [nn.Input((6, 6, 1)), rotation, nn.Flatten(), nn.Dense(2, kernel_initializer="zeros")]
        model = nn.Sequential(layers, seed=seed)
        model.compile("sgd", nn.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(x, y, epochs=2, shuffle=False, verbose=0)
        return model.get_weights()[0]

    np.testing.assert_array_equal(trained(1), trained(1))
    assert not np.allclose(trained(1), trained(2))


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: nn.RandomTranslation(1.5, 0), r"height_factor must be a number in \[-1, 1\].*got 1.5"),
        (lambda: nn.RandomTranslation(0, (0.1, 0.2, 0.3)), "width_factor must be .*got .0.1, 0.2, 0.3."),
        (lambda: nn.RandomRotation("0.1"), "factor must be .*got '0.1'"),
        (lambda: nn.RandomZoom(0.1, True), "width_factor must be .*got True"),
        (lambda: nn.RandomZoom(0.1, fill_mode="mirror"), "fill_mode must be one of 'reflect'.*got 'mirror'"),
        (lambda: nn.RandomRotation(0.1, interpolation="cubic"), "interpolation must be one of 'bilinear'.*got 'cubic'"),
        (lambda: nn.RandomElasticTransform(sigma=0.0), "sigma must be a number > 0.*got 0.0"),
        (lambda: nn.RandomFlip("sideways"), "mode must be one of 'horizontal'.*got 'sideways'"),
        (lambda: nn.RandomApply([]), "there must be at least one layer, got none"),
        (lambda: nn.RandomApply([nn.RandomFlip()], 1.5), r"rate must be a number in \[0, 1\], got 1.5"),
        (lambda: nn.RandomApply([nn.RandomFlip()], -0.5), "rate must be .*got -0.5"),
        (
            lambda: nn.RandomApply([nn.Dense(3)]).build((None, 4)),
            r"must keep the shape \(None, 4\) of its input, got output shape \(None, 3\)",
        ),
        (
            lambda: nn.RandomFlip().build((None, 4, 4)),
            "input must have 4 axes, batch included, got shape \\(None, 4, 4\\)",
        ),
    ],
)
def test_invalid_arguments_raise(make, message):
    with pytest.raises(ValueError, match=message):
        make()
