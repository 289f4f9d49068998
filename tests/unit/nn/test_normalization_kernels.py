"""Blockwise batch normalization, compared with the reference for random shapes and block sizes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.nn.kernels import normalization


def assert_matches_reference(x, dy, epsilon=1e-3, tolerance=1e-9):
    rng = np.random.default_rng(1)
    gamma, beta = (rng.uniform(0.5, 2, x.shape[-1]).astype(x.dtype) for _ in range(2))
    fast, reference = (
        run(x, gamma, beta, epsilon) for run in (normalization.batch_norm.fast, normalization.batch_norm.reference)
    )
    for actual, expected in zip(fast[:3], reference[:3], strict=True):
        assert actual.dtype == x.dtype
        np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)
    backward = normalization.batch_norm_gradients
    fast_gradients, reference_gradients = backward.fast(dy, gamma, fast[3]), backward.reference(dy, gamma, reference[3])
    for actual, expected in zip(fast_gradients, reference_gradients, strict=True):
        assert actual.dtype == x.dtype
        np.testing.assert_allclose(actual, expected, rtol=100 * tolerance, atol=100 * tolerance * x.size**0.5)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=3),
    st.integers(1, 40),
    st.sampled_from([(1 << 17, 1 << 10), (64, 16), (7, 3), (1, 1)]),
    st.floats(-100, 100),
)
def test_random_shapes_match_the_reference(leading, channels, sizes, mean):
    original_sizes = normalization._BLOCK, normalization._ROW
    normalization._BLOCK, normalization._ROW = sizes
    try:
        rng = np.random.default_rng(channels)
        x, dy = rng.normal(size=(2, *leading, channels))
        assert_matches_reference(x + mean, dy)
    finally:
        normalization._BLOCK, normalization._ROW = original_sizes


@pytest.mark.parametrize("shape", [(300, 1000), (70, 16, 16, 24), (131073, 1), (3, 200000)])
def test_several_blocks_match_the_reference(shape):
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(2, *shape))
    assert_matches_reference(5 + x, dy)


def test_float32_matches_the_reference_and_is_preserved():
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 64, 8, 8, 32)).astype("float32")
    assert_matches_reference(x + 3, dy, tolerance=2e-5)


def test_out_arrays_are_used():
    x = np.random.default_rng(0).normal(size=(6, 5))
    y, d, dx = np.empty_like(x), np.empty_like(x), np.empty_like(x)
    result = normalization.batch_norm.fast(x, np.ones(5), np.zeros(5), 1e-3, out=y, centered=d)
    assert result[0] is y and result[3].d is d
    assert normalization.batch_norm_gradients.fast(x, np.ones(5), result[3], out=dx)[0] is dx
