"""Changes of pictures do what they say, and scores of familiarity are in the right order."""

import numpy as np
import pytest

from layerwise.studies import robustness

RNG = np.random.default_rng


def pictures(n=8):
    x = np.zeros((n, 8, 8, 1), np.float32)
    x[:, 3:5, 2:4] = 1
    return x


@pytest.mark.parametrize("name", robustness.SPOILED)
def test_a_change_keeps_shape_and_range_and_grows(name):
    x = pictures()
    near, far = (robustness.SPOILED[name](x, amount, RNG(0)) for amount in (0.5, 2))
    for changed in (near, far):
        assert changed.shape == x.shape
        assert changed.min() >= 0
        assert changed.max() <= 1
    assert 0 < np.abs(near - x).sum() < np.abs(far - x).sum()


def test_a_shift_by_whole_pixels_moves_a_quarter_each_way():
    x = pictures(4)
    moved = robustness.shift(x, 1, RNG(0))
    for k, (axis, way) in enumerate([(0, 1), (0, -1), (1, 1), (1, -1)]):
        np.testing.assert_allclose(moved[k], np.roll(x[k], way, axis=axis), atol=1e-6)


def test_a_rotation_by_a_right_angle_is_one():
    x = RNG(0).random((2, 8, 8, 1))
    turned = robustness.rotation(x, 90, RNG(0))
    np.testing.assert_allclose(turned[0, ..., 0], np.rot90(x[0, ..., 0]), atol=1e-6)
    np.testing.assert_allclose(turned[1, ..., 0], np.rot90(x[1, ..., 0], -1), atol=1e-6)


def test_shuffled_tiles_are_the_same_tiles_elsewhere():
    x = RNG(0).random((3, 8, 8, 1))
    mixed = robustness.shuffled_tiles(x, RNG(1))

    def tiles(images):
        cut = images.reshape(3, 4, 2, 4, 2).swapaxes(2, 3).reshape(3, 16, 4)
        return [sorted(map(tuple, picture)) for picture in cut]

    assert tiles(mixed) == tiles(x)
    assert not np.array_equal(mixed, x)


def test_scores_are_higher_for_what_a_model_is_sure_of():
    sure, torn = np.array([[8.0, 0.0, 0.0]]), np.array([[1.0, 1.0, 1.0]])
    for name, score in robustness.scores(np.concatenate([sure, torn])).items():
        assert score[0] > score[1], name
    assert robustness.scores(torn)["energy"][0] == pytest.approx(1 + np.log(3))
    assert robustness.scores(torn)["entropy"][0] == pytest.approx(-np.log(3))


def test_small_images_are_enlarged_into_the_middle():
    framed = robustness.fitted_in(np.ones((2, 8, 8, 1)), (28, 28, 1))
    assert framed.shape == (2, 28, 28, 1)
    np.testing.assert_allclose(framed[0, 4:24, 4:24], 1)
    assert framed.sum() == pytest.approx(2 * 20 * 20)


class Brightness:
    """A model of two classes, dark and bright; sure of very dark and very bright pictures."""

    @staticmethod
    def outputs(x):
        light = 40 * (x.mean(axis=(1, 2, 3)) - 0.2)
        return np.stack([np.stack([-light, light], axis=1)] * 2)


def test_a_model_that_sees_brightness_alone_is_blind_to_where_things_are():
    x = np.concatenate([0.2 * pictures(6), np.ones((6, 8, 8, 1), np.float32)])
    data = {"light": {"test": (x, np.repeat([0, 1], 6))}}
    found = robustness.severity(data, {"b/numpy": Brightness()}, {"blur": [1.0], "noise": [0.9]})
    np.testing.assert_array_equal(found["accuracy.blur.b"], [[1, 1], [1, 1]])
    np.testing.assert_array_equal(found["severity.noise"], [0, 0.9])
    assert found["last.noise.b"][0] < 1  # noise that is cut off at zero makes the dark pictures bright
    np.testing.assert_allclose(found["excess.noise.b"], found["confidence.noise.b"][:, -1] - found["last.noise.b"])
    strange = robustness.unfamiliar(
        {**data, "grey": {"test": (np.full((9, 8, 8, 1), 0.2), None)}}, {"b/numpy": Brightness()}, ["shuffled_tiles"]
    )
    assert strange["auroc.shuffled_tiles.probability.b"] == pytest.approx([0.5, 0.5])
    assert strange["auroc.grey.energy.b"] == pytest.approx([1, 1])
    assert strange["sure.grey.b"] == pytest.approx([0, 0])
    assert strange["density.familiar.b"].sum() == pytest.approx(1)
