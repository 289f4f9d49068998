import numpy as np
import pytest

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.assignment5 import batched_networks
from layerwise.reports.assignment5.batched_networks import GROUP, Setting
from layerwise.reports.inputs import only

TRAINING = {"units": [8, 6], "examples": 60, "steps": 20, "batch_size": 20}


def reference(splits, setting, norm, optimizer):
    """Return the logits of the same network trained by `nn`."""
    x, y = splits["train"]
    order = batched_networks.order(len(y), setting.seed, *(TRAINING[k] for k in ("examples", "steps", "batch_size")))
    penalty = nn.L1L2(setting.l1, setting.l2)
    stack = training_kit.layers(TRAINING["units"], 10, norm=norm, regularizer=penalty)
    start = training_kit.classifier(training_kit.layers(TRAINING["units"], 10), [64], setting.seed).get_weights()[::2]
    rate = nn.CosineDecay(setting.learning_rate, TRAINING["steps"])
    loss = nn.CategoricalCrossentropy(from_logits=True, label_smoothing=setting.label_smoothing)
    model = training_kit.classifier(stack, [64], 0, {"adam": nn.Adam, "sgd": nn.SGD}[optimizer](rate), loss)
    for layer, kernel in zip([layer for layer in model.layers if "kernel" in layer.params], start):
        layer.params["kernel"][...] = kernel
    model.fit(x[order], np.eye(10, dtype=np.float32)[y[order]], batch_size=20, shuffle=False, verbose=0)
    return training_kit.logits(model, splits["validation"][0])


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("norm", [None, "batch", "layer"])
def test_networks_trained_together_equal_those_of_nn(pictures, norm, optimizer):
    splits = only(pictures, np.float32)
    settings = [Setting(0, 0.01), Setting(1, 0.02, l1=1e-3, l2=1e-2), Setting(1, 0.01, label_smoothing=0.2)]
    settings *= 1 + GROUP // 3  # more than one group
    logits = batched_networks.train(splits, settings, norm=norm, optimizer=optimizer, **TRAINING).logits["validation"]
    for setting, z in zip(settings[-3:], logits[-3:]):
        np.testing.assert_allclose(z, reference(splits, setting, norm, optimizer), rtol=1e-3, atol=1e-3)


def test_weight_decay_subtracts_a_share_of_each_kernel(pictures):
    splits = only(pictures, np.float32)
    once = {**TRAINING, "steps": 1}
    start = batched_networks.Networks([Setting(0, 0.1)], [64, 8, 6, 10]).weights
    plain, decayed = batched_networks.train(
        splits, [Setting(0, 0.1), Setting(0, 0.1, weight_decay=0.3)], **once
    ).weights
    np.testing.assert_allclose(plain - decayed, 0.1 * 0.3 * start[0, : len(plain)], atol=1e-6)


def test_dropout_drops_the_given_share_and_keeps_the_expectation():
    x = np.random.default_rng(0).random((4000, 5)).astype(np.float32)
    networks = batched_networks.Networks([Setting(0, 0.1, dropout=0.25), Setting(0, 0.1)], [5, 30, 2])
    plain = networks.forward(x)
    means = networks.forward(x, training=True).mean(axis=1)
    kept = networks.cache[0][3][networks.cache[0][3].nonzero()]
    np.testing.assert_allclose(means, plain.mean(axis=1), atol=0.03)
    assert np.isin(kept, np.float32([1, 1 / 0.75])).all()
    assert not np.array_equal(plain[0], networks.forward(x, training=True)[0])
    assert np.array_equal(plain[1], networks.forward(x, training=True)[1])


def test_the_gradient_of_group_normalization_agrees_with_finite_differences():
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(1, 6, 5)).astype(np.float32), np.eye(3, dtype=np.float32)[[[0, 1, 2, 0, 1, 2]]]
    networks = batched_networks.Networks([Setting(0, 0.1)], [5, 8, 3], "group", groups=2)
    networks.loss_and_gradient(x, t)
    gradient = networks.gradient.copy()
    for j in rng.integers(0, networks.weights.shape[1], 20):
        losses = []
        for step in (1e-2, -2e-2):
            networks.weights[0, j] += step
            losses.append(float(networks.loss_and_gradient(x, t)[0]))
        networks.weights[0, j] += 1e-2
        assert (losses[0] - losses[1]) / 2e-2 == pytest.approx(gradient[0, j], abs=2e-3)


def test_a_network_does_not_depend_on_the_others(pictures):
    splits = only(pictures, np.float32)
    settings = [Setting(seed, 0.01, dropout=0.3) for seed in range(GROUP + 1)]
    together = batched_networks.train(splits, settings, **TRAINING).logits["validation"]
    alone = batched_networks.train(splits, settings[-1:], **TRAINING).logits["validation"]
    np.testing.assert_allclose(together[-1:], alone, rtol=1e-4, atol=1e-4)
