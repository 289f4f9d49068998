"""The matrix products of the Dense layer, tiled or not, compared with plain products."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.nn.kernels import dense, products

SHAPES = [(128, 784, 10), (128, 784, 128), (104, 700, 64), (64, 512, 256), (97, 784, 128), (128, 784, 100), (0, 5, 3)]


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("rows, inner, columns", SHAPES)
def test_tiled_products_match_matmul(rows, inner, columns, transposed):
    rng = np.random.default_rng(0)
    a = rng.normal(size=(inner, rows)).T if transposed else rng.normal(size=(rows, inner))
    b, out = rng.normal(size=(inner, columns)), np.empty((rows, columns))
    assert products.product.fast(a, b, out) is out
    np.testing.assert_allclose(out, a @ b, rtol=1e-10, atol=1e-10)


def test_tiles_divide_the_matrix_and_are_small():
    tiles = [products._tile(*shape) for shape in SHAPES]
    assert tiles[0] == (64, 10) and tiles[1] == (16, 64) and tiles[4] is None and tiles[5] is None
    for (rows, inner, columns), tile in zip(SHAPES, tiles, strict=True):
        if tile is not None:
            assert rows % tile[0] == columns % tile[1] == 0 and tile[0] * tile[1] * inner <= products._SMALL


def test_strided_matrices_are_supported():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(128, 1568))[:, ::2], rng.normal(size=(784, 256))[:, ::2]
    out = np.empty((128, 128))
    np.testing.assert_allclose(products.product.fast(a, b, out), a @ b, rtol=1e-10, atol=1e-10)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, 5), max_size=2),
    st.integers(1, 70),
    st.integers(1, 70),
    st.booleans(),
    st.sampled_from(["float32", "float64"]),
)
def test_affine_and_its_gradients_match_the_references(leading, inputs, outputs, with_bias, dtype):
    rng = np.random.default_rng(inputs)
    x = rng.normal(size=(3, *leading, inputs)).astype(dtype)
    kernel, bias = rng.normal(size=(inputs, outputs)).astype(dtype), rng.normal(size=outputs).astype(dtype)
    bias = bias if with_bias else None
    dz = rng.normal(size=(*x.shape[:-1], outputs)).astype(dtype)
    tolerance = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else {"rtol": 1e-10, "atol": 1e-10}
    y = dense.affine.fast(x, kernel, bias)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, dense.affine.reference(x, kernel, bias), **tolerance)
    results = []
    for run in (dense.affine_gradients.fast, dense.affine_gradients.reference):
        d_kernel, d_bias = np.full_like(kernel, np.nan), None if bias is None else np.full_like(bias, np.nan)
        run(x, dz, d_kernel, d_bias)
        results.append((d_kernel, d_bias))
    np.testing.assert_allclose(results[0][0], results[1][0], **tolerance)
    if with_bias:
        np.testing.assert_allclose(results[0][1], results[1][1], **tolerance)
