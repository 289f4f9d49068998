"""Initializers: moments, bounds, seeds and generators."""

import math

import numpy as np
import pytest

from layerwise import nn
from layerwise.nn.initializers import fans

RANDOM = {
    "glorot_uniform": (2 / (300 + 200), math.sqrt(6 / 500)),
    "glorot_normal": (2 / (300 + 200), None),
    "he_uniform": (2 / 300, math.sqrt(6 / 300)),
    "he_normal": (2 / 300, None),
    "lecun_uniform": (1 / 300, math.sqrt(3 / 300)),
    "lecun_normal": (1 / 300, None),
    "random_normal": (0.05**2, None),
    "random_uniform": (0.1**2 / 12, 0.05),
}


@pytest.mark.parametrize("name", RANDOM)
def test_mean_variance_and_bounds(name):
    variance, bound = RANDOM[name]
    values = nn.Initializer.get(name)((300, 200), "float64", np.random.default_rng(0))
    assert abs(values.mean()) < 5 * math.sqrt(variance / values.size)
    assert values.var() == pytest.approx(variance, rel=0.03)
    if bound is not None:
        assert np.abs(values).max() <= bound
        assert np.abs(values).max() > 0.99 * bound
    elif name != "random_normal":
        assert np.abs(values).max() <= 2 * math.sqrt(variance) / 0.8796 + 1e-9


@pytest.mark.parametrize(
    "shape, expected",
    [((), (1, 1)), ((7,), (7, 7)), ((3, 4), (3, 4)), ((3, 3, 8, 16), (72, 144)), ((5, 2, 3), (10, 15))],
)
def test_fans_include_the_window_size(shape, expected):
    assert fans(shape) == expected


def test_constants():
    assert (nn.Zeros()((2, 3)) == 0).all() and (nn.Ones()((2, 3)) == 1).all()
    assert (nn.Constant(0.3)((2,)) == np.float32(0.3)).all()


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (3, 3, 2, 4)])
def test_orthogonal_rows_or_columns(shape):
    flat = nn.Orthogonal(gain=2.0)(shape, "float64", np.random.default_rng(0)).reshape(-1, shape[-1])
    gram = flat @ flat.T if flat.shape[0] <= flat.shape[1] else flat.T @ flat
    np.testing.assert_allclose(gram, 4 * np.eye(len(gram)), atol=1e-12)


def test_orthogonal_rejects_vectors():
    with pytest.raises(ValueError, match="at least 2"):
        nn.Orthogonal()((3,))


def test_draws_depend_on_the_seed_or_the_generator():
    seeded = nn.GlorotUniform(seed=3)
    np.testing.assert_array_equal(seeded((3, 4)), seeded((3, 4), rng=np.random.default_rng(9)))
    unseeded = nn.GlorotUniform()
    rng = np.random.default_rng(0)
    first, second = unseeded((3, 4), rng=rng), unseeded((3, 4), rng=rng)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, unseeded((3, 4), rng=np.random.default_rng(0)))


@pytest.mark.parametrize("name", [*RANDOM, "zeros", "ones", "constant", "orthogonal"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_and_config(name, dtype):
    initializer = nn.Initializer.get(name)
    assert initializer((4, 4), dtype).dtype == dtype
    assert nn.Initializer.get(initializer.serialize()).serialize() == initializer.serialize()


def test_unknown_initializer_suggests_the_closest_name():
    with pytest.raises(ValueError, match="unknown initializer 'glorot_unifrom'; did you mean 'glorot_uniform'"):
        nn.Dense(3, kernel_initializer="glorot_unifrom")
