"""Regularization by noise: layers that perturb their input in training and pass it through in inference."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise.nn.kernels.elementwise import keep_mask
from layerwise.nn.layers.base import Layer


class Dropout(Layer):
    """Sets each value to 0 with probability ``rate`` in training (Srivastava et al. 2014).

    ``y = x · mask / (1 − rate)``, so that the expected output is the input; ``dx = dy · mask / (1 − rate)``.

    Parameters
    ----------
    rate : float
        Probability of dropping, in [0, 1); exact for multiples of 1/256, otherwise to within 1/131072.
    """

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"{self}: rate must be a number in [0, 1), got {rate!r}")
        self.rate = float(rate)

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.factor = None
        if not training or self.rate == 0:
            return x
        mask, keep = keep_mask(self.rng, x.shape, self.rate)
        self.factor = np.multiply(mask, x.dtype.type(1 / keep), out=self.empty("factor", x.shape))
        return np.multiply(x, self.factor, out=self.empty("y", x.shape))

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        return dy if self.factor is None else np.multiply(dy, self.factor, out=self.over(dy))


class GaussianNoise(Layer):
    """Adds Gaussian noise of mean 0 and standard deviation ``stddev`` in training (Bishop 1995); ``dx = dy``.

    Parameters
    ----------
    stddev : float
        Standard deviation, ≥ 0.
    """

    def __init__(self, stddev: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not stddev >= 0:
            raise ValueError(f"{self}: stddev must be a number ≥ 0, got {stddev!r}")
        self.stddev = float(stddev)

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        if not training or self.stddev == 0:
            return x
        y = self.rng.standard_normal(x.shape, dtype=x.dtype)
        y *= self.stddev
        y += x
        return y

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        return dy
