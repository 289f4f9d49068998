"""Conv1D and Conv2D, compared with plain loops, finite differences and the reference kernels."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.nn import config
from layerwise.nn.kernels import convolution_direct
from layerwise.nn.kernels.convolution import (
    convolution,
    convolution_input_gradient,
    convolution_parameter_gradients,
)
from layerwise.nn.kernels.convolution_geometry import window
from layerwise.nn.layers.convolution import Conv1D, Conv2D

# (input shape, filters, kernel, strides, padding, dilation)
CASES = [
    ((2, 7, 5, 3), 4, (3, 3), (1, 1), "valid", (1, 1)),
    ((2, 7, 5, 3), 4, (3, 3), (1, 1), "same", (1, 1)),
    ((3, 8, 9, 2), 3, (3, 2), (1, 1), "same", (1, 1)),
    ((2, 6, 6, 8), 5, (3, 5), (1, 1), "same", (1, 1)),
    ((2, 13, 4, 1), 2, (3, 1), (1, 1), "valid", (1, 1)),
    ((2, 9, 8, 2), 3, (3, 3), (2, 2), "same", (1, 1)),
    ((2, 9, 8, 2), 3, (3, 3), (2, 1), "valid", (1, 1)),
    ((2, 9, 8, 7), 3, (2, 4), (3, 2), "same", (1, 1)),
    ((2, 10, 9, 2), 3, (3, 3), (1, 1), "same", (2, 3)),
    ((2, 10, 9, 6), 2, (3, 2), (1, 1), "valid", (3, 2)),
    ((2, 5, 4, 3), 4, (1, 1), (1, 1), "valid", (1, 1)),
    ((2, 5, 6, 3), 4, (1, 1), (2, 2), "same", (1, 1)),
    ((1, 1, 1, 1), 1, (1, 1), (1, 1), "same", (1, 1)),
    ((1, 1, 1, 1), 1, (3, 3), (1, 1), "same", (1, 1)),  # a kernel larger than the image: the rest is padding
    ((1, 3, 3, 1), 1, (3, 3), (1, 1), "valid", (1, 1)),  # a kernel as large as the image
    ((2, 4, 5, 2), 3, (4, 5), (1, 1), "valid", (1, 1)),
    ((0, 7, 5, 3), 4, (3, 3), (1, 1), "same", (1, 1)),  # an empty batch
    ((0, 7, 5, 3), 4, (2, 2), (2, 2), "valid", (1, 1)),
    ((37, 6, 5, 2), 3, (3, 3), (1, 1), "same", (1, 1)),  # more images than fit in one chunk
    ((3, 9, 8, 1), 16, (3, 3), (1, 1), "same", (1, 1)),  # one channel to many is direct in either mode
]
# Mode of the fast kernels, dtype, and tolerance relative to plain loops in float64.
MODES = [("winograd", "float32", 2e-5), ("direct", "float32", 5e-6), ("winograd", "float64", 1e-13)]


def loops(x, kernel, bias, strides, padding, dilation):
    """Return the convolution by its definition, one product at a time, with explicit TensorFlow padding."""
    n, h, w, c = x.shape
    kh, kw, _, filters = kernel.shape
    out, before = [], []
    for length, size, stride, spacing in zip((h, w), (kh, kw), strides, dilation):
        reach = (size - 1) * spacing + 1
        out.append(-(-length // stride) if padding == "same" else -(-(length - reach + 1) // stride))
        before.append(max((out[-1] - 1) * stride + reach - length, 0) // 2 if padding == "same" else 0)
    y = np.zeros((n, *out, filters))
    for i, j, a, b in itertools.product(range(out[0]), range(out[1]), range(kh), range(kw)):
        row, column = i * strides[0] + a * dilation[0] - before[0], j * strides[1] + b * dilation[1] - before[1]
        if 0 <= row < h and 0 <= column < w:
            for channel, unit in itertools.product(range(c), range(filters)):
                y[:, i, j, unit] += x[:, row, column, channel] * kernel[a, b, channel, unit]
    return y + bias


def data(case, dtype="float64", seed=0):
    """Return images, kernel, bias and windows of a case."""
    shape, filters, size, strides, padding, dilation = case
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape).astype(dtype)
    kernel = rng.standard_normal((*size, shape[-1], filters)).astype(dtype)
    bias = rng.standard_normal(filters).astype(dtype)
    windows = [window(*axis[:3], padding, axis[3]) for axis in zip(shape[1:3], size, strides, dilation)]
    return x, kernel, bias, windows


def parameter_gradients(run, x, dy, kernel, windows):
    d_kernel, d_bias = np.full_like(kernel, np.nan), np.full_like(kernel[0, 0, 0], np.nan)
    run(x, dy, d_kernel, d_bias, *windows)
    return d_kernel, d_bias


def assert_close(actual, expected, tolerance):
    """Compare with a tolerance relative to the largest expected value, since sums of many products cancel."""
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * (1 + abs(expected).max(initial=0)))


@pytest.fixture(autouse=True)
def restore_config():
    yield
    config.kernels, config.convolution = "fast", "winograd"


@pytest.mark.parametrize("kernels", ["fast", "reference"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_forward_matches_the_definition(case, kernels):
    x, kernel, bias, windows = data(case)
    config.kernels = kernels
    expected = loops(x, kernel, bias, *case[3:])
    assert_close(convolution(x, kernel, bias, *windows), expected, 1e-13)
    assert_close(convolution(x, kernel, None, *windows), expected - bias, 1e-13)


@pytest.mark.parametrize("mode, dtype, tolerance", MODES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_fast_kernels_match_the_references(case, mode, dtype, tolerance):
    config.convolution = mode
    x, kernel, bias, windows = data(case, dtype)
    y = convolution.fast(x, kernel, bias, *windows)
    assert y.dtype == dtype
    x64, kernel64, bias64 = (a.astype(dtype).astype("float64") for a in data(case)[:3])
    assert_close(y, convolution.reference(x64, kernel64, bias64, *windows), tolerance)

    dy = np.random.default_rng(1).standard_normal(y.shape).astype(dtype)
    dx = convolution_input_gradient.fast(dy, kernel, *windows)
    assert dx.dtype == dtype
    assert_close(dx, convolution_input_gradient.reference(dy.astype("float64"), kernel64, *windows), tolerance)

    actual = parameter_gradients(convolution_parameter_gradients.fast, x, dy, kernel, windows)
    expected = parameter_gradients(
        convolution_parameter_gradients.reference, x64, dy.astype("float64"), kernel64, windows
    )
    for fast, reference in zip(actual, expected):
        assert fast.dtype == dtype
        assert_close(fast, reference, tolerance)


def test_winograd_is_the_default_in_float32_only():
    """The two modes differ in the last bits in float32; float64 is always direct, so gradient checks stay exact."""
    case = ((4, 12, 12, 8), 8, (3, 3), (1, 1), "same", (1, 1))
    for dtype, same in (("float32", False), ("float64", True)):
        x, kernel, bias, windows = data(case, dtype)
        default = convolution(x, kernel, bias, *windows)
        config.convolution = "direct"
        assert np.array_equal(default, convolution(x, kernel, bias, *windows)) is same
        config.convolution = "winograd"


def test_fast_kernels_write_into_out():
    for case in (CASES[1], CASES[5]):
        x, kernel, bias, windows = data(case, "float32")
        y = np.full_like(convolution(x, kernel, bias, *windows), np.nan)
        assert convolution(x, kernel, bias, *windows, out=y) is y
        dx = np.full_like(x, np.nan)
        assert convolution_input_gradient(y, kernel, *windows, out=dx) is dx
        assert np.isfinite(y).all() and np.isfinite(dx).all()


def test_results_are_reproducible_and_independent_of_the_batch():
    x, kernel, bias, windows = data(((21, 9, 7, 3), 4, (3, 3), (1, 1), "same", (1, 1)), "float32")
    y = convolution(x, kernel, bias, *windows)
    assert y.tobytes() == convolution(x, kernel, bias, *windows).tobytes()
    one_by_one = np.concatenate([convolution(image[None], kernel, bias, *windows) for image in x])
    np.testing.assert_allclose(y, one_by_one, rtol=0, atol=2e-5)


def test_unknown_convolution_mode_raises():
    x, kernel, bias, windows = data(CASES[0])
    config.convolution = "fft"
    with pytest.raises(ValueError, match=r"nn\.config\.convolution must be 'winograd' or 'direct'.*got 'fft'"):
        convolution(x, kernel, bias, *windows)


# --- the layers ----------------------------------------------------------------------------------------------------


def finite_differences(f, array, step=1e-6):
    """Return central differences of the scalar ``f()`` by every element of ``array``, which is changed in place."""
    gradient = np.zeros_like(array)
    for index in np.ndindex(*array.shape):
        original = array[index]
        array[index] = original + step
        above = f()
        array[index] = original - step
        gradient[index] = (above - f()) / (2 * step)
        array[index] = original
    return gradient


SMALL = [case for case in CASES if 0 < np.prod(case[0]) < 500]


def check_layer(layer, x):
    """Compare a layer's gradients of Σ y · weight with finite differences."""
    layer.build(x.shape)
    rng = np.random.default_rng(3)
    if "bias" in layer.params:
        layer.params["bias"][...] = rng.standard_normal(layer.params["bias"].shape)
    weight = rng.standard_normal(layer.forward(x, training=True).shape)
    dx = layer.backward(weight)
    assert_close(dx, finite_differences(lambda: (layer.forward(x) * weight).sum(), x), 1e-7)
    for name, param in layer.params.items():
        numeric = finite_differences(lambda: (layer.forward(x) * weight).sum(), param)
        assert_close(layer.grads[name], numeric, 1e-7)


@pytest.mark.parametrize("kernels", ["fast", "reference"])
@pytest.mark.parametrize("case", SMALL, ids=str)
def test_conv2d_gradients_match_finite_differences(case, kernels):
    config.kernels = kernels
    shape, filters, size, strides, padding, dilation = case
    x = np.random.default_rng(5).standard_normal(shape)
    check_layer(Conv2D(filters, size, strides, padding, dilation_rate=dilation, activation="tanh", dtype="float64"), x)


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize("size, stride, dilation", [(3, 1, 1), (2, 2, 1), (3, 1, 2), (1, 3, 1), (9, 1, 1)])
def test_conv1d_gradients_match_finite_differences(size, stride, dilation, padding, use_bias):
    x = np.random.default_rng(5).standard_normal((2, 9, 3))
    layer = Conv1D(4, size, stride, padding, dilation_rate=dilation, use_bias=use_bias, dtype="float64")
    check_layer(layer, x)
    assert layer.compute_output_shape((None, 9, 3)) == (None, *layer.forward(x).shape[1:])


def test_causal_outputs_do_not_depend_on_later_inputs():
    layer = Conv1D(2, 3, padding="causal", dilation_rate=2, dtype="float64")
    x = np.random.default_rng(0).standard_normal((1, 12, 1))
    before = layer(x)
    x[:, 7:] += 1
    after = layer(x)
    assert np.array_equal(before[:, :7], after[:, :7]) and not np.allclose(before[:, 7:], after[:, 7:])


def test_conv1d_equals_conv2d_on_images_of_width_one():
    x = np.random.default_rng(0).standard_normal((3, 10, 2)).astype("float32")
    conv1d, conv2d = Conv1D(4, 3, padding="same"), Conv2D(4, (3, 1), padding="same")
    conv1d.build(x.shape)
    conv2d.build((3, 10, 1, 2))
    conv2d.params["kernel"][...] = conv1d.params["kernel"][:, None]
    np.testing.assert_array_equal(conv1d.forward(x), conv2d.forward(x[:, :, None])[:, :, 0])


@pytest.mark.parametrize("layer, shape", [(Conv1D(4, 3), (2, 8, 3)), (Conv2D(4, 3, 2, "same"), (2, 8, 7, 3))])
def test_float32_is_preserved_and_inputs_are_not_modified(layer, shape):
    x = np.random.default_rng(0).standard_normal(shape).astype("float32")
    original = x.copy()
    y = layer(x, training=True)
    dy = np.ones_like(y)
    dx = layer.backward(dy)
    assert {y.dtype, dx.dtype, *(g.dtype for g in layer.grads.values())} == {np.dtype("float32")}
    assert dx.shape == x.shape
    np.testing.assert_array_equal(x, original)
    np.testing.assert_array_equal(dy, np.ones_like(y))


def test_input_gradient_is_skipped_if_not_needed():
    layer = Conv2D(2, 3)
    y = layer(np.ones((1, 5, 5, 1)))
    layer.needs_input_gradient = False
    assert layer.backward(np.ones_like(y)) is None
    assert layer.grads["kernel"].any()


def test_output_shape_of_inputs_of_unknown_size():
    assert Conv2D(4, 3, 2, "same").compute_output_shape((None, None, 9, 3)) == (None, None, 5, 4)
    assert Conv1D(4, 3).compute_output_shape((8, None, 3)) == (8, None, 4)


def test_config_round_trip_keeps_the_arguments():
    layer = Conv2D(4, 3, 2, "same", activation="relu", name="first")
    layer_config = layer.get_config()
    assert (layer_config["filters"], layer_config["kernel_size"], layer_config["strides"]) == (4, [3, 3], [2, 2])
    assert Conv2D.from_config(layer_config).get_config() == layer_config


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Conv2D(0, 3), r"layer 'conv2d' \(Conv2D\): filters must be an integer ≥ 1.*got 0"),
        (lambda: Conv2D(4, (3, 3, 3)), r"kernel_size must be an integer ≥ 1 or a tuple of 2 such.*got \(3, 3, 3\)"),
        (lambda: Conv2D(4, 3.5), r"kernel_size must be an integer ≥ 1 or a tuple of 2 such integers, got 3\.5"),
        (lambda: Conv1D(4, 3, strides=0), r"layer 'conv1d' \(Conv1D\): strides must be an integer ≥ 1.*got 0"),
        (lambda: Conv2D(4, 3, padding="causal"), r"padding must be 'valid' or 'same'.*got 'causal'"),
        (lambda: Conv1D(4, 3, padding="full"), r"padding must be 'valid', 'same' or 'causal'.*got 'full'"),
        (
            lambda: Conv2D(4, 3, 2, dilation_rate=2),
            r"strides or dilation_rate must be 1, got strides \(2, 2\) and dilation_rate \(2, 2\)",
        ),
        (
            lambda: Conv2D(4, 3, name="first").build((None, 8, 8)),
            r"layer 'first' \(Conv2D\): input must have 4 axes, batch included, got shape \(None, 8, 8\)",
        ),
        (lambda: Conv2D(4, 5).build((None, 8, 4, 1)), r"as long as the window, 5,.*got shape \(None, 8, 4, 1\)"),
        (lambda: Conv2D(4, 3, dilation_rate=4).build((None, 8, 8, 1)), r"as long as the window, 9,"),
        (lambda: Conv2D(4, 3).forward(np.ones((1, 8, 8, 1))), r"layer 'conv2d' \(Conv2D\): the layer is not built"),
    ],
)
def test_errors_name_layer_value_and_requirement(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_wrong_number_of_channels_raises():
    layer = Conv2D(4, 3, name="first")
    layer.build((None, 8, 8, 1))
    with pytest.raises(ValueError, match=r"layer 'first' \(Conv2D\).*1.*got \(2, 8, 8, 3\)"):
        layer.forward(np.ones((2, 8, 8, 3), "float32"))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_random_shapes_match_the_reference(draw):
    integers = lambda low, high: draw.draw(st.integers(low, high))  # noqa: E731
    size, dilation = (integers(1, 4), integers(1, 4)), (integers(1, 2), integers(1, 2))
    strides = (integers(1, 3), integers(1, 3)) if max(dilation) == 1 else (1, 1)
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    padding = draw.draw(st.sampled_from(["valid", "same"]))
    low = reach if padding == "valid" else (1, 1)
    shape = (integers(0, 5), integers(low[0], low[0] + 7), integers(low[1], low[1] + 7), integers(1, 8))
    case = (shape, integers(1, 5), size, strides, padding, dilation)
    test_fast_kernels_match_the_references(case, *draw.draw(st.sampled_from(MODES)))


@pytest.mark.parametrize("filters", [5, 8, 40])
@pytest.mark.parametrize("channels", [1, 2, 5, 7, 8, 25])
@pytest.mark.parametrize("size, stride, dilation", [(2, 1, 2), (3, 1, 1), (3, 2, 1)])
def test_input_gradient_is_bitwise_equal_to_one_product_added_tap_by_tap(channels, filters, size, stride, dilation):
    """One product for all taps, added tap by tap: separate products per tap round differently for some shapes."""
    rows = window(9, size, stride, "same", dilation)
    rng = np.random.default_rng(0)
    dy = rng.normal(size=(5, rows.count, rows.count, filters)).astype("float32")
    kernel = rng.normal(size=(size, size, channels, filters)).astype("float32")
    products = (dy.reshape(-1, filters) @ kernel.reshape(-1, filters).T).reshape(*dy.shape[:3], size, size, channels)
    padded = np.zeros((5, rows.padded, rows.padded, channels), "float32")
    for i in range(size):
        for j in range(size):
            padded[:, rows.tap(i), rows.tap(j)] += products[:, :, :, i, j]
    inside = slice(rows.before, rows.before + 9)
    dx = convolution_direct.input_gradient(dy, kernel, rows, rows, np.empty((5, 9, 9, channels), "float32"))
    np.testing.assert_array_equal(dx, padded[:, inside, inside])
