import numpy as np
import pytest

from layerwise.reports.application_domains.figures.out_of_distribution import SCORES, draw, images
from layerwise.reports.application_domains.studies.out_of_distribution import fitted_in, run, scores, shuffled_tiles

from .brightness import Brightness, dark_and_bright
from .page import check_drawn, page_of

RNG = np.random.default_rng


def test_shuffled_tiles_are_a_permutation_of_the_tiles():
    x = RNG(0).random((3, 8, 8, 1))
    shuffled = shuffled_tiles(x, RNG(1))

    def tiles(images):
        cut = images.reshape(3, 4, 2, 4, 2).swapaxes(2, 3).reshape(3, 16, 4)
        return [sorted(map(tuple, picture)) for picture in cut]

    assert tiles(shuffled) == tiles(x)
    assert not np.array_equal(shuffled, x)


def test_scores_are_higher_for_confident_predictions():
    confident, uniform = np.array([[8.0, 0.0, 0.0]]), np.array([[1.0, 1.0, 1.0]])
    for name, score in scores(np.concatenate([confident, uniform])).items():
        assert score[0] > score[1], name
    assert scores(uniform)["energy"][0] == pytest.approx(1 + np.log(3))
    assert scores(uniform)["entropy"][0] == pytest.approx(-np.log(3))


def test_small_images_are_enlarged_and_centered():
    framed = fitted_in(np.ones((2, 8, 8, 1)), (28, 28, 1))
    assert framed.shape == (2, 28, 28, 1)
    np.testing.assert_allclose(framed[0, 4:24, 4:24], 1)
    assert framed.sum() == pytest.approx(2 * 20 * 20)


def test_a_model_that_uses_only_brightness_does_not_detect_shuffled_tiles():
    gray = {"gray": {"test": (np.full((9, 8, 8, 1), 0.2), None)}}
    arrays = run({**dark_and_bright(), **gray}, {"b/numpy": Brightness()}, ["shuffled_tiles"])
    assert arrays["auroc.shuffled_tiles.probability.b"] == pytest.approx([0.5, 0.5])
    assert arrays["auroc.gray.energy.b"] == pytest.approx([1, 1])
    assert arrays["sure.gray.b"] == pytest.approx([0, 0])
    assert arrays["density.familiar.b"].sum() == pytest.approx(1)


def test_images_out_of_distribution_are_drawn(tmp_path):
    arrays = {f"picture.{kind}": RNG(0).random((4, 8, 8)) for kind in ("familiar", "inverted", "static")}
    arrays |= {
        f"auroc.{kind}.{score}.net": np.full(3, 0.9 if kind == "static" else 0.4)
        for kind in ("inverted", "static")
        for score in SCORES
    }
    page, study = page_of(tmp_path, arrays)
    check_drawn(images(study), "2 kinds of out-of-distribution images")
    check_drawn(draw(page, study), "lowest AUROC with", "on inverted, 40%")
