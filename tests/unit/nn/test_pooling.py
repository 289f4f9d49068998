"""Pooling and zero padding, compared with plain loops, finite differences and the reference kernels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise import nn
from layerwise.nn import config, step
from layerwise.nn.kernels import pooling
from layerwise.nn.kernels.convolution_geometry import window
from layerwise.nn.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
    ZeroPadding2D,
)

# (input shape, pool size, strides, padding)
CASES = [
    ((2, 6, 8, 3), (2, 2), (2, 2), "valid"),
    ((2, 7, 5, 3), (2, 2), (2, 2), "valid"),  # no window covers the last row and column
    ((2, 7, 5, 3), (2, 2), (2, 2), "same"),
    ((2, 7, 8, 2), (3, 3), (2, 2), "same"),  # windows that overlap
    ((2, 7, 8, 2), (3, 2), (1, 1), "valid"),
    ((2, 7, 8, 1), (2, 3), (3, 4), "valid"),  # gaps between windows
    ((2, 7, 8, 1), (1, 1), (2, 2), "same"),
    ((1, 1, 1, 1), (1, 1), (1, 1), "valid"),
    ((1, 1, 1, 1), (3, 3), (2, 2), "same"),
    ((1, 4, 5, 1), (4, 5), (4, 5), "valid"),  # a window as large as the image
    ((0, 6, 6, 2), (2, 2), (2, 2), "valid"),  # an empty batch
    ((40, 9, 9, 64), (2, 2), (2, 2), "valid"),  # more images than fit in one chunk
]


def loops(reduce, x, size, strides, padding):
    """Apply ``reduce`` to the values of every window inside the image, with explicit TensorFlow padding."""
    n, h, w, c = x.shape
    out, before = [], []
    for length, taps, stride in zip((h, w), size, strides):
        out.append(-(-length // stride) if padding == "same" else (length - taps) // stride + 1)
        before.append(max((out[-1] - 1) * stride + taps - length, 0) // 2 if padding == "same" else 0)
    y = np.zeros((n, *out, c), x.dtype)
    for i, j in np.ndindex(*out):
        top, left = i * strides[0] - before[0], j * strides[1] - before[1]
        patch = x[:, max(top, 0) : top + size[0], max(left, 0) : left + size[1]]
        y[:, i, j] = reduce(patch, axis=(1, 2))
    return y


def data(case, dtype, distinct=True):
    """Return images and windows of a case, with all values distinct or with many ties."""
    shape, size, strides, padding = case
    rng = np.random.default_rng(0)
    total = int(np.prod(shape))
    x = (rng.permutation(total) / 7 - 1) if distinct else rng.integers(-1, 2, total)
    windows = [window(*axis, padding) for axis in zip(shape[1:3], size, strides)]
    return x.reshape(shape).astype(dtype), windows


@pytest.fixture(autouse=True)
def restore_config():
    yield
    config.kernels = "fast"


@pytest.mark.parametrize("kernels", ["fast", "reference"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_forward_matches_the_definition(case, dtype, kernels):
    config.kernels = kernels
    x, windows = data(case, dtype)
    y, _ = pooling.max_pooling(x, *windows)
    mean = pooling.average_pooling(x, *windows)
    assert y.dtype == mean.dtype == dtype
    np.testing.assert_array_equal(y, loops(np.max, x, *case[1:]))
    np.testing.assert_allclose(
        mean, loops(np.mean, x, *case[1:]), rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-5
    )


@pytest.mark.parametrize("distinct", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_fast_kernels_match_the_references(case, dtype, distinct):
    x, windows = data(case, dtype, distinct)
    y, winner = pooling.max_pooling.fast(x, *windows)
    y_reference, winner_reference = pooling.max_pooling.reference(x, *windows)
    np.testing.assert_array_equal(y, y_reference)
    np.testing.assert_array_equal(winner, winner_reference)
    assert winner.dtype == winner_reference.dtype

    dy = np.random.default_rng(1).integers(-4, 5, y.shape).astype(dtype)  # sums of integers are exact
    dx = pooling.max_pooling_gradient.fast(dy, winner, *windows)
    np.testing.assert_array_equal(dx, pooling.max_pooling_gradient.reference(dy, winner, *windows))
    assert dx.dtype == dtype

    close = {"rtol": 0, "atol": 1e-5 if dtype == "float32" else 1e-13}
    mean, dx = pooling.average_pooling.fast(x, *windows), pooling.average_pooling_gradient.fast(dy, *windows)
    np.testing.assert_allclose(mean, pooling.average_pooling.reference(x, *windows), **close)
    np.testing.assert_allclose(dx, pooling.average_pooling_gradient.reference(dy, *windows), **close)
    assert mean.dtype == dx.dtype == dtype


def test_fast_kernels_write_into_out():
    for case in CASES[:6]:
        x, windows = data(case, "float32")
        y, winner = pooling.max_pooling(x, *windows)
        out, dx = np.full_like(y, np.nan), np.full_like(x, np.nan)
        assert pooling.max_pooling(x, *windows, out=out)[0] is out
        assert pooling.max_pooling_gradient(y, winner, *windows, out=dx) is dx
        assert np.isfinite(out).all() and np.isfinite(dx).all()
        out[...], dx[...] = np.nan, np.nan
        assert pooling.average_pooling(x, *windows, out=out) is out
        assert pooling.average_pooling_gradient(y, *windows, out=dx) is dx
        assert np.isfinite(out).all() and np.isfinite(dx).all()


@pytest.mark.parametrize("kernels", ["fast", "reference"])
def test_max_pooling_gradient_is_the_same_after_inference(kernels, monkeypatch):
    """In inference mode the index of the maximum is not stored, so the backward pass must find it."""
    monkeypatch.setattr(nn.config, "kernels", kernels)
    rng = np.random.default_rng(3)
    x, dy = rng.integers(0, 3, (2, 7, 6, 3)).astype("float32"), rng.normal(size=(2, 3, 3, 3)).astype("float32")
    layer = MaxPooling2D(2)
    layer.build(x.shape)
    outputs = [layer.forward(x, training) for training in (False, True)]
    np.testing.assert_array_equal(*outputs)
    gradients = []
    for training in (False, True):
        layer.forward(x, training)
        gradients.append(layer.backward(dy))
    np.testing.assert_array_equal(*gradients)
    assert gradients[0].any()


@pytest.mark.parametrize("kernels", ["fast", "reference"])
def test_ties_select_the_first_in_row_major_order(kernels):
    config.kernels = kernels
    x = np.array([[0, 1], [1, 1]], "float32").reshape(1, 2, 2, 1)
    layer = MaxPooling2D(2)
    y = layer(x)
    np.testing.assert_array_equal(layer.backward(np.full_like(y, 5))[0, :, :, 0], [[0, 5], [0, 0]])


def test_windows_of_more_than_255_taps_are_supported():
    x = np.zeros((1, 20, 20, 1), "float32")
    x[0, 18, 15] = 1
    layer = MaxPooling2D(20)
    y = layer(x)
    np.testing.assert_array_equal(layer.backward(y), x)


# --- the layers ----------------------------------------------------------------------------------------------------

LAYERS = [
    (lambda: MaxPooling1D(2, **F64), (2, 7, 3)),
    (lambda: MaxPooling1D(3, 2, "same", **F64), (2, 7, 3)),
    (lambda: MaxPooling2D(2, **F64), (2, 6, 5, 2)),
    (lambda: MaxPooling2D((3, 2), (1, 2), "same", **F64), (2, 6, 5, 2)),
    (lambda: AveragePooling1D(2, 1, "same", **F64), (2, 7, 3)),
    (lambda: AveragePooling1D(3, **F64), (2, 7, 3)),
    (lambda: AveragePooling2D(2, **F64), (2, 6, 5, 2)),
    (lambda: AveragePooling2D((2, 3), 1, "same", **F64), (2, 6, 5, 2)),
    (lambda: GlobalAveragePooling1D(**F64), (2, 7, 3)),
    (lambda: GlobalAveragePooling2D(keepdims=True, **F64), (2, 6, 5, 2)),
    (lambda: GlobalMaxPooling1D(keepdims=True, **F64), (2, 7, 3)),
    (lambda: GlobalMaxPooling2D(**F64), (2, 6, 5, 2)),
    (lambda: ZeroPadding2D(((1, 0), (2, 3)), **F64), (2, 3, 4, 2)),
    (lambda: ZeroPadding2D(2, **F64), (2, 3, 4, 2)),
]
F64 = {"dtype": "float64"}


@pytest.mark.parametrize("kernels", ["fast", "reference"])
@pytest.mark.parametrize("make, shape", LAYERS)
def test_gradients_match_finite_differences(make, shape, kernels):
    config.kernels = kernels
    layer, rng = make(), np.random.default_rng(0)
    x = rng.permutation(int(np.prod(shape))).reshape(shape) / 10  # all values 0.1 apart, so no kink within a step
    weight = rng.standard_normal(layer(x, training=True).shape)
    dx, numeric, step = layer.backward(weight), np.zeros(shape), 1e-4
    for index in np.ndindex(*shape):
        values = []
        for shift in (step, -step):
            shifted = x.copy()
            shifted[index] += shift
            values.append((layer.forward(shifted) * weight).sum())
        numeric[index] = (values[0] - values[1]) / (2 * step)
    np.testing.assert_allclose(dx, numeric, atol=1e-9)
    assert layer.compute_output_shape((None, *shape[1:])) == (None, *weight.shape[1:])


@pytest.mark.parametrize("make, shape", LAYERS)
def test_float32_is_preserved_and_inputs_are_not_modified(make, shape):
    layer = make()
    layer.dtype = "float32"
    x = np.random.default_rng(0).standard_normal(shape).astype("float32")
    original = x.copy()
    y = layer(x)
    dy = np.ones_like(y)
    dx = layer.backward(dy)
    assert y.dtype == dx.dtype == np.float32 and dx.shape == x.shape
    np.testing.assert_array_equal(x, original)
    np.testing.assert_array_equal(dy, np.ones_like(y))


@pytest.mark.parametrize("make, shape", LAYERS)
def test_empty_batches_are_supported(make, shape):
    layer = make()
    y = layer(np.zeros((0, *shape[1:])))
    assert y.shape == (0, *layer.compute_output_shape((None, *shape[1:]))[1:])
    assert layer.backward(y).shape == (0, *shape[1:])


def test_ties_in_global_max_pooling_share_the_gradient():
    layer = GlobalMaxPooling2D()
    y = layer(np.array([[1, 3], [3, 0]], "float32").reshape(1, 2, 2, 1))
    np.testing.assert_array_equal(layer.backward(np.full_like(y, 4))[0, :, :, 0], [[0, 2], [2, 0]])


def test_padding_is_ignored_by_max_and_average():
    x = np.full((1, 3, 3, 1), -2, "float32")
    assert (MaxPooling2D(2, padding="same")(x) == -2).all()
    assert (AveragePooling2D(2, padding="same")(x) == -2).all()


def test_config_round_trip_keeps_the_arguments():
    for layer in (MaxPooling2D(3, 2, "same"), AveragePooling1D(2), GlobalMaxPooling1D(keepdims=True), ZeroPadding2D(2)):
        assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
    assert MaxPooling2D(3).get_config()["strides"] == [3, 3]


@pytest.mark.parametrize(
    "make, message",
    [
        (
            lambda: MaxPooling2D(0),
            r"layer 'max_pooling2d' \(MaxPooling2D\): pool_size must be an integer ≥ 1.*got 0",
        ),
        (lambda: MaxPooling1D((2, 2)), r"pool_size must be an integer ≥ 1.*got \(2, 2\)"),
        (lambda: AveragePooling2D(2, padding="full"), r"padding must be 'valid' or 'same'.*got 'full'"),
        (lambda: AveragePooling2D(2, strides=0), r"strides must be an integer ≥ 1 or a tuple of 2 such.*got 0"),
        (lambda: MaxPooling2D(5).build((None, 4, 8, 1)), r"as long as the window, 5,.*\(None, 4, 8, 1\)"),
        (
            lambda: MaxPooling2D(2, name="p").build((None, 8, 8)),
            r"layer 'p' \(MaxPooling2D\): input must have 4 axes, batch included, got shape \(None, 8, 8\)",
        ),
        (lambda: GlobalMaxPooling1D()(np.ones((2, 0, 3))), r"input must not be empty, got shape \(2, 0, 3\)"),
        (lambda: ZeroPadding2D(-1), r"padding must be an integer ≥ 0, \(rows, columns\).*got -1"),
        (lambda: ZeroPadding2D((1, 2, 3)), r"padding must be .*got \(1, 2, 3\)"),
    ],
)
def test_errors_name_layer_value_and_requirement(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_random_shapes_match_the_reference(draw):
    integers = lambda low, high: draw.draw(st.integers(low, high))  # noqa: E731
    size, strides = (integers(1, 4), integers(1, 4)), (integers(1, 4), integers(1, 4))
    padding = draw.draw(st.sampled_from(["valid", "same"]))
    low = size if padding == "valid" else (1, 1)
    shape = (integers(0, 4), integers(low[0], low[0] + 7), integers(low[1], low[1] + 7), integers(1, 4))
    dtype, distinct = draw.draw(st.sampled_from(["float32", "float64"])), draw.draw(st.booleans())
    test_fast_kernels_match_the_references((shape, size, strides, padding), dtype, distinct)


def test_pooling_before_the_activation_does_not_affect_training():
    """The trained weights are bitwise the same as without the exchange of pooling and activation."""
    layers = [
        lambda: nn.Conv2D(3, 3, activation="relu"),
        lambda: nn.MaxPooling2D(2),
        lambda: nn.BatchNormalization(),
        lambda: nn.ReLU(),
        lambda: nn.MaxPooling2D(3, 2, "same"),
        lambda: nn.Conv2D(3, 2, activation="tanh"),
        lambda: nn.MaxPooling2D(2),
        lambda: nn.Reshape((-1, 3)),
        lambda: nn.SimpleRNN(4, activation="relu", return_sequences=True),
        lambda: nn.MaxPooling1D(1),
        lambda: nn.Flatten(),
        lambda: nn.Dense(2),
    ]
    x = np.random.default_rng(0).standard_normal((8, 14, 14, 1))
    y = np.arange(8) % 2
    trained = []
    for exchange in (True, False):
        model = nn.Sequential([nn.Input((14, 14, 1)), *(make() for make in layers)], seed=0, dtype="float64")
        model.compile(nn.SGD(0.1), nn.SparseCategoricalCrossentropy(from_logits=True))
        model.step.prepare()
        stages = [stage.layer.name for stage in model.step._stages]
        assert stages[:3] == ["conv2d", "max_pooling2d", "conv2d"]
        assert stages[4:7] == ["re_lu", "max_pooling2d_1", "re_lu"]
        assert len(stages) == len(layers) + 2
        if not exchange:
            model.step._stages = [step._whole_layer(index, layer) for index, layer in enumerate(model.layers)]
        for _ in range(3):
            model.step.update(x, y)
        trained.append(model.get_weights())
    for exchanged, original in zip(*trained):
        np.testing.assert_array_equal(exchanged, original)
