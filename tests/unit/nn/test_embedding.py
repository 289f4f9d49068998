"""The Embedding layer and its gradient."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise import nn
from layerwise.nn import config
from layerwise.nn.kernels import lookup


@pytest.mark.parametrize("shape", [(3, 4), (5,), (2, 3, 2), (0, 4), (1, 1)], ids=str)
@pytest.mark.parametrize("kind", ["int32", "int64", "uint8"])
def test_forward_equals_one_hot_times_embeddings(shape, kind):
    layer = nn.Embedding(7, 3, dtype="float64")
    x = np.random.default_rng(0).integers(0, 7, shape).astype(kind)
    y = layer(x)
    np.testing.assert_array_equal(y, np.eye(7)[x.astype(int)] @ layer.params["embeddings"])
    assert layer.compute_output_shape((None, *shape[1:])) == (None, *y.shape[1:])


@pytest.mark.parametrize("kernels", ["fast", "reference"])
def test_gradient_matches_finite_differences(kernels, monkeypatch):
    monkeypatch.setattr(config, "kernels", kernels)
    x = np.array([[0, 3, 3], [4, 0, 3]])
    report = nn.check_gradients(nn.Embedding(5, 4), x, verbose=False)
    assert report.ok, report
    assert [check.name for check in report.checks] == ["embedding.embeddings"]


def test_gradient_of_unused_rows_is_reset_to_zero():
    layer = nn.Embedding(4, 2)
    layer.backward(np.ones_like(layer(np.array([[3, 1]]))))
    layer.backward(np.ones_like(layer(np.array([[0, 0]]))))
    np.testing.assert_array_equal(layer.grads["embeddings"], [[2, 2], [0, 0], [0, 0], [0, 0]])
    assert layer.grads["embeddings"].dtype == np.float32


@given(
    rows=st.integers(1, 9),
    width=st.integers(1, 5),
    shape=st.lists(st.integers(0, 5), min_size=1, max_size=3),
    kind=st.sampled_from(["uint8", "int8", "int32", "int64"]),
)
@settings(max_examples=60, deadline=None)
def test_fast_scatter_matches_the_reference(rows, width, shape, kind):
    rng = np.random.default_rng(0)
    indices = rng.integers(0, rows, shape).astype(kind)
    dy = rng.standard_normal((*shape, width))
    fast, reference = np.full((2, rows, width), np.nan)
    lookup.scatter.fast(indices, dy, fast)
    lookup.scatter.reference(indices, dy, reference)
    np.testing.assert_allclose(fast, reference, rtol=0, atol=1e-13)


def test_indices_of_a_small_integer_type_do_not_overflow():
    """Flat positions exceed the range of the indices' dtype."""
    indices = np.array([255, 0], "uint8")
    gradient = np.empty((256, 300), "float32")
    lookup.scatter.fast(indices, np.ones((2, 300), "float32"), gradient)
    assert gradient.sum() == 600 and (gradient[255] == 1).all() and (gradient[0] == 1).all()


@pytest.mark.training
def test_a_model_with_integer_inputs_learns():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 20, (200, 6))
    y = (x == 7).any(axis=1).astype("int32")
    model = nn.Sequential([nn.Embedding(20, 4), nn.Flatten(), nn.Dense(8, "relu"), nn.Dense(1)], seed=0)
    model.compile(nn.Adam(0.02), nn.BinaryCrossentropy(from_logits=True), ["accuracy"])
    model.fit(x, y, epochs=30, verbose=0)
    assert model.evaluate(x, y)[1] > 0.98


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: nn.Embedding(0, 3), r"layer 'embedding' \(Embedding\): input_dim must be an integer ≥ 1.*got 0"),
        (lambda: nn.Embedding(3, "4"), "output_dim must be an integer ≥ 1.*got '4'"),
        (lambda: nn.Embedding(3, 2)(np.array([[0, 3]])), "input must be integers from 0 to 2, got 0 to 3"),
        (lambda: nn.Embedding(3, 2)(np.array([[-1, 2]])), "input must be integers from 0 to 2, got -1 to 2"),
        (lambda: nn.Embedding(3, 2)(np.array([[0.0]])), "input must be integers from 0 to 2.*got float64"),
        (lambda: nn.Embedding(3, 2).forward(np.array([[0]])), "the layer is not built"),
    ],
)
def test_errors_name_layer_value_and_requirement(make, message):
    with pytest.raises(ValueError, match=message):
        make()
