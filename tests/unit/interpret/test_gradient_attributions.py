"""Gradient-based attributions, compared with finite differences and known results."""

import numpy as np
import pytest

from layerwise import interpret, nn


def model(*layers, shape, seed=0, dtype="float64"):
    """Return a built network with nonzero biases, so that no ReLU is evaluated at its kink."""
    sequential = nn.Sequential([nn.Input(shape), *layers], seed=seed, dtype=dtype)
    rng = np.random.default_rng(seed + 1)
    weights = [w + 0.1 * rng.uniform(0.5, 1, w.shape).astype(dtype) for w in sequential.get_weights()]
    sequential.set_weights(weights)
    return sequential


def images(n=3, size=8, seed=0):
    return np.random.default_rng(seed).normal(size=(n, size, size, 1))


def network():
    return model(nn.Conv2D(3, 3, activation="relu"), nn.MaxPooling2D(2), nn.Flatten(), nn.Dense(4), shape=(8, 8, 1))


def linear(seed=0):
    return model(nn.Dense(3), shape=(5,), seed=seed)


def words():
    return model(
        nn.Embedding(9, 4), nn.Conv1D(3, 2, activation="relu"), nn.GlobalMaxPooling1D(), nn.Dense(1), shape=(6,)
    )


NETWORKS = {
    "dense": (lambda: model(nn.Dense(6, activation="tanh"), nn.Dense(3), shape=(5,)), (4, 5)),
    "one output": (lambda: model(nn.Dense(6, activation="relu"), nn.Dense(1), shape=(5,)), (4, 5)),
    "images": (network, (3, 8, 8, 1)),
    "batch normalization": (
        lambda: model(nn.Conv2D(3, 3), nn.BatchNormalization(), nn.ReLU(), nn.Flatten(), nn.Dense(3), shape=(6, 6, 2)),
        (2, 6, 6, 2),
    ),
    "residual": (
        lambda: model(nn.Residual([nn.Dense(5, activation="tanh"), nn.Dense(5)]), nn.Dense(3), shape=(5,)),
        (4, 5),
    ),
    "series": (lambda: model(nn.LSTM(4), nn.Dropout(0.5), nn.Dense(3), shape=(6, 2)), (3, 6, 2)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_match_finite_differences(name):
    make, shape = NETWORKS[name]
    net = make()
    x = np.random.default_rng(2).normal(size=shape)
    probe = interpret.probe(net)
    classes = np.arange(len(x)) % max(2, net.output_shape[-1])
    saliency = interpret.saliency(net, x, classes)
    slopes = np.empty_like(x)
    for index in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[index] += 1e-6
        below[index] -= 1e-6
        slopes[index] = (probe.score(above, classes) - probe.score(below, classes))[index[0]] / 2e-6
    np.testing.assert_allclose(saliency, slopes, rtol=1e-5, atol=1e-8)


def test_the_predicted_class_is_the_default_and_one_class_applies_to_all():
    net, x = network(), images()
    predicted = net.predict(x).argmax(axis=1)
    assert np.array_equal(interpret.saliency(net, x), interpret.saliency(net, x, predicted))
    assert np.array_equal(interpret.saliency(net, x, 2), interpret.saliency(net, x, np.full(3, 2)))


def test_a_single_output_has_two_classes():
    net = NETWORKS["one output"][0]()
    x = np.random.default_rng(0).normal(size=(4, 5))
    assert np.array_equal(interpret.saliency(net, x, 0), -interpret.saliency(net, x, 1))
    predicted = (net.predict(x)[:, 0] > 0).astype(int)
    assert np.array_equal(interpret.saliency(net, x), interpret.saliency(net, x, predicted))


def test_attributions_of_a_linear_model_are_its_weights():
    net, x = linear(), np.random.default_rng(1).normal(size=(4, 5))
    kernel = net.get_weights()[0][:, 1]
    np.testing.assert_allclose(interpret.saliency(net, x, 1), np.tile(kernel, (4, 1)))
    for method in (interpret.gradient_times_input, interpret.integrated_gradients):
        np.testing.assert_allclose(method(net, x, 1), x * kernel)
    np.testing.assert_allclose(interpret.smooth_gradient(net, x, 1, samples=3), np.tile(kernel, (4, 1)))
    np.testing.assert_allclose(interpret.guided_backpropagation(net, x, 1), np.tile(kernel, (4, 1)))
    assert interpret.completeness(net, x, x * kernel, 1).max() < 1e-12


def test_completeness_of_integrated_gradients_improves_with_more_steps():
    net, x = network(), images()
    baseline = np.full((8, 8, 1), 0.1)
    errors = []
    for steps in (2, 400):
        attributions = interpret.integrated_gradients(net, x, baseline=baseline, steps=steps)
        errors.append(interpret.completeness(net, x, attributions, baseline=baseline).max())
    assert errors[1] < 0.001 < 0.01 < errors[0]


def test_smooth_gradient_without_noise_is_the_gradient_and_noise_depends_on_the_seed():
    net, x = network(), images()
    np.testing.assert_allclose(interpret.smooth_gradient(net, x, noise=0, samples=2), interpret.saliency(net, x))
    first, repeated, other = (interpret.smooth_gradient(net, x, samples=2, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first, repeated) and not np.allclose(first, other)


def test_words_are_attributed_at_the_embedding():
    net = words()
    x = np.random.default_rng(0).integers(9, size=(5, 6))
    attributions = interpret.integrated_gradients(net, x, layer="embedding", steps=300)
    assert attributions.shape == (5, 6, 4)
    assert interpret.completeness(net, x, attributions, layer="embedding").max() < 0.01
    assert interpret.grad_cam(net, x).shape == (5, 6)


def test_guided_backpropagation_blocks_negative_gradients_at_each_relu():
    net = nn.Sequential([nn.Input((1,)), nn.Dense(2, activation="relu"), nn.Dense(1)])
    net.set_weights([np.array([[2.0, 3.0]]), np.zeros(2), np.array([[5.0], [-7.0]]), np.zeros(1)])
    x = np.array([[1.0]])
    assert interpret.saliency(net, x, 1)[0, 0] == 2 * 5 - 3 * 7
    assert interpret.guided_backpropagation(net, x, 1)[0, 0] == 2 * 5  # the second unit's gradient is negative
    assert interpret.guided_backpropagation(net, -x, 1)[0, 0] == 0  # both units are inactive
    assert interpret.saliency(net, x, 1)[0, 0] == 2 * 5 - 3 * 7  # the model itself is not modified


def test_attribution_does_not_modify_weights_or_affect_training():
    net, x = network(), images()
    net.compile("sgd", nn.SparseCategoricalCrossentropy(from_logits=True))
    before = net.get_weights()
    interpret.integrated_gradients(net, x, steps=2)
    interpret.guided_backpropagation(net, x)
    assert all(np.array_equal(a, b) for a, b in zip(before, net.get_weights()))
    untouched = network()
    untouched.compile("sgd", nn.SparseCategoricalCrossentropy(from_logits=True))
    for each in (net, untouched):
        each.fit(x, np.array([0, 1, 2]), epochs=2, shuffle=False, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(net.get_weights(), untouched.get_weights()))


@pytest.mark.parametrize("axes", [1, 2])
def test_grad_cam_with_global_average_pooling_equals_the_class_activation_map(axes):
    shape, conv, pool = [
        ((8, 1), nn.Conv1D(3, 3, activation="relu", name="conv"), nn.GlobalAveragePooling1D()),
        ((8, 8, 1), nn.Conv2D(3, 3, activation="relu", name="conv"), nn.GlobalAveragePooling2D()),
    ][axes - 1]
    net = model(conv, pool, nn.Dense(4), shape=shape)
    x = np.random.default_rng(0).normal(size=(3, *shape))
    maps = interpret.probe(net).split("conv")[0].outputs(x)
    expected = np.maximum(maps @ net.get_weights()[2][:, 1], 0) / 6**axes
    np.testing.assert_allclose(interpret.grad_cam(net, x, 1, upsample=False), expected)
    upsampled = interpret.grad_cam(net, x, 1)
    assert upsampled.shape == x.shape[:-1]
    assert expected.min() <= upsampled.min() and upsampled.max() <= expected.max() + 1e-12


def test_hires_cam_equals_grad_cam_before_global_average_pooling_and_keeps_positions_before_a_dense_layer():
    net = model(nn.Conv2D(3, 3, activation="relu"), nn.GlobalAveragePooling2D(), nn.Dense(4), shape=(8, 8, 1))
    x = np.random.default_rng(0).normal(size=(3, 8, 8, 1))
    np.testing.assert_allclose(interpret.hires_cam(net, x, 1), interpret.grad_cam(net, x, 1), atol=1e-12)

    # By hand: one feature map, the identity, and a dense layer with the weights 1, -1, 0, 0 of its four positions.
    net = model(nn.Conv1D(1, 1, name="conv"), nn.Flatten(), nn.Dense(1), shape=(4, 1))
    net.set_weights([np.ones((1, 1, 1)), np.zeros(1), np.array([[1.0], [-1.0], [0.0], [0.0]]), np.zeros(1)])
    x = np.array([[[2.0], [-3.0], [5.0], [7.0]]])
    assert interpret.hires_cam(net, x, 1).tolist() == [[2, 3, 0, 0]]  # gradient times map at each position
    assert interpret.grad_cam(net, x, 1).tolist() == [[0, 0, 0, 0]]  # the mean gradient is zero


def test_split_parts_compose_to_the_model():
    net, x = network(), images()
    for name in interpret.probe(net).names:
        head, tail = interpret.probe(net).split(name)
        np.testing.assert_allclose(tail.outputs(head.outputs(x)), net.predict(x))


INVALID = {
    "an unknown layer lists the layers": (
        lambda: interpret.saliency(network(), images(), layer="conv"),
        r"no layer 'conv'; layer must be one of 'conv2d', 'max_pooling2d', 'flatten', 'dense'",
    ),
    "no convolution": (
        lambda: interpret.grad_cam(linear(), np.ones((1, 5))),
        r"grad_cam: layer must be given for model .* has no convolution",
    ),
    "no positions": (
        lambda: interpret.grad_cam(network(), images(), layer="flatten"),
        r"layer 'flatten' must have shape \(n, rows, columns, maps\) .*got \(3, 27\)",
    ),
    "another shape": (
        lambda: interpret.saliency(network(), np.ones((2, 8, 8))),
        r"x must have shape \(n, 8, 8, 1\), n ≥ 1, .*got \(2, 8, 8\)",
    ),
    "no examples": (lambda: interpret.saliency(network(), images()[:0]), r"n ≥ 1, .*got \(0, 8, 8, 1\)"),
    "an unknown class": (
        lambda: interpret.saliency(network(), images(), 4),
        r"target must be a class from 0 to 3, got 4 to 4",
    ),
    "too few classes": (
        lambda: interpret.saliency(network(), images(), [0, 1]),
        r"one class for each of 3 examples, got .* shape \(2,\)",
    ),
    "words without a layer": (
        lambda: interpret.saliency(words(), np.ones((2, 6), int)),
        r"integer inputs of an Embedding have no gradient; .* layer='embedding'",
    ),
    "a baseline that does not fit": (
        lambda: interpret.integrated_gradients(network(), images(), baseline=np.ones(3)),
        r"baseline must broadcast to the input's shape \(3, 8, 8, 1\), got shape \(3,\)",
    ),
    "not a model": (lambda: interpret.saliency([], images()), r"model must be a layerwise.nn.Sequential .*got list"),
    "not built": (lambda: interpret.saliency(nn.Sequential([nn.Dense(1)]), np.ones((1, 2))), r"is not built"),
}


@pytest.mark.parametrize("case", INVALID)
def test_error_message(case):
    call, message = INVALID[case]
    with pytest.raises(ValueError, match=message):
        call()
