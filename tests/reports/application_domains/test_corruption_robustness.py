import numpy as np
import pytest

from layerwise.reports.application_domains.figures.corruption_robustness import corruptions, draw, overconfidence
from layerwise.reports.application_domains.studies.corruption_robustness import SPOILED, rotation, run, shift

from .brightness import Brightness, dark_and_bright, pictures
from .page import check_drawn, page_of

RNG = np.random.default_rng


@pytest.mark.parametrize("name", SPOILED)
def test_corruptions_keep_shape_and_range_and_grow_with_severity(name):
    x = pictures()
    weak, strong = (SPOILED[name](x, amount, RNG(0)) for amount in (0.5, 2))
    for changed in (weak, strong):
        assert changed.shape == x.shape
        assert changed.min() >= 0
        assert changed.max() <= 1
    assert 0 < np.abs(weak - x).sum() < np.abs(strong - x).sum()


def test_a_quarter_of_the_images_is_shifted_in_each_direction():
    x = pictures(4)
    moved = shift(x, 1, RNG(0))
    for k, (axis, way) in enumerate([(0, 1), (0, -1), (1, 1), (1, -1)]):
        np.testing.assert_allclose(moved[k], np.roll(x[k], way, axis=axis), atol=1e-6)


def test_rotation_by_90_degrees():
    x = RNG(0).random((2, 8, 8, 1))
    rotated = rotation(x, 90, RNG(0))
    np.testing.assert_allclose(rotated[0, ..., 0], np.rot90(x[0, ..., 0]), atol=1e-6)
    np.testing.assert_allclose(rotated[1, ..., 0], np.rot90(x[1, ..., 0], -1), atol=1e-6)


def test_noise_misleads_a_model_that_uses_only_brightness():
    arrays = run(dark_and_bright(), {"b/numpy": Brightness()}, {"blur": [1.0], "noise": [0.9]})
    np.testing.assert_array_equal(arrays["accuracy.blur.b"], [[1, 1], [1, 1]])
    np.testing.assert_array_equal(arrays["severity.noise"], [0, 0.9])
    assert arrays["last.noise.b"][0] < 1  # noise that is clipped at zero makes dark images brighter
    np.testing.assert_allclose(arrays["excess.noise.b"], arrays["confidence.noise.b"][:, -1] - arrays["last.noise.b"])


def test_corrupted_pictures_are_drawn(tmp_path):
    curve = np.sort(RNG(0).random((3, 4)))[:, ::-1]
    arrays = {"severity.noise": np.arange(4.0), "picture.noise": RNG(1).random((4, 8, 8))}
    arrays |= {"accuracy.noise.net": curve, "confidence.noise.net": curve + 0.1, "last.noise.net": curve[:, -1]}
    page, study = page_of(tmp_path, arrays, arguments={"severities": {"noise": [1, 2, 3]}})
    check_drawn(corruptions(study), "1 types of corruption")
    check_drawn(draw(page, study), "noise of 3", "FCN")
    check_drawn(overconfidence(page, study), "overconfident by 10 points")
