import numpy as np
from studies import check_pictures, check_same, stored

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.assignment5.figures.running_statistics import draw
from layerwise.reports.assignment5.studies.running_statistics import run, with_batch
from layerwise.reports.inputs import only

QUICK = {"width": 5, "examples": 50, "steps": 4, "every": 2, "batch_size": 25, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(pictures, tmp_path):
    arrays = run(pictures, **QUICK)
    check_same(arrays, run(pictures, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, pictures, arguments=QUICK)))


def test_batch_statistics_do_not_update_the_running_ones(pictures):
    x, y = only(pictures, np.float32)["train"]
    model = training_kit.train(training_kit.layers([5], 10, norm="batch"), (x, y), 0, nn.Adam(0.01), 1, 40)
    before = [value.copy() for value in model.get_weights()]
    with_batch(model, x)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))
