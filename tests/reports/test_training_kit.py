import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.inputs import only


def test_a_diverged_network_has_an_accuracy_of_zero(three):
    x, y = only(three, np.float32)["train"]
    model = training_kit.train(training_kit.layers([5, 5], 3), (x, y), 0, nn.SGD(1e30), 3, 20)
    assert training_kit.accuracy(training_kit.logits(model, x), y) == 0
