"""The Embedding layer, which maps integers to trainable vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise.nn import checks
from layerwise.nn.initializers import Initializer
from layerwise.nn.kernels import lookup
from layerwise.nn.layers.base import Layer
from layerwise.nn.regularizers import Constraint, Regularizer


class Embedding(Layer):
    """Maps each integer to a trainable vector, ``y = embeddings[x]``.

    Parameters
    ----------
    input_dim : int
        Size of the vocabulary; inputs are integers from 0 to ``input_dim − 1``.
    output_dim : int
        Length of the vectors.
    embeddings_initializer : str or Initializer
        Initializer of the vectors.
    embeddings_regularizer : str or Regularizer, optional
        Penalty added to the loss.
    embeddings_constraint : str or Constraint, optional
        Projection applied after each update.

    Notes
    -----
    x ``(batch, …)`` of integers → y ``(batch, …, output_dim)`` (Bengio et al. 2003). This equals one-hot vectors times
    the embeddings, so ``d embeddings[k] = Σ dy`` over the positions where x = k. Integers have no gradient, so
    ``backward`` returns None. ``mask_zero`` is not supported: a 0 used for padding has a vector like any other integer.
    """

    integer_input = True

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.input_dim = checks.whole(str(self), "input_dim", input_dim)
        self.output_dim = checks.whole(str(self), "output_dim", output_dim)
        self.embeddings_initializer = Initializer.get(embeddings_initializer)
        self.embeddings_regularizer = Regularizer.get(embeddings_regularizer)
        self.embeddings_constraint = Constraint.get(embeddings_constraint)

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        self.input_shape = (None,) * len(input_shape)
        self.add_weight(
            "embeddings",
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            self.embeddings_regularizer,
            self.embeddings_constraint,
        )

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.check_input(x)
        if x.dtype.kind not in "iu":
            raise ValueError(f"{self}: input must be integers from 0 to {self.input_dim - 1}, got {x.dtype}")
        if x.size and (x.min() < 0 or x.max() >= self.input_dim):
            raise ValueError(
                f"{self}: input must be integers from 0 to {self.input_dim - 1}, got {x.min()} to {x.max()}"
            )
        self.x = x
        out = self.empty("y", (*x.shape, self.output_dim))
        return np.take(self.params["embeddings"], x, axis=0, out=out, mode="clip")  # "clip" avoids a copy

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        lookup.scatter(self.x, dy, self.grads["embeddings"])

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        return (*input_shape, self.output_dim)
