import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment3.figures.dead_units import draw
from layerwise.reports.assignment3.shared import network
from layerwise.reports.assignment3.studies.dead_units import dead_share, run

QUICK = {"rates": [0.1, 100.0], "hidden": [8], "epochs": 3, "seeds": 2}


@pytest.fixture(scope="module")
def arrays(digits):
    return run(digits, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, digits, tmp_path):
    check_same(arrays, run(digits, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, digits, arguments=QUICK)))


def test_units_that_are_inactive_on_every_example_are_dead(arrays):
    x, y = np.random.default_rng(0).uniform(size=(9, 4)).astype(np.float32), np.arange(9) % 3
    model = network(x, y, [8, 2], 0)
    for layer, bias in zip(model.layers, (1e3, 1e6)):
        layer.params["bias"][...] = bias
    assert dead_share(model, x) == 0
    model.layers[0].params["bias"][:5] = -1e3
    assert dead_share(model, x) == 0.5  # 5 of 10
    assert np.array_equal(arrays["dead"][:, 1], arrays["dead.100.0"])
