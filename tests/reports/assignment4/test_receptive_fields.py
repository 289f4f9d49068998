import json

import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise import nn
from layerwise.reporting.artifacts import Report
from layerwise.reports.assignment4.figures.receptive_fields import bottleneck, draw, table
from layerwise.reports.assignment4.studies.receptive_fields import central_gradient, extent, receptive_field, run
from layerwise.reports.trained import Trained

MODEL = [
    {"layer": "Conv2D", "filters": 2, "kernel_size": 3, "padding": "same"},
    {"layer": "MaxPooling2D", "pool_size": 2},
    {"layer": "Conv2D", "filters": 2, "kernel_size": 3, "padding": "same"},
    {"layer": "Flatten"},
    {"layer": "Dense", "units": "classes"},
]


def layers():
    return [
        nn.Conv2D(2, 3, padding="same"),
        nn.MaxPooling2D(2),
        nn.Conv2D(2, 3, padding="same"),
        nn.Flatten(),
        nn.Dense(3),
    ]


@pytest.fixture
def runs(images, tmp_path):
    model = nn.Sequential([nn.Input((12, 12, 1)), *layers()], seed=0)
    folder = tmp_path / "runs" / "cnn" / "numpy" / "seed-0"
    folder.mkdir(parents=True)
    model.save(folder / "model.npz")
    return {"cnn/numpy": Trained((folder,), {}, {})}


def test_the_study_is_reproducible_and_drawn(images, runs, tmp_path):
    arrays = run(images, runs)
    check_same(arrays, run(images, runs))
    assert arrays["field.cnn"].tolist() == [3, 4, 8]
    assert arrays["jump.cnn"].tolist() == [1, 2, 2]
    assert arrays["measured.cnn"].tolist() == [3, 4, 8]
    study = stored(tmp_path, arrays, {"shapes": images["shapes"]})
    info = study.dataset.info | {"classes": 3}
    (tmp_path / "data/shapes/dataset.json").write_text(json.dumps(info))
    page = Report("assignment4", {"cnn": {"dataset": "shapes", "model": MODEL, "title": "Shapes, a CNN"}}, tmp_path)
    check_pictures([draw(page, study, "cnn")])
    assert list(table(page, study)["layer"]) == ["C2", "P", "C2"]


@pytest.mark.parametrize(
    "stack",
    [
        [nn.Conv2D(2, 5), nn.Conv2D(2, 3, strides=2)],
        [nn.Conv2D(2, 3, strides=2, padding="same"), nn.AveragePooling2D(2), nn.Conv2D(2, 3, padding="same")],
        [nn.Conv2D(2, 1), nn.Conv2D(2, 3, strides=3)],
        [nn.Residual([nn.Conv2D(2, 3, padding="same"), nn.Conv2D(2, 3, padding="same")], [nn.Conv2D(2, 1)])],
    ],
)
def test_the_formula_agrees_with_the_gradient(stack):
    model = nn.Sequential([nn.Input((40, 40, 1)), *stack], seed=0)
    x = np.random.default_rng(0).normal(size=(3, 40, 40, 1)).astype(np.float32)
    assert extent(central_gradient(model.layers, x)) == receptive_field(model.layers)[0]


def test_the_bottleneck_has_the_parameters_of_the_paper():
    assert list(bottleneck()["parameters"]) == [f"{2 * 9 * 256**2:,}", f"{2 * 256 * 64 + 9 * 64**2:,}"]
