"""Perturbation methods, input synthesis, nearest neighbors and evaluation of attributions, with known results."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from layerwise import interpret, nn

RNG = np.random.default_rng(0)


def linear(kernel, shape):
    """Return a model with one output, the sum of ``kernel · x``."""
    model = nn.Sequential([nn.Input(shape), nn.Flatten(), nn.Dense(1)])
    model.set_weights([np.reshape(kernel, (-1, 1)).astype("float32"), np.zeros(1, "float32")])
    return model


def classifier(seed=0, activation="relu"):
    """Return an untrained network; with ReLU, some units are inactive for all images and have no gradient."""
    return nn.Sequential(
        [nn.Input((6, 6, 1)), nn.Conv2D(4, 3, activation=activation), nn.Flatten(), nn.Dense(3)], seed=seed
    )


IMAGES = RNG.random((5, 6, 6, 1)).astype("float32")


# --- perturbation -----------------------------------------------------------------------------------------------------


def test_occluding_one_pixel_removes_its_contribution():
    kernel = RNG.normal(size=(6, 6, 1)).astype("float32")
    model = linear(kernel, (6, 6, 1))
    decrease = interpret.occlusion(model, IMAGES, 1, size=1)
    np.testing.assert_allclose(decrease, (IMAGES * kernel)[..., 0], atol=1e-5)
    np.testing.assert_allclose(interpret.occlusion(model, IMAGES, 1, size=1, value=IMAGES), 0, atol=1e-7)


@pytest.mark.parametrize(("size", "stride"), [(2, 1), (3, 2), (4, 3), (6, 1)])
def test_occlusion_windows_cover_every_pixel(size, stride):
    decrease = interpret.occlusion(linear(np.ones(36), (6, 6, 1)), np.ones((1, 6, 6, 1)), 1, size=size, stride=stride)
    np.testing.assert_allclose(decrease, size**2)


def test_occlusion_of_series_tables_and_words():
    assert interpret.occlusion(linear(np.ones(12), (6, 2)), np.ones((2, 6, 2)), 1, size=3).shape == (2, 6)
    assert interpret.occlusion(linear(np.ones(4), (4,)), np.ones((2, 4)), 1, size=1).shape == (2, 4)
    words = nn.Sequential([nn.Input((5,)), nn.Embedding(7, 3), nn.GlobalAveragePooling1D(), nn.Dense(1)], seed=0)
    decrease = interpret.occlusion(words, np.array([[0, 0, 4, 0, 0]]), 1, size=1, value=0)[0]
    assert decrease[2] != 0 and not decrease[[0, 1, 3, 4]].any()


def test_only_the_used_feature_is_important():
    x = RNG.normal(size=(80, 3)).astype("float32")
    importance = interpret.permutation_importance(linear([0, 2, 0], (3,)), x, (x[:, 1] > 0).astype(int), repeats=4)
    assert importance.shape == (3, 4)
    assert (importance[1] > 0.3).all() and not importance[[0, 2]].any()


def test_ice_curves_of_a_linear_model_are_parallel_lines():
    x = RNG.normal(size=(7, 3)).astype("float32")
    grid, curves = interpret.partial_dependence(linear([1, -2, 0.5], (3,)), x, 1, points=5)
    assert curves.shape == (7, 5)
    np.testing.assert_allclose(np.diff(curves, axis=1) / np.diff(grid), -2, rtol=1e-4)
    np.testing.assert_allclose(curves[:, 0] + 2 * grid[0], x @ [1, 0, 0.5], atol=1e-5)


# --- input synthesis --------------------------------------------------------------------------------------------------


def test_activation_maximization_of_a_linear_score_gives_its_kernel():
    kernel = np.where(RNG.random((6, 6, 1)) > 0.5, 1.0, -1.0)
    [image] = interpret.maximise_activation(linear(kernel, (6, 6, 1)), 1, blur=0, shift=0, decay=0.0)
    np.testing.assert_array_equal(image, (kernel > 0).astype("float32"))


def test_activation_maximization_respects_bounds_and_is_reproducible():
    model = classifier(activation="tanh")
    first, repeated, start = (
        interpret.maximise_activation(model, [2, 0], steps=n, blur=0, decay=0, shift=0, bounds=(-1, 1))
        for n in (20, 20, 0)
    )
    assert first.shape == (2, 6, 6, 1) and np.array_equal(first, repeated)
    assert first.min() >= -1 and first.max() <= 1
    probe = interpret.probe(model)
    assert (probe.score(first, [2, 0]) > probe.score(start, [2, 0]) + 1).all()  # 40 networks gain at least 2


def test_activation_maximization_of_a_feature_map():
    model = classifier(activation="tanh")
    head, _ = interpret.probe(model).split("conv2d")
    images = interpret.maximise_activation(model, range(4), "conv2d", steps=30, shift=0)
    noise = RNG.random(images.shape).astype("float32") * 0.1
    assert (head.score(images, np.arange(4)) > head.score(noise, np.arange(4))).all()
    assert images.shape == (4, 6, 6, 1)


def test_adversarial_examples_reach_the_confidence_and_then_stay_unchanged():
    model = classifier(activation="tanh")
    probe = interpret.probe(model)
    adversarial = interpret.fool(model, IMAGES, 1, sure=0.6, bounds=(-2, 2))
    assert (probe.confidence(adversarial, 1) >= 0.6).all()
    assert np.array_equal(interpret.fool(model, adversarial, 1, sure=0.6, bounds=(-2, 2)), adversarial)
    clipped = interpret.fool(model, IMAGES, 1, sure=1.0)
    assert clipped.min() == 0 and clipped.max() == 1


def test_adversarial_examples_for_a_single_output():
    model = linear(np.ones(36), (6, 6, 1))
    assert interpret.probe(model).confidence(interpret.fool(model, IMAGES - 0.6, 1, bounds=(-1, 1)), 1).min() >= 0.99


# --- nearest neighbors ------------------------------------------------------------------------------------------------


def test_an_example_is_its_own_nearest_neighbor():
    indices, similarity = interpret.nearest_neighbours(classifier(), IMAGES, IMAGES[::-1], count=3)
    assert indices[:, 0].tolist() == [4, 3, 2, 1, 0]
    np.testing.assert_allclose(similarity[:, 0], 1, rtol=1e-6)
    assert (np.diff(similarity, axis=1) <= 0).all()


def test_embedding_is_the_input_of_the_last_layer_or_the_output_of_a_given_one():
    model = classifier()
    assert interpret.embed(model, IMAGES).shape == (5, 64)
    kernel, bias = model.get_weights()[2:]
    np.testing.assert_allclose(interpret.embed(model, IMAGES) @ kernel + bias, model.predict(IMAGES), rtol=1e-5)
    assert interpret.embed(model, IMAGES, "dense").shape == (5, 3)


# --- evaluation -------------------------------------------------------------------------------------------------------


def test_randomized_weights_are_permutations():
    model = classifier()
    before = model.get_weights()
    randomized = interpret.randomised(model, ["dense"], seed=1).weights()
    assert np.array_equal(randomized["conv2d"][0], before[0])
    assert not np.array_equal(randomized["dense"][0], before[2])
    np.testing.assert_array_equal(np.sort(randomized["dense"][0].ravel()), np.sort(before[2].ravel()))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))


def test_cascade_randomizes_from_the_last_layer_to_the_first():
    model = classifier()
    before = interpret.probe(model).weights()
    stages = list(interpret.cascade(model))
    assert [name for name, _ in stages] == ["dense", "conv2d"]
    same = [np.array_equal(randomized.weights()["conv2d"][0], before["conv2d"][0]) for _, randomized in stages]
    assert same == [True, False]
    assert not np.allclose(interpret.saliency(stages[0][1], IMAGES, 0), interpret.saliency(model, IMAGES, 0))


def test_rank_correlation_matches_scipy():
    a, b = RNG.normal(size=(2, 4, 3, 3)).round(1)
    expected = [spearmanr(x.ravel(), y.ravel()).statistic for x, y in zip(a, b)]
    np.testing.assert_allclose(interpret.rank_correlation(a, b), expected)
    assert interpret.rank_correlation(a, np.zeros_like(a)).tolist() == [0] * 4


def test_rank_correlation_of_some_positions_matches_scipy():
    a, b = RNG.normal(size=(2, 4, 3, 3)).round(1)
    where = RNG.random(a.shape) < 0.6
    expected = [spearmanr(x[inside], y[inside]).statistic for x, y, inside in zip(a, b, where)]
    np.testing.assert_allclose(interpret.rank_correlation(a, b, where), expected)


def test_only_the_chosen_positions_are_deleted():
    model, where = linear(np.ones(36), (6, 6, 1)), np.zeros(IMAGES.shape[:-1], bool)
    where[:, :2, :3] = True  # six pixels: a step deletes two of them
    curve = interpret.removal_curve(model, IMAGES, IMAGES, 1, steps=3, where=where)[1]
    order = -np.sort(-IMAGES[:, :2, :3].reshape(5, 6), axis=1)
    left = IMAGES.sum(axis=(1, 2, 3))[:, None] - np.cumsum(order, axis=1)[:, [1, 3, 5]]
    np.testing.assert_allclose(np.log(curve[:, 1:] / (1 - curve[:, 1:])), left, rtol=1e-3)


def test_infidelity_by_hand():
    """With one pixel deleted at a time, contributions (1, 0) to decreases (1, 1) leave half of the variance."""
    model = linear(np.ones(2), (1, 2, 1))
    x = np.ones((1, 1, 2, 1), "float32")
    both = np.stack([np.ones((1, 1, 2)), np.array([[[1.0, 0.0]]]), np.zeros((1, 1, 2))])
    exact, half, zero = interpret.infidelity(model, x, both, 1, share=0.5, samples=4000)[:, 0]
    # deleted sets: none, first, second, both; decreases 0, 1, 1, 2; the best factor for (1, 0) is 3/2
    assert exact == pytest.approx(0, abs=1e-6)
    assert half == pytest.approx((0.25 + 1 + 0.25) / 6, abs=0.03)
    assert zero == 1
    only = np.array([[[True, False]]])
    assert interpret.infidelity(model, x, both[1], 1, samples=50, where=only)[0] == pytest.approx(0, abs=1e-6)


def test_deletion_ends_at_the_baseline_and_insertion_at_the_input():
    model = classifier()
    probe = interpret.probe(model)
    order = RNG.random(IMAGES.shape)
    share, deleted = interpret.removal_curve(model, IMAGES, order, 0, baseline=0.5, steps=4)
    _, inserted = interpret.removal_curve(model, IMAGES, order, 0, baseline=0.5, steps=4, insert=True)
    assert share.tolist() == [0, 0.25, 0.5, 0.75, 1]
    np.testing.assert_allclose(deleted[:, 0], probe.confidence(IMAGES, 0))
    np.testing.assert_allclose(deleted[:, -1], probe.confidence(np.full_like(IMAGES, 0.5), 0))
    np.testing.assert_allclose(inserted[:, [0, -1]], deleted[:, [-1, 0]])


def test_contributions_of_a_linear_score_give_the_best_deletion_order():
    kernel = RNG.normal(size=36)
    model = linear(kernel, (6, 6, 1))
    best = (IMAGES.reshape(5, -1) * kernel).reshape(5, 6, 6)
    curves = {
        name: interpret.removal_curve(model, IMAGES, order, 1, steps=36)[1]
        for name, order in (("best", best), ("worst", -best), ("random", RNG.random(best.shape)))
    }
    assert (curves["best"] <= curves["random"] + 1e-6).all() and (curves["random"] <= curves["worst"] + 1e-6).all()


INVALID = {
    "a window too large": (
        lambda: interpret.occlusion(classifier(), IMAGES, 0, size=7),
        r"size must be an integer from 1 to 6 .*got size 7",
    ),
    "no table": (
        lambda: interpret.permutation_importance(classifier(), IMAGES, np.zeros(5)),
        r"x must be a float table",
    ),
    "no such feature": (
        lambda: interpret.partial_dependence(linear(np.ones(3), (3,)), np.ones((4, 3), "float32"), 3),
        r"feature must be an integer from 0 to 2, got 3",
    ),
    "activation maximization of a table": (
        lambda: interpret.maximise_activation(linear(np.ones(3), (3,)), 1),
        r"input must be images .*got shape \(3,\)",
    ),
    "too many neighbors": (
        lambda: interpret.nearest_neighbours(classifier(), IMAGES, IMAGES, count=6),
        r"count must be an integer from 1 to the number of candidates, 5, got 6",
    ),
    "one layer": (
        lambda: interpret.embed(nn.Sequential([nn.Input((3,)), nn.Dense(1)]), np.ones((1, 3))),
        r"layer must be given for model .* has only one layer",
    ),
    "a layer without weights": (
        lambda: interpret.randomised(classifier(), ["flatten"]),
        r"must be among those with weights, 'conv2d', 'dense', got 'flatten'",
    ),
    "two shapes": (
        lambda: interpret.rank_correlation(np.ones((2, 3)), np.ones((2, 4))),
        r"shapes must be equal, got \(2, 3\) and \(2, 4\)",
    ),
    "attributions of another shape": (
        lambda: interpret.removal_curve(classifier(), IMAGES, np.ones((5, 3, 3))),
        r"must have the shape of x, \(5, 6, 6, 1\), .*got \(5, 3, 3\)",
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_error_message(case):
    call, message = INVALID[case]
    with pytest.raises(ValueError, match=message):
        call()
