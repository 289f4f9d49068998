"""The basic layers: Input, Dense, Flatten, Reshape, Permute."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from layerwise.nn import activations
from layerwise.nn.initializers import Initializer
from layerwise.nn.kernels import dense
from layerwise.nn.kernels.products import product
from layerwise.nn.layers.base import ActivatedLayer, Layer
from layerwise.nn.regularizers import Constraint, Regularizer


class Input(Layer):
    """Declares the shape of one example; as the first layer, it lets the model be built immediately.

    Parameters
    ----------
    shape : tuple of int or None
        Shape of one example, without the batch axis; None for an axis of variable length.
    """

    def __init__(self, shape: Sequence[int | None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(shape, (tuple, list)) or not all(size is None or size > 0 for size in shape):
            raise ValueError(f"Input: shape must be a tuple of sizes ≥ 1, without the batch axis, got {shape!r}")
        self.shape = tuple(shape)

    def forward(self, x, training=False):
        """Return ``x``."""
        return x

    def backward(self, dy):
        """Return ``dy``."""
        return dy


class Dense(ActivatedLayer):
    """Fully connected layer, ``y = activation(x @ kernel + bias)``.

    Parameters
    ----------
    units : int
        Number of units, the size of the last axis of the output.
    activation : str or ActivationFunction, optional
        Activation function; linear by default.
    use_bias : bool
        Whether to add a bias.
    kernel_initializer, bias_initializer : str or Initializer
        Initializers of the weights.
    kernel_regularizer, bias_regularizer : str or Regularizer, optional
        Penalties added to the loss.
    kernel_constraint, bias_constraint : str or Constraint, optional
        Projections applied after each update.

    Notes
    -----
    x ``(batch, …, features)`` → y ``(batch, …, units)``. With ``dz`` the gradient with respect to the pre-activation:
    ``d kernel = xᵀ dz``, ``d bias = Σ dz``, ``dx = dz kernelᵀ`` (Rumelhart, Hinton & Williams 1986).
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(units, bool) or not isinstance(units, (int, np.integer)) or units < 1:
            raise ValueError(f"{self}: units must be an integer ≥ 1, got {units!r}")
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = Initializer.get(kernel_initializer)
        self.bias_initializer = Initializer.get(bias_initializer)
        self.kernel_regularizer = Regularizer.get(kernel_regularizer)
        self.bias_regularizer = Regularizer.get(bias_regularizer)
        self.kernel_constraint = Constraint.get(kernel_constraint)
        self.bias_constraint = Constraint.get(bias_constraint)

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        shape = (input_shape[-1], self.units)
        self.add_weight("kernel", shape, self.kernel_initializer, self.kernel_regularizer, self.kernel_constraint)
        if self.use_bias:
            self.add_weight("bias", (self.units,), self.bias_initializer, self.bias_regularizer, self.bias_constraint)

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        return self.activate(self.pre_activation(x))

    def pre_activation(self, x):
        """Return z = x kernel + bias."""
        self.check_input(x)
        self.x = x
        out = self.empty("y", (*x.shape[:-1], self.units))
        return dense.affine(x, self.params["kernel"], self.params.get("bias"), out=out)

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        return self.pre_activation_backward(self.activation_gradient(dy))

    def pre_activation_backward(self, dz):
        """Write ``xᵀ dz`` and ``Σ dz``, and return ``dz kernelᵀ``."""
        dense.affine_gradients(self.x, dz, self.grads["kernel"], self.grads.get("bias"))
        if not self.needs_input_gradient:
            return None
        dx = self.empty("dx", self.x.shape)
        product(dz.reshape(-1, self.units), self.params["kernel"].T, dx.reshape(-1, dx.shape[-1]))
        return dx

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        return (*input_shape[:-1], self.units)


class Flatten(Layer):
    """Flattens all axes except the batch axis, ``(batch, a, b, …)`` → ``(batch, a·b·…)``."""

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.shape = x.shape
        return x.reshape(len(x), math.prod(x.shape[1:]))

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        return dy.reshape(self.shape)

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        sizes = tuple(input_shape[1:])
        return (input_shape[0], None if None in sizes else math.prod(sizes))


class Reshape(Layer):
    """Reshapes each example to ``target_shape``.

    Parameters
    ----------
    target_shape : tuple of int
        Shape of one output example; one size may be -1, to be inferred from the others.
    """

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        self.compute_output_shape(input_shape)

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.shape = x.shape
        return x.reshape(self.compute_output_shape(x.shape))

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        return dy.reshape(self.shape)

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        sizes = tuple(input_shape[1:])
        if None in sizes:
            return (input_shape[0], *(None if size == -1 else size for size in self.target_shape))
        total, known = math.prod(sizes), math.prod(size for size in self.target_shape if size != -1)
        free = self.target_shape.count(-1)
        if free > 1 or (total != known if not free else known == 0 or total % known):
            raise ValueError(
                f"{self}: target_shape {self.target_shape} must hold as many values as the input, {total}, "
                f"got input shape {sizes}"
            )
        return (input_shape[0], *(total // known if size == -1 else size for size in self.target_shape))


class Permute(Layer):
    """Permutes the axes of each example, for instance to put channels before steps.

    Parameters
    ----------
    dims : tuple of int
        Input axis for each output axis, counted from 1; the batch axis stays first.
    """

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"{self}: dims must be a permutation of 1 to {len(self.dims)}, got {self.dims}")

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        self.compute_output_shape(input_shape)

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        return np.ascontiguousarray(x.transpose(0, *self.dims))

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        return np.ascontiguousarray(dy.transpose(np.argsort((0, *self.dims))))

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        if len(input_shape) != len(self.dims) + 1:
            raise ValueError(
                f"{self}: examples must have {len(self.dims)} axes for dims {self.dims}, "
                f"got shape {tuple(input_shape[1:])}"
            )
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))
