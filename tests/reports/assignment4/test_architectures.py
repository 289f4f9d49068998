from types import SimpleNamespace

import pandas as pd
import pytest

from layerwise import nn
from layerwise.pipeline.files import write_json
from layerwise.plots import to_svg
from layerwise.reporting.artifacts import Experiment
from layerwise.reports.assignment4.figures.architectures import (
    costs,
    costs_table,
    layers,
    multiply_adds,
    network,
    published,
    without_augmentation,
)

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


def test_lenet5_parameters_and_multiply_adds(tmp_path):
    """784 positions · 25 · 6, 100 positions · 25 · 6 · 16, and each dense weight once."""
    model = network(experiment(tmp_path, LENET5))
    assert model.count_params() == 61_706
    assert multiply_adds(model) == 784 * 150 + 100 * 2400 + 400 * 120 + 120 * 84 + 84 * 10


def test_multiply_adds_include_residual_blocks_and_conv1d():
    block = nn.Residual([nn.Conv2D(4, 3, strides=2, padding="same")], [nn.Conv2D(4, 1, strides=2)])
    assert multiply_adds(nn.Sequential([nn.Input((6, 6, 2)), block])) == 9 * (9 * 2 * 4 + 2 * 4)
    signal = nn.Sequential([nn.Input((10, 3)), nn.Conv1D(5, 4), nn.GlobalMaxPooling1D(), nn.Dense(2)])
    assert multiply_adds(signal) == 7 * 4 * 3 * 5 + 5 * 2


def test_multiply_adds_of_a_recurrent_layer_raise():
    with pytest.raises(ValueError, match=r"layers with a kernel must be Dense, Conv1D or Conv2D, got .*'lstm'"):
        multiply_adds(nn.Sequential([nn.Input((10, 3)), nn.LSTM(2)]))


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
    [row] = layers([experiment(tmp_path, model)]).to_dict("records")
    assert row["layers"] == "C4 → [C4 + x] → [C4/2 C4 + C4/2] → D10"
    assert row["with weights"] == 6


def test_transfer_augmentation_and_partial_datasets_are_left_out(tmp_path):
    fresh = experiment(tmp_path, LENET5)
    part = {"shape": [28, 28, 1], "classes": 5, "kind": "image", "preparation": {"keep_classes": [0, 1, 2, 3, 4]}}
    write_json(tmp_path / "data" / "half" / "dataset.json", part)
    others = [
        Experiment("half_net", {"dataset": "half", "model": LENET5}, tmp_path),
        experiment(tmp_path, LENET5, start={"experiment": "elsewhere"}),
        experiment(tmp_path, [{"layer": "RandomRotation", "factor": 0.1}, *LENET5]),
        experiment(tmp_path, [{"layer": "Application", "name": "ResNet50"}]),
    ]
    assert without_augmentation([fresh, *others]) == [fresh]


def test_the_table_of_costs_has_accuracy_operations_time_and_memory(tmp_path):
    net = experiment(tmp_path, LENET5, title="Digits, LeNet-5", backends=["numpy"], seeds=2)
    for seed, seconds in enumerate((4.0, 6.0)):
        provenance = {"backend": "numpy", "parameters": 61_706, "epochs": 2, "peak_memory_bytes": 5e7 + seed * 1e7}
        write_json(net.run("numpy", seed) / "provenance.json", provenance | {"seconds": {"fit": {"cpu": seconds}}})
    row = {"experiment": "digits_net", "backend": "numpy", "metric": "accuracy", "split": "test"}
    page = SimpleNamespace(summary=pd.DataFrame([row | {"mean": 0.97, "low": 0.95, "high": 1.01}]))
    [cost] = costs_table(page, [net]).to_dict("records")
    assert cost["network"] == "LeNet-5"
    assert (cost["seconds"], cost["memory"], cost["high"]) == (2.5, 60.0, 1.0)
    assert cost["multiply_adds"] == 416_520


def test_the_title_of_the_costs_names_the_most_accurate_and_the_smallest_network():
    common = {"low": 0.8, "high": 1.0, "seconds": 1.0, "memory": 60.0}
    wide = common | {"network": "wide", "parameters": 900, "multiply_adds": 2_000_000}
    small = common | {"network": "small", "parameters": 10, "multiply_adds": 5_000_000}
    rows = [
        wide | {"backend": "numpy", "mean": 0.94},
        wide | {"backend": "keras", "mean": 0.96},
        small | {"backend": "numpy", "mean": 0.9},
    ]
    picture = costs(pd.DataFrame(rows))
    assert picture.title == (
        "wide is the most accurate, 95.0% with 2 million multiply-adds; "
        "small, with the fewest parameters (10), reaches 90.0%"
    )
    assert "wide, Keras: accuracy 0.960, 900 parameters" in picture.alt
    assert to_svg(picture).startswith("<svg")


def test_the_table_of_published_datasets(page):
    row = published([page["cnn"]]).iloc[0]
    assert (row["network"], row["test accuracy"], row["training images"]) == ("a network", "90.00%", "4")
    assert (row["parameters"], row["CPU s/run"], row["epochs"]) == ("1,234", "7", 2)
