import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.autograd import topological_order
from layerwise.reports.assignment2.figures.autograd import draw
from layerwise.reports.assignment2.studies.autograd import NODES, neuron, run


@pytest.fixture
def arrays(moons):
    return run(moons, hidden=3, examples=4, seeds=3)


def test_the_study_is_reproducible_and_drawn(arrays, moons, tmp_path):
    check_same(arrays, run(moons, hidden=3, examples=4, seeds=3))
    check_pictures([draw(stored(tmp_path, arrays, moons))])


def test_the_graph_of_the_neuron_is_complete_and_its_gradients_follow_the_chain_rule():
    nodes = neuron()
    assert set(nodes) == set(topological_order(nodes[-1])) and len(nodes) == len(NODES)
    value = {name: node.data for name, node in zip(NODES, nodes)}
    gradient = {name: node.grad for name, node in zip(NODES, nodes)}
    assert gradient["d = h − y"] == 2 * value["d = h − y"]
    slope = 1 - value["h = tanh z"] ** 2
    assert gradient["w₂"] == pytest.approx(2 * value["d = h − y"] * slope * value["x₂"])


def test_gradients_of_an_mlp_equal_those_of_the_framework(arrays):
    assert arrays["gradient_gap"].max() < 1e-14
    assert arrays["loss_gap"].max() < 1e-14
    assert np.abs(arrays["gradient"]).min() > 0
