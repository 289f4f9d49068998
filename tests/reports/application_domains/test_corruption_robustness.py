import numpy as np
import pytest

from layerwise.reports.application_domains.figures.corruption_robustness import corruptions, draw, overconfidence
from layerwise.reports.application_domains.studies.corruption_robustness import SPOILED, rotation, run, shift

from .brightness import Brightness, dark_and_bright, pictures
from .page import check_drawn, page_of

RNG = np.random.default_rng


@pytest.mark.parametrize("name", SPOILED)
def test_a_change_keeps_shape_and_range_and_grows(name):
    x = pictures()
    near, far = (SPOILED[name](x, amount, RNG(0)) for amount in (0.5, 2))
    for changed in (near, far):
        assert changed.shape == x.shape
        assert changed.min() >= 0
        assert changed.max() <= 1
    assert 0 < np.abs(near - x).sum() < np.abs(far - x).sum()


def test_a_shift_by_whole_pixels_moves_a_quarter_each_way():
    x = pictures(4)
    moved = shift(x, 1, RNG(0))
    for k, (axis, way) in enumerate([(0, 1), (0, -1), (1, 1), (1, -1)]):
        np.testing.assert_allclose(moved[k], np.roll(x[k], way, axis=axis), atol=1e-6)


def test_a_rotation_by_a_right_angle_is_one():
    x = RNG(0).random((2, 8, 8, 1))
    turned = rotation(x, 90, RNG(0))
    np.testing.assert_allclose(turned[0, ..., 0], np.rot90(x[0, ..., 0]), atol=1e-6)
    np.testing.assert_allclose(turned[1, ..., 0], np.rot90(x[1, ..., 0], -1), atol=1e-6)


def test_a_model_that_sees_brightness_alone_fails_when_noise_makes_pictures_bright():
    found = run(dark_and_bright(), {"b/numpy": Brightness()}, {"blur": [1.0], "noise": [0.9]})
    np.testing.assert_array_equal(found["accuracy.blur.b"], [[1, 1], [1, 1]])
    np.testing.assert_array_equal(found["severity.noise"], [0, 0.9])
    assert found["last.noise.b"][0] < 1  # noise that is cut off at zero makes the dark pictures bright
    np.testing.assert_allclose(found["excess.noise.b"], found["confidence.noise.b"][:, -1] - found["last.noise.b"])


def test_corrupted_pictures_are_drawn(tmp_path):
    curve = np.sort(RNG(0).random((3, 4)))[:, ::-1]
    arrays = {"severity.noise": np.arange(4.0), "picture.noise": RNG(1).random((4, 8, 8))}
    arrays |= {"accuracy.noise.net": curve, "confidence.noise.net": curve + 0.1, "last.noise.net": curve[:, -1]}
    page, study = page_of(tmp_path, arrays, arguments={"severities": {"noise": [1, 2, 3]}})
    check_drawn(corruptions(study), "1 ways")
    check_drawn(draw(page, study), "Noise of 3", "FCN")
    check_drawn(overconfidence(page, study), "overconfident by 10 points")
