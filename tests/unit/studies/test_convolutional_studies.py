"""Studies of assignment 4: their arrays on small data, answers that are known, and the pictures made of them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import splits

from layerwise import nn
from layerwise.files import write_json, write_npz
from layerwise.plots import Picture, to_svg
from layerwise.reporting import convolutional as drawn
from layerwise.reporting.artifacts import Experiment, Report
from layerwise.studies import convolution, depth, features, locality


@pytest.fixture(scope="module")
def images():
    """Return one dataset of 12 × 12 images of three classes: a bright row, a bright column, a bright corner."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 0.4, (130, 12, 12, 1)), np.arange(130) % 3
    for image, k in zip(x, y):
        image[(slice(4, 6), slice(0, 6), slice(0, 4))[k], (slice(None), slice(4, 6), slice(0, 4))[k]] += 0.6
    return {"shapes": splits(x, y)}


def runs():
    """Return two untrained networks in place of the runs of an experiment."""

    def network(seed):
        layers = [nn.Conv2D(4, 3, padding="same", activation="relu"), nn.MaxPooling2D(2), nn.Flatten(), nn.Dense(3)]
        return nn.Sequential([nn.Input((12, 12, 1)), *layers], seed=seed)

    return {"shapes_cnn/numpy": SimpleNamespace(models=lambda: map(network, (0, 1)))}


STUDIES = {
    "convolution_forward": lambda data: convolution.forward({}, block=16, seeds=2, longest=6),
    "convolution_backward": lambda data: convolution.backward({}, seeds=2),
    "neighbourhoods": lambda data: locality.neighbourhoods(data, (9, 30), (4, 6), 10, (0, 2), 2),
    "stacks": lambda data: depth.stacks(data, (2, 4), 3, 40, 2, 20, 2),
    "inside": lambda data: features.layers(data, runs(), drawn=25, neighbours=30, perplexity=5.0),
}
PICTURES = {
    "convolution_forward": lambda study: [*drawn.kernels(study), drawn.kernel_numbers(study)],
    "convolution_backward": lambda study: [*drawn.worked(study), drawn.checks(study)],
    "neighbourhoods": lambda study: [drawn.disturbed(study), drawn.moved(study), drawn.samples(study)],
    "stacks": lambda study: [*drawn.stacks(study), *drawn.gradient_norms(study)],
    "inside": lambda study: [
        drawn.filters(study),
        *drawn.feature_maps(study),
        drawn.nearest(study),
        *drawn.planes(study, "abc"),
    ],
}


@pytest.fixture(scope="module")
def found(images):
    """Return what each study finds on the small images."""
    return {name: study(images) for name, study in STUDIES.items()}


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_returns_finite_arrays_and_the_same_ones_again(name, images, found):
    again = STUDIES[name](images)
    assert list(again) == list(found[name])
    for key, array in found[name].items():
        assert np.isfinite(array).all(), key
        assert np.array_equal(array, again[key]), key


@pytest.mark.parametrize("name", PICTURES)
def test_a_study_is_drawn_with_a_finding_and_words_for_the_blind(name, found, tmp_path):
    write_npz(tmp_path / "studies" / "study.npz", **found[name])
    study = Report("report", {}, tmp_path, {"study": {"function": name}}).study("study")
    for picture in PICTURES[name](study):
        assert isinstance(picture, Picture)
        assert len(picture.title) > 10
        assert len(picture.alt) > len(picture.title)
        assert "nan" not in f"{picture.title} {picture.alt}"
        assert to_svg(picture).startswith("<svg")


# --- convolution by hand ------------------------------------------------------------------------------------------


def test_hand_set_kernels_answer_a_step_where_it_is():
    step = np.zeros((1, 5, 6, 1))
    step[:, :, 3:] = 1.0  # dark on the left, bright on the right
    answers = {
        name: convolution._by_layer(step, kernel[:, :, None, None])[0, :, :, 0]
        for name, kernel in convolution.KERNELS.items()
    }
    np.testing.assert_allclose(answers["vertical edges"], np.tile([0, -1, -1, 0], (3, 1)))
    np.testing.assert_allclose(answers["horizontal edges"], 0)
    np.testing.assert_allclose(answers["all edges"], np.tile([0, 1, -1, 0], (3, 1)))
    np.testing.assert_allclose(answers["blur"], np.tile([0, 1 / 3, 2 / 3, 1], (3, 1)))


def test_all_ways_agree_and_a_moved_picture_moves_the_answer(found):
    study = found["convolution_forward"]
    assert study["moved"].max() < 1e-12
    assert study["miscounted"].max() == 0
    for way in ("windows", "matrix", "layer"):
        assert study[f"difference.{way}"].max() < 1e-12
    assert [int(study[f"steps.{way}"]) for way in convolution.WAYS] == [2 * 7 * 6 * 4 * 27, 42, 0, 0]


def test_derived_gradients_are_right_and_mistakes_are_caught(found):
    study = found["convolution_backward"]
    for gradient in ("kernel", "input", "pooling"):
        assert study[f"error.{gradient}"].max() < 1e-8
        assert study[f"layer.{gradient}"].max() < 1e-12
    assert min(study[f"wrong.{mistake}"].min() for mistake in ("not turned", "shared")) > 0.1


def test_the_small_example_by_pencil(found):
    worked = {key.removeprefix("worked."): array for key, array in found["convolution_backward"].items()}
    assert worked["y"][0].tolist() == [1 + 4 - 0, 2 + 0 - 1, 0 + 2 - 3]
    assert worked["dw"].tolist() == [[1 + 2 * 3 - 0, 2 + 2 * 1 - 1], [0 + 2 * 1 - 1, 1 + 0 - 0]]
    assert worked["pooled"].tolist() == [[2, 3], [2, 2]]
    assert worked["dunpooled"].tolist() == [[0, 1, 0, 0], [0, 0, 2, 0], [3, 0, 0, 0], [0, 0, 0, 4]]


# --- moved, shuffled, few -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows, columns, row, column", [(1, 0, 3, 2), (-2, 0, 0, 2), (0, 2, 2, 4), (0, -1, 2, 1)])
def test_a_moved_image_leaves_nothing_behind(rows, columns, row, column):
    x = np.zeros((1, 5, 5, 1))
    x[0, 2, 2] = 1
    y = locality.moved(x, rows, columns)
    assert np.argwhere(y[0, :, :, 0]).tolist() == [[row, column]]


def test_what_leaves_on_one_side_does_not_come_back_on_the_other():
    assert locality.moved(np.ones((1, 4, 4, 1)), 1, -1)[0, :, :, 0].tolist() == [[0] * 4] + [[1, 1, 1, 0]] * 3


def test_shuffling_moves_every_image_alike():
    x = np.arange(8.0).reshape(2, 2, 2, 1)
    y = locality.shuffled(x, np.array([3, 0, 2, 1]))
    assert y[:, :, :, 0].tolist() == [[[3, 0], [2, 1]], [[7, 4], [6, 5]]]


def test_few_examples_are_drawn_class_by_class():
    y = np.repeat([0, 1, 2], [20, 5, 9])
    rows = locality._by_turns(y, np.random.default_rng(0))
    assert sorted(rows) == list(range(34))
    assert np.bincount(y[rows[:12]]).tolist() == [4, 4, 4]


# --- depth, features ----------------------------------------------------------------------------------------------


def test_plain_and_residual_stacks_differ_in_the_shortcuts_alone():
    plain, residual = (depth.stack(4, kind, (8, 8, 1), 3, 5, seed=0) for kind in (False, True))
    assert [w.shape for w in plain.get_weights()] == [w.shape for w in residual.get_weights()]
    assert sum(isinstance(layer, nn.Residual) for layer in residual.layers) == 2
    x, y = np.random.default_rng(0).normal(size=(6, 8, 8, 1)).astype(np.float32), np.arange(6) % 3
    assert depth.gradient_norms(residual, x, y).shape == (5,)


def test_the_nearest_neighbour_and_the_plane():
    x, y = np.array([[0.0, 0.1], [5.0, 0.0]]), np.array([0, 1])
    assert features.nearest(x, y, np.array([[5.0, 1.0], [0.0, 0.0]]), np.array([1, 0])) == 1.0
    assert features.nearest(x, y, np.array([[0.0, 0.0], [9.0, 0.0]]), np.array([0, 0])) == 0.5
    points, share = features.plane(np.outer([-1.0, 0.0, 1.0], [0.0, 2.0, 0.0]))
    assert share == pytest.approx(1.0)
    np.testing.assert_allclose(points[:, 0], [-2, 0, 2])


# --- networks and their costs -------------------------------------------------------------------------------------

LENET5 = [
    {"layer": "Conv2D", "filters": 6, "kernel_size": 5, "padding": "same"},
    {"layer": "AveragePooling2D", "pool_size": 2},
    {"layer": "Conv2D", "filters": 16, "kernel_size": 5},
    {"layer": "AveragePooling2D", "pool_size": 2},
    {"layer": "Flatten"},
    {"layer": "Dense", "units": 120},
    {"layer": "Dense", "units": 84},
    {"layer": "Dense", "units": "classes"},
]


def experiment(folder, model, **more):
    write_json(folder / "data" / "digits" / "dataset.json", {"shape": [28, 28, 1], "classes": 10, "kind": "image"})
    return Experiment("digits_net", {"dataset": "digits", "model": model, **more}, folder)


def test_lenet5_costs_what_its_layers_say(tmp_path):
    """784 places · 25 · 6, 100 places · 25 · 6 · 16, and each dense weight once."""
    model = drawn.network(experiment(tmp_path, LENET5))
    assert model.count_params() == 61_706
    assert drawn.multiply_adds(model) == 784 * 150 + 100 * 2400 + 400 * 120 + 120 * 84 + 84 * 10


def test_multiply_adds_reach_into_blocks_and_sequences():
    block = nn.Residual([nn.Conv2D(4, 3, strides=2, padding="same")], [nn.Conv2D(4, 1, strides=2)])
    assert drawn.multiply_adds(nn.Sequential([nn.Input((6, 6, 2)), block])) == 9 * (9 * 2 * 4 + 2 * 4)
    signal = nn.Sequential([nn.Input((10, 3)), nn.Conv1D(5, 4), nn.GlobalMaxPooling1D(), nn.Dense(2)])
    assert drawn.multiply_adds(signal) == 7 * 4 * 3 * 5 + 5 * 2


def test_multiply_adds_of_a_recurrent_layer_are_refused():
    with pytest.raises(ValueError, match=r"'lstm'.*accepted are Dense, Conv1D and Conv2D"):
        drawn.multiply_adds(nn.Sequential([nn.Input((10, 3)), nn.LSTM(2)]))


def test_the_table_of_networks_writes_blocks_in_brackets(tmp_path):
    conv = {"layer": "Conv2D", "filters": 4, "kernel_size": 3, "padding": "same"}
    halved = [{**conv, "strides": 2}, {"layer": "ReLU"}, conv]
    block = {"layer": "Residual", "branch": halved, "shortcut": [{**conv, "kernel_size": 1, "strides": 2}]}
    model = [
        conv,
        {"layer": "Residual", "branch": [conv]},
        block,
        {"layer": "Flatten"},
        {"layer": "Dense", "units": 10},
    ]
    [row] = drawn.layers([experiment(tmp_path, model)]).to_dict("records")
    assert row["layers"] == "C4 → [C4 + x] → [C4/2 C4 + C4/2] → D10"
    assert row["with weights"] == 6


def test_networks_that_start_from_others_or_see_changed_images_are_not_compared(tmp_path):
    fresh = experiment(tmp_path, LENET5)
    part = {"shape": [28, 28, 1], "classes": 5, "kind": "image", "preparation": {"keep_classes": [0, 1, 2, 3, 4]}}
    write_json(tmp_path / "data" / "half" / "dataset.json", part)
    others = [
        Experiment("half_net", {"dataset": "half", "model": LENET5}, tmp_path),
        experiment(tmp_path, LENET5, start={"experiment": "elsewhere"}),
        experiment(tmp_path, [{"layer": "RandomRotation", "factor": 0.1}, *LENET5]),
        experiment(tmp_path, [{"layer": "Application", "name": "ResNet50"}]),
    ]
    assert drawn.plain([fresh, *others]) == [fresh]


def test_windows_are_drawn_with_the_sizes_they_leave():
    picture = drawn.geometry(7, 3)
    assert picture.title == "A 3 × 3 window on 7 × 7 pixels leaves 5 × 5, 3 × 3, 7 × 7, 4 × 4"
    assert "same, stride 2: 1 zeros before, 1 after, 4 positions" in picture.alt


def test_prices_join_accuracy_work_time_and_memory(tmp_path):
    net = experiment(tmp_path, LENET5, title="Digits, LeNet-5", backends=["numpy"], seeds=2)
    for seed, seconds in enumerate((4.0, 6.0)):
        told = {"backend": "numpy", "parameters": 61_706, "epochs": 2, "peak_memory_bytes": 5e7 + seed * 1e7}
        write_json(net.run("numpy", seed) / "provenance.json", told | {"seconds": {"fit": {"cpu": seconds}}})
    row = {"experiment": "digits_net", "backend": "numpy", "metric": "accuracy", "split": "test"}
    page = SimpleNamespace(summary=pd.DataFrame([row | {"mean": 0.97, "low": 0.95, "high": 1.01}]))
    [price] = drawn.prices(page, [net]).to_dict("records")
    assert price["network"] == "LeNet-5"
    assert (price["seconds"], price["memory"], price["high"]) == (2.5, 60.0, 1.0)
    assert price["multiply_adds"] == 416_520


def test_the_chart_of_costs_names_the_most_accurate_and_the_smallest():
    common = {"low": 0.8, "high": 1.0, "seconds": 1.0, "memory": 60.0}
    table = pd.DataFrame(
        [
            common
            | {"network": "wide", "backend": "numpy", "mean": 0.94, "parameters": 900, "multiply_adds": 2_000_000},
            common
            | {"network": "wide", "backend": "keras", "mean": 0.96, "parameters": 900, "multiply_adds": 2_000_000},
            common
            | {"network": "small", "backend": "numpy", "mean": 0.9, "parameters": 10, "multiply_adds": 5_000_000},
        ]
    )
    picture = drawn.costs(table)
    assert picture.title == (
        "Most accurate is wide, 95.0 % for 2 million multiply-adds; "
        "with the fewest parameters, 10, small reaches 90.0 %"
    )
    assert "wide, Keras: accuracy 0.960, 900 parameters" in picture.alt
    assert to_svg(picture).startswith("<svg")


def test_the_ladder_tells_the_mean_of_each_rung():
    def rung(title, *values):
        metrics = {("numpy", k): {"splits": {"test": {"accuracy": value}}} for k, value in enumerate(values)}
        info = SimpleNamespace(info={"title": "Signals"})
        return SimpleNamespace(title=title, metrics=metrics, dataset=info, healthy=lambda backend: range(len(values)))

    picture = drawn.ladder([rung("Signals, a line", 0.3, 0.4), rung("Signals, a net", 0.9, 0.9)])
    assert picture.title == "Signals, from top to bottom: 35 % → 90 %"
    assert "a net: mean 0.9" in picture.alt
