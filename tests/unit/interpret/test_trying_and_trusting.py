"""Attribution by trying, inputs made for a model, neighbours and the tests of trust, where the answer is known."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from layerwise import interpret, nn

RNG = np.random.default_rng(0)


def linear(kernel, shape):
    """Return a model of one score, the sum of ``kernel · x``."""
    model = nn.Sequential([nn.Input(shape), nn.Flatten(), nn.Dense(1)])
    model.set_weights([np.reshape(kernel, (-1, 1)).astype("float32"), np.zeros(1, "float32")])
    return model


def classifier(seed=0, activation="relu"):
    """Return a network with first weights; with ReLU, some of its units are off for every image and have no slope."""
    return nn.Sequential(
        [nn.Input((6, 6, 1)), nn.Conv2D(4, 3, activation=activation), nn.Flatten(), nn.Dense(3)], seed=seed
    )


IMAGES = RNG.random((5, 6, 6, 1)).astype("float32")


# --- trying -----------------------------------------------------------------------------------------------------------


def test_covering_one_pixel_costs_its_contribution():
    kernel = RNG.normal(size=(6, 6, 1)).astype("float32")
    model = linear(kernel, (6, 6, 1))
    fall = interpret.occlusion(model, IMAGES, 1, size=1)
    np.testing.assert_allclose(fall, (IMAGES * kernel)[..., 0], atol=1e-5)
    np.testing.assert_allclose(interpret.occlusion(model, IMAGES, 1, size=1, value=IMAGES), 0, atol=1e-7)


@pytest.mark.parametrize(("size", "stride"), [(2, 1), (3, 2), (4, 3), (6, 1)])
def test_every_pixel_is_covered_by_windows_that_fit(size, stride):
    fall = interpret.occlusion(linear(np.ones(36), (6, 6, 1)), np.ones((1, 6, 6, 1)), 1, size=size, stride=stride)
    np.testing.assert_allclose(fall, size**2)


def test_series_tables_and_words_are_covered_position_by_position():
    assert interpret.occlusion(linear(np.ones(12), (6, 2)), np.ones((2, 6, 2)), 1, size=3).shape == (2, 6)
    assert interpret.occlusion(linear(np.ones(4), (4,)), np.ones((2, 4)), 1, size=1).shape == (2, 4)
    words = nn.Sequential([nn.Input((5,)), nn.Embedding(7, 3), nn.GlobalAveragePooling1D(), nn.Dense(1)], seed=0)
    covered = interpret.occlusion(words, np.array([[0, 0, 4, 0, 0]]), 1, size=1, value=0)[0]
    assert covered[2] != 0 and not covered[[0, 1, 3, 4]].any()


def test_only_the_feature_in_use_is_important():
    x = RNG.normal(size=(80, 3)).astype("float32")
    found = interpret.permutation_importance(linear([0, 2, 0], (3,)), x, (x[:, 1] > 0).astype(int), repeats=4)
    assert found.shape == (3, 4)
    assert (found[1] > 0.3).all() and not found[[0, 2]].any()


def test_a_linear_model_responds_in_parallel_lines():
    x = RNG.normal(size=(7, 3)).astype("float32")
    grid, curves = interpret.partial_dependence(linear([1, -2, 0.5], (3,)), x, 1, points=5)
    assert curves.shape == (7, 5)
    np.testing.assert_allclose(np.diff(curves, axis=1) / np.diff(grid), -2, rtol=1e-4)
    np.testing.assert_allclose(curves[:, 0] + 2 * grid[0], x @ [1, 0, 0.5], atol=1e-5)


# --- making -----------------------------------------------------------------------------------------------------------


def test_what_excites_a_linear_score_is_its_kernel():
    kernel = np.where(RNG.random((6, 6, 1)) > 0.5, 1.0, -1.0)
    [made] = interpret.maximise_activation(linear(kernel, (6, 6, 1)), 1, blur=0, shift=0, decay=0.0)
    np.testing.assert_array_equal(made, (kernel > 0).astype("float32"))


def test_each_target_gets_an_input_within_bounds_and_the_same_again():
    model = classifier(activation="tanh")
    first, again, start = (
        interpret.maximise_activation(model, [2, 0], steps=n, blur=0, decay=0, shift=0, bounds=(-1, 1))
        for n in (20, 20, 0)
    )
    assert first.shape == (2, 6, 6, 1) and np.array_equal(first, again)
    assert first.min() >= -1 and first.max() <= 1
    look = interpret.probe(model)
    assert (look.score(first, [2, 0]) > look.score(start, [2, 0]) + 1).all()  # of 40 networks, each gains 2 or more


def test_a_feature_map_can_be_excited():
    model = classifier(activation="tanh")
    head, _ = interpret.probe(model).split("conv2d")
    made = interpret.maximise_activation(model, range(4), "conv2d", steps=30, shift=0)
    noise = RNG.random(made.shape).astype("float32") * 0.1
    assert (head.score(made, np.arange(4)) > head.score(noise, np.arange(4))).all()
    assert made.shape == (4, 6, 6, 1)


def test_a_classifier_is_fooled_by_small_steps_and_who_is_sure_is_left_alone():
    model = classifier(activation="tanh")
    look = interpret.probe(model)
    fooled = interpret.fool(model, IMAGES, 1, sure=0.6, bounds=(-2, 2))
    assert (look.confidence(fooled, 1) >= 0.6).all()
    assert np.array_equal(interpret.fool(model, fooled, 1, sure=0.6, bounds=(-2, 2)), fooled)
    restless = interpret.fool(model, IMAGES, 1, sure=1.0)
    assert restless.min() == 0 and restless.max() == 1


def test_two_sides_of_one_output_can_be_fooled():
    model = linear(np.ones(36), (6, 6, 1))
    assert interpret.probe(model).confidence(interpret.fool(model, IMAGES - 0.6, 1, bounds=(-1, 1)), 1).min() >= 0.99


# --- neighbours -------------------------------------------------------------------------------------------------------


def test_an_example_is_its_own_nearest_neighbour():
    indices, similarity = interpret.nearest_neighbours(classifier(), IMAGES, IMAGES[::-1], count=3)
    assert indices[:, 0].tolist() == [4, 3, 2, 1, 0]
    np.testing.assert_allclose(similarity[:, 0], 1, rtol=1e-6)
    assert (np.diff(similarity, axis=1) <= 0).all()


def test_the_space_is_what_enters_the_last_layer_or_any_other():
    model = classifier()
    assert interpret.embed(model, IMAGES).shape == (5, 64)
    kernel, bias = model.get_weights()[2:]
    np.testing.assert_allclose(interpret.embed(model, IMAGES) @ kernel + bias, model.predict(IMAGES), rtol=1e-5)
    assert interpret.embed(model, IMAGES, "dense").shape == (5, 3)


# --- trust ------------------------------------------------------------------------------------------------------------


def test_shuffled_weights_are_the_same_numbers_elsewhere():
    model = classifier()
    before = model.get_weights()
    changed = interpret.randomised(model, ["dense"], seed=1).weights()
    assert np.array_equal(changed["conv2d"][0], before[0])
    assert not np.array_equal(changed["dense"][0], before[2])
    np.testing.assert_array_equal(np.sort(changed["dense"][0].ravel()), np.sort(before[2].ravel()))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))


def test_the_cascade_goes_from_the_last_layer_to_the_first():
    model = classifier()
    before = interpret.probe(model).weights()
    stages = list(interpret.cascade(model))
    assert [name for name, _ in stages] == ["dense", "conv2d"]
    same = [np.array_equal(changed.weights()["conv2d"][0], before["conv2d"][0]) for _, changed in stages]
    assert same == [True, False]
    assert not np.allclose(interpret.saliency(stages[0][1], IMAGES, 0), interpret.saliency(model, IMAGES, 0))


def test_rank_correlation_is_spearmans():
    a, b = RNG.normal(size=(2, 4, 3, 3)).round(1)
    expected = [spearmanr(x.ravel(), y.ravel()).statistic for x, y in zip(a, b)]
    np.testing.assert_allclose(interpret.rank_correlation(a, b), expected)
    assert interpret.rank_correlation(a, np.zeros_like(a)).tolist() == [0] * 4


def test_removal_goes_from_the_input_to_the_baseline_and_insertion_back():
    model = classifier()
    look = interpret.probe(model)
    order = RNG.random(IMAGES.shape)
    share, deleted = interpret.removal_curve(model, IMAGES, order, 0, baseline=0.5, steps=4)
    _, inserted = interpret.removal_curve(model, IMAGES, order, 0, baseline=0.5, steps=4, insert=True)
    assert share.tolist() == [0, 0.25, 0.5, 0.75, 1]
    np.testing.assert_allclose(deleted[:, 0], look.confidence(IMAGES, 0))
    np.testing.assert_allclose(deleted[:, -1], look.confidence(np.full_like(IMAGES, 0.5), 0))
    np.testing.assert_allclose(inserted[:, [0, -1]], deleted[:, [-1, 0]])


def test_the_contributions_of_a_linear_score_are_the_best_order():
    kernel = RNG.normal(size=36)
    model = linear(kernel, (6, 6, 1))
    best = (IMAGES.reshape(5, -1) * kernel).reshape(5, 6, 6)
    curves = {
        name: interpret.removal_curve(model, IMAGES, order, 1, steps=36)[1]
        for name, order in (("best", best), ("worst", -best), ("random", RNG.random(best.shape)))
    }
    assert (curves["best"] <= curves["random"] + 1e-6).all() and (curves["random"] <= curves["worst"] + 1e-6).all()


WRONG = {
    "a window too large": (lambda: interpret.occlusion(classifier(), IMAGES, 0, size=7), r"size from 1 to 6 .* got 7"),
    "no table": (lambda: interpret.permutation_importance(classifier(), IMAGES, np.zeros(5)), r"accepted are tables"),
    "no such feature": (
        lambda: interpret.partial_dependence(linear(np.ones(3), (3,)), np.ones((4, 3), "float32"), 3),
        r"feature is 3; accepted are 0 to 2",
    ),
    "a table has no picture": (
        lambda: interpret.maximise_activation(linear(np.ones(3), (3,)), 1),
        r"accepted are models of images .* got \(3,\)",
    ),
    "too many neighbours": (
        lambda: interpret.nearest_neighbours(classifier(), IMAGES, IMAGES, count=6),
        r"count is 6; accepted are 1 to 5",
    ),
    "one layer": (
        lambda: interpret.embed(nn.Sequential([nn.Input((3,)), nn.Dense(1)]), np.ones((1, 3))),
        r"has one layer only",
    ),
    "a layer without weights": (
        lambda: interpret.randomised(classifier(), ["flatten"]),
        r"no layer 'flatten' with weights; accepted are 'conv2d', 'dense'",
    ),
    "two shapes": (
        lambda: interpret.rank_correlation(np.ones((2, 3)), np.ones((2, 4))),
        r"\(2, 3\) and \(2, 4\) differ",
    ),
    "attributions of others": (
        lambda: interpret.removal_curve(classifier(), IMAGES, np.ones((5, 3, 3))),
        r"shape \(5, 3, 3\) do not fit x of shape \(5, 6, 6, 1\)",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_named(case):
    act, message = WRONG[case]
    with pytest.raises(ValueError, match=message):
        act()
