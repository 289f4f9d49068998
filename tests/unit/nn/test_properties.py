"""Property-based tests of random models: random stacks of layers on random shapes (hypothesis)."""

import copy

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from layerwise import nn
from layerwise.nn import saving

SIZES = st.integers(1, 3)
SMOOTH = st.sampled_from(["linear", "tanh", "sigmoid", "softplus", "gelu", "elu", "relu"])


@st.composite
def layers_for(draw, shape):
    """Draw a randomly configured layer that accepts inputs of ``shape`` (batch first)."""
    units = draw(SIZES)
    general = [
        lambda: nn.Dense(units, draw(SMOOTH), use_bias=draw(st.booleans())),
        lambda: nn.Activation(draw(SMOOTH)),
        lambda: nn.BatchNormalization(center=draw(st.booleans()), scale=draw(st.booleans()), epsilon=0.1),
        lambda: nn.LayerNormalization(center=draw(st.booleans()), scale=draw(st.booleans()), epsilon=0.1),
        lambda: nn.Dropout(draw(st.sampled_from([0.0, 0.25, 0.6]))),
        lambda: nn.GaussianNoise(draw(st.sampled_from([0.0, 0.5]))),
        lambda: nn.Flatten(),
        lambda: nn.Reshape((-1, shape[-1])),
        lambda: nn.Residual([nn.Dense(units, "tanh"), nn.Dense(shape[-1])]),
        lambda: nn.Residual([nn.Dense(units)], [nn.Dense(units, "tanh", use_bias=False)]),
        lambda: nn.Parallel([[nn.Dense(units, "tanh")], [nn.LayerNormalization(epsilon=0.1)], []]),
    ]
    padding = draw(st.sampled_from(["valid", "same"]))
    series = [
        lambda: nn.Conv1D(units, draw(SIZES), draw(SIZES), padding, activation=draw(SMOOTH)),
        lambda: nn.Conv1D(units, 2, padding="causal", dilation_rate=draw(SIZES)),
        lambda: nn.MaxPooling1D(draw(SIZES), draw(SIZES), padding),
        lambda: nn.AveragePooling1D(draw(SIZES), draw(SIZES), padding),
        lambda: nn.GlobalAveragePooling1D(keepdims=draw(st.booleans())),
        lambda: nn.GlobalMaxPooling1D(),
        lambda: nn.SimpleRNN(units, return_sequences=draw(st.booleans())),
        lambda: nn.LSTM(units, return_sequences=draw(st.booleans())),
        lambda: nn.GRU(units, reset_after=draw(st.booleans()), return_sequences=draw(st.booleans())),
        lambda: nn.Bidirectional(nn.SimpleRNN(units), draw(st.sampled_from(["concat", "sum", "mul", "ave"]))),
    ]
    images = [
        lambda: nn.Conv2D(units, (draw(SIZES), draw(SIZES)), (draw(SIZES), 1), padding, activation=draw(SMOOTH)),
        lambda: nn.Conv2D(units, 2, padding=padding, dilation_rate=draw(SIZES), use_bias=False),
        lambda: nn.MaxPooling2D((draw(SIZES), draw(SIZES)), draw(SIZES), padding),
        lambda: nn.AveragePooling2D((draw(SIZES), draw(SIZES)), draw(SIZES), padding),
        lambda: nn.GlobalAveragePooling2D(),
        lambda: nn.GlobalMaxPooling2D(keepdims=draw(st.booleans())),
        lambda: nn.ZeroPadding2D((draw(SIZES), (0, draw(SIZES)))),
    ]
    return draw(st.sampled_from(general + {3: series, 4: images}.get(len(shape), [])))()


@st.composite
def stacks(draw):
    """Draw (layers, shape of one example): one to four layers that can be stacked."""
    example = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    shape, layers = (None, *example), []
    for _ in range(draw(st.integers(1, 4))):
        layer = draw(layers_for(shape))
        try:
            layer.build(shape)
            output_shape = layer.compute_output_shape(shape)
        except ValueError:  # a window larger than the input
            assume(False)
        shape = output_shape
        layers.append(nn.Layer.get(layer.serialize() | {"config": layer.get_config() | {"name": None}}))
    return layers, example


def examples(example, count=3, dtype="float64"):
    return np.random.default_rng(3).standard_normal((count, *example)).astype(dtype)


@given(stacks())
@settings(max_examples=150, deadline=None)
def test_gradients_of_random_models_match_finite_differences(stack):
    layers, example = stack
    model = nn.Sequential([nn.Input(example), *layers], seed=0)
    for weight in model.weights:
        weight += 0.1
    model.compile("sgd", "mse")
    x = examples(example)
    targets = np.random.default_rng(4).standard_normal((3, *model.output_shape[1:]))
    report = nn.check_gradients(model, x, targets, samples=4, verbose=False)
    assert report.ok, f"{[layer.serialize() for layer in layers]}\n{report}"


@given(stacks(), st.sampled_from(["float32", "float64"]))
@settings(max_examples=100, deadline=None)
def test_random_models_have_the_declared_shape_and_dtype_and_can_be_copied(stack, dtype):
    layers, example = stack
    model = nn.Sequential([nn.Input(example), *layers], seed=0, dtype=dtype)
    for count in (1, 3):
        x = examples(example, count, dtype)
        y = model.forward(x, training=True)
        assert y.shape == (count, *model.output_shape[1:]) and y.dtype == dtype
        assert model.backward(np.ones_like(y), input_gradient=True).dtype == dtype
        assert {weight.dtype for weight in model.weights} <= {np.dtype(dtype)}
    clone = copy.deepcopy(model)
    np.testing.assert_array_equal(clone.predict(x), model.predict(x))
    assert saving.pack(clone)["model"].tobytes() == saving.pack(model)["model"].tobytes()


@given(stacks())
@settings(max_examples=60, deadline=None)
def test_predictions_of_random_models_are_independent_per_example(stack):
    """In inference mode, examples are independent: results do not depend on how they are split into batches."""
    layers, example = stack
    model = nn.Sequential([nn.Input(example), *layers], seed=0, dtype="float64")
    x = examples(example, 5)
    whole = model.predict(x, batch_size=5)
    np.testing.assert_allclose(model.predict(x, batch_size=2), whole, rtol=1e-12, atol=1e-12)
    assert model.predict(x[:0]).shape == (0, *whole.shape[1:])


LOSSES = [
    nn.MeanSquaredError,
    nn.MeanAbsoluteError,
    nn.Huber,
    nn.Hinge,
    lambda: nn.BinaryCrossentropy(from_logits=True),
    lambda: nn.CategoricalCrossentropy(from_logits=True),
]


@pytest.mark.parametrize("make", LOSSES)
@given(shape=st.lists(st.integers(1, 4), min_size=2, max_size=4), scale=st.sampled_from([1e-3, 1.0, 30.0]))
@settings(max_examples=25, deadline=None)
def test_loss_gradients_match_directional_differences(make, shape, scale):
    rng = np.random.default_rng(0)
    y, direction = scale * rng.standard_normal(shape), rng.standard_normal(shape)
    loss = make()
    targets = loss.prepare(rng.integers(0, 2, shape).astype(float), tuple(shape), "float64")
    step = 1e-6
    above, below = (loss.value_and_gradient(targets, y + sign * step * direction)[0] for sign in (1, -1))
    _, gradient = loss.value_and_gradient(targets, y)
    slope = (above - below) / (2 * step)
    assert np.vdot(gradient, direction) == pytest.approx(slope, rel=1e-5, abs=1e-7 * max(1, scale))
