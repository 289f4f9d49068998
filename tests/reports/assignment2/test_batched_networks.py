"""Networks trained in parallel equal those that the estimator trains one by one."""

import numpy as np
import pytest

from layerwise.estimators import TwoLayerNetwork
from layerwise.reports.assignment2 import batched_networks
from layerwise.reports.assignment2.batched_networks import (
    activations,
    cross_entropy,
    gradients,
    output,
    probabilities,
    start,
    targets,
    trained,
)


@pytest.mark.parametrize("data", ["moons", "three"])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_a_stack_of_networks_equals_the_estimator(data, activation, request):
    [splits] = request.getfixturevalue(data).values()
    x, y = splits["train"]
    classes = int(y.max()) + 1
    t = targets(y, classes)
    parameters = start([x.shape[1], 5, t.shape[-1]], "glorot", [3, 4])
    settings = {"activation": activation, "learning_rate": 0.2, "l2": 0.001}
    stack = probabilities(trained(parameters, x, t, 30, **settings), x, activation)
    for i, seed in enumerate([3, 4]):
        one = TwoLayerNetwork(5, epochs=30, random_state=seed, initialization="glorot", **settings).fit(x, y)
        p = one.predict_proba(x)
        assert np.allclose(stack[i], p[:, 1] if classes == 2 else p, atol=2e-4)


def test_each_network_may_have_its_own_examples(moons):
    x, y = moons["moons"]["train"]
    t = targets(y, 2)
    both = np.stack([x[:30], x[30:]]), np.stack([t[:30], t[30:]])
    together = trained(start([2, 4, 1], "he", [0, 1]), *both, 20)
    for i in range(2):
        alone = trained(start([2, 4, 1], "he", [i]), both[0][i], both[1][i], 20)
        for a, b in zip(together, alone):
            assert np.allclose(a[i], b[0], atol=1e-5)


def test_networks_trained_in_groups_equal_those_trained_all_at_once(moons, monkeypatch):
    x, y = moons["moons"]["train"]
    first, t = start([2, 4, 1], "he", range(5)), targets(y, 2)
    at_once = trained(first, x, t, 10)
    monkeypatch.setattr(batched_networks, "CACHED", 2 * len(x) * 4)  # groups of 2, 2 and 1 networks
    for a, b in zip(at_once, trained(first, x, t, 10)):
        assert np.array_equal(a, b)


def test_mini_batches_take_every_example_once_per_epoch_with_the_steps_of_full_batches(moons):
    x, y = moons["moons"]["train"]
    first, t = start([2, 4, 1], "he", [0]), targets(y, 2)
    order = np.random.default_rng(0).permutation(len(x))
    half = len(x) // 2
    expected = first
    for rows in (order[:half], order[half:]):
        expected = trained(expected, x[rows], t[rows], 1, momentum=0.0)
    for a, b in zip(trained(first, x, t, 1, momentum=0.0, batch_size=half), expected):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("sizes", [[3, 4, 1], [3, 5, 4, 3]])
def test_gradients_equal_finite_differences(sizes):
    rng = np.random.default_rng(0)
    parameters = [p.astype(np.float64) for p in start(sizes, "he", [1, 2])]
    x = rng.normal(size=(6, 3))
    t = targets(rng.integers(max(2, sizes[-1]), size=6), max(2, sizes[-1])).astype(np.float64)

    def losses():
        return cross_entropy(activations(parameters, x)[-1], t)

    layers = activations(parameters, x)
    gradient, _ = gradients(parameters, layers, (output(layers[-1]) - t) / 6, "tanh")
    for parameter, slope in zip(parameters, gradient):
        for index in np.ndindex(parameter.shape):
            value = parameter[index]
            parameter[index] = value + 1e-6
            above = losses()
            parameter[index] = value - 1e-6
            below = losses()
            parameter[index] = value
            assert abs((above - below)[index[0]] / 2e-6 - slope[index]) < 1e-7


def test_networks_stay_in_float32(moons):
    x, y = moons["moons"]["train"]
    parameters = trained(start([2, 4, 1], "large", [0]), x, targets(y, 2), 3, l2=0.1)
    assert {p.dtype for p in parameters} == {np.dtype(np.float32)}
