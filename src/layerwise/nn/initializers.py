"""Weight initializers with the names of Keras, drawing from the model's generator."""

from __future__ import annotations

import math
from abc import abstractmethod

import numpy as np

from layerwise.nn.serialization import Configurable


class Initializer(Configurable, kind="initializer", aliases={"normal": "random_normal", "uniform": "random_uniform"}):
    """Base of the initializers: ``initializer(shape, dtype, rng)`` returns a new array.

    Parameters
    ----------
    seed : int, optional
        Seed of a separate generator; by default the model's generator is used.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed

    def __call__(
        self, shape: tuple[int, ...], dtype: np.typing.DTypeLike = "float32", rng: np.random.Generator | None = None
    ) -> np.ndarray:
        """Return an array of ``shape``; ``rng`` is used only by random initializers without a seed."""
        if self.seed is not None or rng is None:
            rng = np.random.default_rng(self.seed)
        return self.draw(tuple(shape), rng).astype(dtype)

    @abstractmethod
    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Return the values in float64."""


class Zeros(Initializer):
    """All zeros."""

    def __init__(self) -> None:
        super().__init__()

    def draw(self, shape, rng):
        """See :meth:`Initializer.draw`."""
        return np.zeros(shape)


class Ones(Initializer):
    """All ones."""

    def __init__(self) -> None:
        super().__init__()

    def draw(self, shape, rng):
        """See :meth:`Initializer.draw`."""
        return np.ones(shape)


class Constant(Initializer):
    """All equal to ``value``."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.value = value

    def draw(self, shape, rng):
        """See :meth:`Initializer.draw`."""
        return np.full(shape, self.value, dtype=float)


class RandomNormal(Initializer):
    """Normal distribution with the given mean and standard deviation."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def draw(self, shape, rng):
        """See :meth:`Initializer.draw`."""
        return rng.normal(self.mean, self.stddev, shape)


class RandomUniform(Initializer):
    """Uniform distribution on [minval, maxval)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def draw(self, shape, rng):
        """See :meth:`Initializer.draw`."""
        return rng.uniform(self.minval, self.maxval, shape)


class Orthogonal(Initializer):
    """Orthonormal rows or columns times ``gain`` (Saxe, McClelland & Ganguli 2014), for shapes with at least two axes.

    Q of the QR decomposition of a normal matrix, multiplied by the signs of R's diagonal so that Q is uniform.
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def draw(self, shape, rng):
        """See :meth:`Initializer.draw`."""
        if len(shape) < 2:
            raise ValueError(f"Orthogonal initializer: shape must have at least 2 axes, got {shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
        q *= np.sign(np.diag(r))
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


def fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """Return (fan in, fan out) of a kernel ``(*window, inputs, outputs)``, as Keras computes them."""
    if len(shape) < 2:
        size = float(shape[0]) if shape else 1.0
        return size, size
    window = math.prod(shape[:-2])
    return float(window * shape[-2]), float(window * shape[-1])


class _Scaled(Initializer):
    """Base of the Glorot, He and LeCun initializers: random weights of variance ``scale / fan``."""

    scale = 1.0
    mode = "average"  # "average" of fan in and fan out, or "in" for fan in

    def variance(self, shape: tuple[int, ...]) -> float:
        """Return the variance of a weight."""
        fan_in, fan_out = fans(shape)
        return self.scale / max(1.0, (fan_in + fan_out) / 2 if self.mode == "average" else fan_in)


class _ScaledUniform(_Scaled):
    def draw(self, shape, rng):
        limit = math.sqrt(3 * self.variance(shape))
        return rng.uniform(-limit, limit, shape)


class _ScaledNormal(_Scaled):
    """Normal distribution truncated at two standard deviations, rescaled to have the variance after truncation."""

    def draw(self, shape, rng):
        values = rng.standard_normal(shape)
        while (outside := np.abs(values) > 2).any():
            values[outside] = rng.standard_normal(np.count_nonzero(outside))
        return values * (math.sqrt(self.variance(shape)) / 0.87962566103423978)


class GlorotUniform(_ScaledUniform):
    """Uniform distribution of variance 2 / (fan in + fan out) (Glorot & Bengio 2010), the default for kernels."""


class GlorotNormal(_ScaledNormal):
    """Truncated normal distribution of variance 2 / (fan in + fan out) (Glorot & Bengio 2010)."""


class HeUniform(_ScaledUniform):
    """Uniform distribution of variance 2 / fan in (He et al. 2015), for ReLU."""

    scale, mode = 2.0, "in"


class HeNormal(_ScaledNormal):
    """Truncated normal distribution of variance 2 / fan in (He et al. 2015), for ReLU."""

    scale, mode = 2.0, "in"


class LecunUniform(_ScaledUniform):
    """Uniform distribution of variance 1 / fan in (LeCun et al. 1998)."""

    mode = "in"


class LecunNormal(_ScaledNormal):
    """Truncated normal distribution of variance 1 / fan in (LeCun et al. 1998)."""

    mode = "in"
