"""SimpleRNN, LSTM, GRU and Bidirectional, compared with plain loops and finite differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise import nn

LAYERS = {
    "rnn": nn.SimpleRNN,
    "lstm": nn.LSTM,
    "gru": nn.GRU,
    "gru_before": lambda *args, **kwargs: nn.GRU(*args, reset_after=False, **kwargs),
}
SHAPES = [(3, 5, 2), (1, 1, 1), (2, 7, 3), (0, 4, 2), (3, 0, 2)]  # (batch, steps, features)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def loops(kind, x, kernel, recurrent, bias, activation=np.tanh, gate=sigmoid):
    """Return all states by the equations of the papers, for one example and one gate at a time."""
    units = len(recurrent)
    order = {"rnn": "h", "lstm": "ifgo", "gru": "zrg", "gru_before": "zrg"}[kind]
    part = {name: slice(k * units, (k + 1) * units) for k, name in enumerate(order)}
    inner = bias[0] if kind == "gru" else bias
    outer = bias[1] if kind == "gru" else np.zeros_like(inner)
    states = np.zeros((len(x), x.shape[1], units))
    for n, example in enumerate(x):
        h, c = np.zeros(units), np.zeros(units)
        for t, value in enumerate(example):

            def at(name, value=value):
                return value @ kernel[:, part[name]] + inner[part[name]]

            def through(name, h):
                return h @ recurrent[:, part[name]] + outer[part[name]]

            if kind == "rnn":
                h = activation(at("h") + through("h", h))
            elif kind == "lstm":
                i, f, o = (gate(at(name) + through(name, h)) for name in "ifo")
                c = f * c + i * activation(at("g") + through("g", h))
                h = o * activation(c)
            else:
                z, r = (gate(at(name) + through(name, h)) for name in "zr")
                product = r * through("g", h) if kind == "gru" else through("g", r * h)
                h = z * h + (1 - z) * activation(at("g") + product)
            states[n, t] = h
    return states


def weights_of(layer, x, scale=0.7):
    """Build the layer, set large random weights (including biases) and return them."""
    layer.build((None, *x.shape[1:]))
    rng = np.random.default_rng(1)
    layer.set_weights([scale * rng.standard_normal(weight.shape) for weight in layer.weights])
    return layer.get_weights()


def inputs(shape, dtype="float64"):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", LAYERS)
def test_forward_matches_the_definition(kind, shape):
    x = inputs(shape)
    layer = LAYERS[kind](4, return_sequences=True, dtype="float64")
    weights = weights_of(layer, x)
    states = loops(kind, x, *weights)
    np.testing.assert_allclose(layer.forward(x), states, rtol=0, atol=1e-14)
    last = LAYERS[kind](4, dtype="float64")
    last.build((None, *shape[1:]))
    last.set_weights(weights)
    expected = states[:, -1] if shape[1] else np.zeros((shape[0], 4))
    np.testing.assert_allclose(last.forward(x), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("kind", LAYERS)
def test_without_bias_equals_zero_bias(kind):
    x = inputs((2, 4, 3))
    without_bias, with_bias = LAYERS[kind](3, use_bias=False, dtype="float64"), LAYERS[kind](3, dtype="float64")
    kernel, recurrent = weights_of(without_bias, x)
    with_bias.build((None, 4, 3))
    with_bias.set_weights([kernel, recurrent, np.zeros_like(with_bias.weights[2])])
    np.testing.assert_array_equal(without_bias.forward(x), with_bias.forward(x))


@pytest.mark.parametrize("kind", LAYERS)
def test_go_backwards_reads_the_reversed_sequence(kind):
    x = inputs((2, 5, 3))
    forward, backward = (
        LAYERS[kind](3, go_backwards=go_backwards, return_sequences=True, dtype="float64")
        for go_backwards in (False, True)
    )
    backward.build((None, 5, 3))
    backward.set_weights(weights_of(forward, x))
    np.testing.assert_array_equal(backward.forward(x), forward.forward(x[:, ::-1]))


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("go_backwards", [True, False])
@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_match_finite_differences(kind, go_backwards, return_sequences, use_bias):
    x = inputs((2, 4, 3))
    layer = LAYERS[kind](
        3, go_backwards=go_backwards, return_sequences=return_sequences, use_bias=use_bias, dtype="float64"
    )
    weights_of(layer, x)
    report = nn.check_gradients(layer, x, verbose=False)
    assert report.ok, report
    assert report.checks[0].name == "x"
    assert len(report.checks) == 3 + use_bias


@pytest.mark.parametrize("activation, gate", [("gelu", "sigmoid"), ("linear", "gelu"), ("softplus", "linear")])
@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_with_other_activations(kind, activation, gate):
    """GELU needs z in the backward pass, so z must not be overwritten; linear returns its argument itself."""
    arguments = {"activation": activation} | ({} if kind == "rnn" else {"recurrent_activation": gate})
    layer = LAYERS[kind](3, **arguments, return_sequences=True, dtype="float64")
    x = inputs((2, 4, 3))
    functions = {"linear": lambda z: z, "softplus": lambda z: np.log1p(np.exp(z)), "sigmoid": sigmoid}
    gelu = nn.activations.get("gelu")
    weights = weights_of(layer, x, scale=0.2)
    expected = loops(kind, x, *weights, functions.get(activation, gelu), functions.get(gate, gelu))
    np.testing.assert_allclose(layer.forward(x), expected, rtol=1e-12, atol=1e-13)
    report = nn.check_gradients(layer, x, verbose=False)
    assert report.ok, report


@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave"])
def test_bidirectional_merges_both_directions(merge_mode, return_sequences):
    x = inputs((2, 5, 3))
    layer = nn.Bidirectional(nn.GRU(4, return_sequences=return_sequences), merge_mode, dtype="float64")
    weights_of(layer, x)
    outputs = []
    for weights, sequence in ((layer.get_weights()[:3], x), (layer.get_weights()[3:], x[:, ::-1])):
        single = nn.GRU(4, return_sequences=return_sequences, dtype="float64")
        single.build((None, 5, 3))
        single.set_weights(weights)
        outputs.append(single.forward(sequence))
    a, b = outputs[0], outputs[1][:, ::-1] if return_sequences else outputs[1]
    merged = {"concat": np.concatenate([a, b], -1), "sum": a + b, "mul": a * b, "ave": (a + b) / 2}[merge_mode]
    y = layer.forward(x)
    np.testing.assert_allclose(y, merged, rtol=0, atol=1e-15)
    assert layer.compute_output_shape(x.shape) == y.shape
    report = nn.check_gradients(layer, x, verbose=False)
    assert report.ok, report


def test_bidirectional_config_round_trip():
    layer = nn.Bidirectional(nn.LSTM(3, name="memory"), merge_mode="sum")
    assert [inner.name for inner in layer.sublayers] == ["forward_memory", "backward_memory"]
    rebuilt = nn.Layer.get(layer.serialize())
    layer.build((None, 4, 2))
    rebuilt.build((None, 4, 2))
    rebuilt.set_weights(layer.get_weights())
    x = inputs((2, 4, 2), "float32")
    np.testing.assert_array_equal(rebuilt.forward(x), layer.forward(x))


@pytest.mark.parametrize("make", [*LAYERS.values(), lambda n, **k: nn.Bidirectional(nn.LSTM(n, **k))])
def test_float32_is_preserved(make):
    layer = make(4, return_sequences=True)
    x = inputs((2, 3, 5), "float32")
    y = layer(x, training=True)
    dx = layer.backward(np.ones_like(y))
    assert {y.dtype, dx.dtype} == {np.dtype("float32")}
    assert {g.dtype for inner in layer.walk() for g in inner.grads.values()} == {np.dtype("float32")}


@pytest.mark.parametrize("make", [*LAYERS.values(), lambda n, **k: nn.Bidirectional(nn.LSTM(n, **k))])
@pytest.mark.parametrize("return_sequences", [True, False])
def test_arguments_are_not_modified(make, return_sequences):
    layer = make(3, return_sequences=return_sequences)
    x = inputs((2, 4, 5), "float32")
    y = layer(x, training=True)
    dy = np.random.default_rng(2).standard_normal(y.shape).astype("float32")
    originals = x.copy(), dy.copy(), y.copy()
    dx = layer.backward(dy).copy()
    for array, before in zip((x, dy, y), originals):
        np.testing.assert_array_equal(array, before)
    assert dx.shape == x.shape


@pytest.mark.parametrize("make", [*LAYERS.values(), lambda n: nn.Bidirectional(nn.GRU(n))])
def test_input_gradient_is_skipped_if_not_needed(make):
    layer, x = make(3), inputs((2, 4, 5), "float32")
    y = layer(x)
    layer.backward(np.ones_like(y))
    expected = [g.copy() for inner in layer.walk() for g in inner.grads.values()]
    layer.needs_input_gradient = False
    layer.forward(x)
    assert layer.backward(np.ones_like(y)) is None
    for gradient, before in zip((g for inner in layer.walk() for g in inner.grads.values()), expected):
        np.testing.assert_array_equal(gradient, before)


def test_a_layer_accepts_sequences_of_any_length():
    layer = nn.LSTM(3, return_sequences=True)
    long = inputs((2, 9, 4), "float32")
    y = layer(long)
    # The states lie within ±1; float32 sums may round differently in products of another height.
    np.testing.assert_allclose(layer(long[:, :4]), y[:, :4], rtol=0, atol=1e-6)
    assert nn.GRU(3).compute_output_shape((None, None, 4)) == (None, 3)
    assert nn.GRU(3, return_sequences=True).compute_output_shape((None, None, 4)) == (None, None, 3)


def test_the_forget_gate_bias_is_initialized_to_one():
    layer = nn.LSTM(2)
    layer.build((None, 3, 1))
    np.testing.assert_array_equal(layer.params["bias"], [0, 0, 1, 1, 0, 0, 0, 0])
    zero_bias = nn.LSTM(2, unit_forget_bias=False)
    zero_bias.build((None, 3, 1))
    assert not zero_bias.params["bias"].any()


def test_recurrent_weights_are_orthogonal_and_regularized():
    layer = nn.SimpleRNN(5, recurrent_regularizer="L2", kernel_constraint=nn.MaxNorm(1.0), dtype="float64")
    layer.build((None, 3, 4))
    u = layer.params["recurrent_kernel"]
    np.testing.assert_allclose(u @ u.T, np.eye(5), atol=1e-12)
    assert set(layer.regularizers) == {"recurrent_kernel"} and set(layer.constraints) == {"kernel"}


@pytest.mark.parametrize("kind", LAYERS)
def test_the_gradient_reaches_the_first_time_step(kind):
    """A layer that truncates backpropagation through time would learn from the last steps only."""
    x = inputs((1, 10, 1))
    layer = LAYERS[kind](8, dtype="float64")
    layer.rng = np.random.default_rng(0)
    layer.build((None, 10, 1))
    y = layer.forward(x, training=True)
    dx = layer.backward(np.ones_like(y))

    def output(change):
        shifted = x.copy()
        shifted[0, 0, 0] += change
        return layer.forward(shifted).sum()

    expected = (output(1e-5) - output(-1e-5)) / 2e-5
    assert abs(expected) > 1e-5
    assert dx[0, 0, 0] == pytest.approx(expected, abs=1e-9)  # the difference has a rounding error of 1e-15 / 1e-5


@pytest.mark.training
@pytest.mark.parametrize("kind", LAYERS)
def test_a_model_learns_the_sign_of_the_first_step(kind):
    """The class depends on the first of six steps; guessing gives 0.5. All of 40 seeds reach 0.98."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((256, 6, 1)).astype("float32")
    y = (x[:, 0, 0] > 0).astype("int32")
    model = nn.Sequential([nn.Input((6, 1)), LAYERS[kind](8), nn.Dense(1)], seed=4)
    rate = nn.CosineDecay(0.03, 240)  # with a constant rate, the accuracy of the last epoch would be random
    model.compile(nn.Adam(rate), nn.BinaryCrossentropy(from_logits=True), ["accuracy"])
    model.fit(x, y, batch_size=64, epochs=60, verbose=0)
    assert model.evaluate(x, y)[1] > 0.9


@pytest.mark.parametrize("kind", LAYERS)
def test_buffer_reuse_in_a_model_does_not_affect_predictions(kind):
    """Batches of varying sizes, which share the buffers, give the same predictions as one large batch."""
    model = nn.Sequential([nn.Input((4, 2)), LAYERS[kind](3, return_sequences=True), LAYERS[kind](3)], seed=0)
    x = inputs((9, 4, 2), "float32")
    whole = model.predict(x, batch_size=9)
    for size in (4, 9, 1):
        np.testing.assert_allclose(model.predict(x, batch_size=size), whole, rtol=0, atol=1e-6)


@given(
    kind=st.sampled_from(sorted(LAYERS)),
    batch=st.integers(0, 3),
    steps=st.integers(0, 5),
    features=st.integers(1, 4),
    units=st.integers(1, 4),
)
@settings(max_examples=40, deadline=None)
def test_random_shapes_match_the_definition(kind, batch, steps, features, units):
    x = inputs((batch, steps, features))
    layer = LAYERS[kind](units, return_sequences=True, dtype="float64")
    weights = weights_of(layer, x)
    y = layer.forward(x)
    np.testing.assert_allclose(y, loops(kind, x, *weights), rtol=0, atol=1e-13)
    assert layer.compute_output_shape(x.shape) == y.shape
    assert layer.backward(np.ones_like(y)).shape == x.shape


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: nn.LSTM(0), r"layer 'lstm' \(LSTM\): units must be an integer ≥ 1.*got 0"),
        (lambda: nn.GRU(2.5), "units must be an integer.*got 2.5"),
        (lambda: nn.LSTM(2).build((None, 3)), r"input must have 3 axes, batch included, got shape \(None, 3\)"),
        (lambda: nn.SimpleRNN(2).build((None, 3, None)), "sizes that determine the weight 'kernel' must be known"),
        (lambda: nn.GRU(2).forward(np.ones((1, 2, 3))), "the layer is not built"),
        (lambda: nn.Bidirectional(nn.Dense(3)), "layer must be a SimpleRNN, LSTM or GRU with go_backwards=False, got"),
        (
            lambda: nn.Bidirectional(nn.LSTM(3, go_backwards=True)),
            "layer must be a SimpleRNN, LSTM or GRU with go_backwards=False, got",
        ),
        (lambda: nn.Bidirectional(nn.LSTM(3), "both"), "merge_mode must be 'concat', 'sum'.*got 'both'"),
    ],
)
def test_errors_name_layer_value_and_requirement(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_wrong_number_of_features_raises():
    layer = nn.GRU(2)
    layer.build((None, 5, 3))
    with pytest.raises(ValueError, match=r"input must have shape \(None, None, 3\), got \(2, 5, 4\)"):
        layer.forward(np.ones((2, 5, 4), "float32"))
