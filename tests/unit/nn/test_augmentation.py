"""Augmentation: what is read where, what is left alone, and the gradient back to the pixels read."""

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
    """Return an unbuilt layer equal to this one, with a generator of its own."""
    twin = nn.Layer.get(layer.serialize())
    twin.rng = np.random.default_rng(seed)
    return twin


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_inference_leaves_images_alone_and_training_does_not(layer):
    layer, x = fresh(layer), images(16, 7, 6, 2, dtype="float32")
    assert layer(x) is x
    y = layer(x, training=True)
    assert y.shape == x.shape and y.dtype == np.float32
    assert not np.allclose(y, x)
    np.testing.assert_array_equal(layer(x), x)


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_gradients(layer):
    assert_layer_gradients(fresh(layer), images(3, 5, 4, 2))


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_the_gradient_in_inference_passes_unchanged(layer):
    layer, x = fresh(layer), images(3, 5, 4, 2, dtype="float32")
    layer(x)
    np.testing.assert_array_equal(layer.backward(x), x)


def test_whole_pixels_move_down_and_right():
    x = images(2, 4, 5, 1)
    y = nn.RandomTranslation((0.25, 0.25), (0.4, 0.4), fill_mode="constant", fill_value=7.0, dtype="float64")(x, True)
    expected = np.full_like(x, 7.0)
    expected[:, 1:, 2:] = x[:, :-1, :-2]
    np.testing.assert_allclose(y, expected)


def test_a_quarter_turn_is_anticlockwise():
    x = images(2, 5, 5, 3)
    y = nn.RandomRotation((0.25, 0.25), dtype="float64")(x, True)
    np.testing.assert_allclose(y, np.rot90(x, axes=(1, 2)), atol=1e-12)


def test_a_positive_factor_zooms_out():
    x = np.ones((1, 9, 9, 1))
    y = nn.RandomZoom((0.5, 0.5), fill_mode="constant", dtype="float64")(x, True)
    assert y[0, 4, 4, 0] == 1 and y.mean() == pytest.approx(1 / 1.5**2, abs=0.1)


@pytest.mark.parametrize(
    "fill_mode, theirs", [("constant", "constant"), ("nearest", "nearest"), ("reflect", "reflect")]
)
def test_read_is_bilinear_interpolation(fill_mode, theirs):
    """SciPy interpolates beyond the edge before it fills, so only places between pixels or outside are compared."""
    x = images(1, 6, 7, 1)
    rng = np.random.default_rng(1)
    rows, columns = rng.uniform(0, 5, (1, 6, 7)), rng.uniform(0, 6, (1, 6, 7))
    rows[0, 0], columns[0, :, 0] = -3, 9
    taps = [
        augmentation.neighbours(augmentation.inside(place, size, fill_mode), size, "bilinear")
        for place, size in ((rows, 6), (columns, 7))
    ]
    y, _ = augmentation.read(x, *taps, fill_value=0.5)
    expected = ndimage.map_coordinates(x[0, ..., 0], [rows[0], columns[0]], order=1, mode=theirs, cval=0.5)
    np.testing.assert_allclose(y[0, ..., 0], expected)


def test_elastic_fields_are_smooth_as_simard_says_and_differ_by_axis():
    layer = nn.RandomElasticTransform(alpha=34.0, sigma=4.0)
    rows, columns = layer.places((200, 29, 29, 1))
    down = rows - np.arange(29)[None, :, None]
    right = columns - np.arange(29)
    spread = 34 / np.sqrt(3) / (2 * np.sqrt(np.pi) * 4)  # of evenly drawn numbers under a Gaussian, away from the edges
    assert down[:, 12:17, 12:17].std() == pytest.approx(spread, rel=0.1)
    neighbours = np.corrcoef(down[:, 14, 14], down[:, 14, 15])[0, 1]
    assert neighbours == pytest.approx(np.exp(-1 / (4 * 4**2)), abs=0.01)
    assert abs(np.corrcoef(down[:, 14, 14], right[:, 14, 14])[0, 1]) < 0.3


def test_flips_mirror_about_half_of_the_images():
    x = images(400, 2, 3, 1)
    for mode, mirrored in (("horizontal", x[:, :, ::-1]), ("vertical", x[:, ::-1])):
        y = fresh(nn.RandomFlip(mode))(x, True)
        same = np.isclose(y, x).all(axis=(1, 2, 3))
        np.testing.assert_allclose(y[~same], mirrored[~same].astype("float32"))
        assert 150 < same.sum() < 250


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
def test_a_share_of_the_examples_is_changed_and_no_other(rate):
    x = images(400, 3, 4, 1)
    y = fresh(nn.RandomApply([nn.RandomFlip("horizontal"), nn.GaussianNoise(0.01)], rate))(x, True)
    changed = ~np.isclose(y, x.astype("float32"), rtol=0, atol=1e-7).all(axis=(1, 2, 3))
    assert changed.mean() == pytest.approx(rate, abs=0.07)
    np.testing.assert_array_equal(y[~changed], x.astype("float32")[~changed])


def test_the_model_seeds_it():
    x, y = images(8, 6, 6, 1), np.arange(8) % 2

    def trained(seed):
        turned = nn.RandomApply([nn.RandomRotation(0.2)], 0.8)
        layers = [nn.Input((6, 6, 1)), turned, nn.Flatten(), nn.Dense(2, kernel_initializer="zeros")]
        model = nn.Sequential(layers, seed=seed)
        model.compile("sgd", nn.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(x, y, epochs=2, shuffle=False, verbose=0)
        return model.get_weights()[0]

    np.testing.assert_array_equal(trained(1), trained(1))
    assert not np.allclose(trained(1), trained(2))


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: nn.RandomTranslation(1.5, 0), "height_factor must be a number from -1 to 1.*got 1.5"),
        (lambda: nn.RandomTranslation(0, (0.1, 0.2, 0.3)), "width_factor must be .*got .0.1, 0.2, 0.3."),
        (lambda: nn.RandomRotation("0.1"), "factor must be .*got '0.1'"),
        (lambda: nn.RandomZoom(0.1, True), "width_factor must be .*got True"),
        (lambda: nn.RandomZoom(0.1, fill_mode="mirror"), "fill_mode must be one of 'reflect'.*got 'mirror'"),
        (lambda: nn.RandomRotation(0.1, interpolation="cubic"), "interpolation must be one of 'bilinear'.*got 'cubic'"),
        (lambda: nn.RandomElasticTransform(sigma=0.0), "sigma must be a number > 0.*got 0.0"),
        (lambda: nn.RandomFlip("sideways"), "mode must be one of 'horizontal'.*got 'sideways'"),
        (lambda: nn.RandomApply([]), "there must be at least one layer, got none"),
        (lambda: nn.RandomApply([nn.RandomFlip()], 1.5), "rate must be a number from 0 to 1.*got 1.5"),
        (lambda: nn.RandomApply([nn.RandomFlip()], -0.5), "rate must be .*got -0.5"),
        (
            lambda: nn.RandomApply([nn.Dense(3)]).build((None, 4)),
            r"turns \(None, 4\) into \(None, 3\); the layers must keep the shape",
        ),
        (
            lambda: nn.RandomFlip().build((None, 4, 4)),
            "input must have 4 axes, batch included, got shape \\(None, 4, 4\\)",
        ),
    ],
)
def test_refusals(make, words):
    with pytest.raises(ValueError, match=words):
        make()
