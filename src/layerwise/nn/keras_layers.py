"""Keras implementations of the layers of :mod:`layerwise.nn` that Keras lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np


@keras.saving.register_keras_serializable(package="layerwise")
class Residual(keras.Layer):
    """``y = branch(x) + shortcut(x)``, the counterpart of :class:`layerwise.nn.Residual`.

    Parameters
    ----------
    branch : sequence of keras.Layer
        Layers of the branch, in order.
    shortcut : sequence of keras.Layer, optional
        Layers that project the input to the branch's output shape; by default the input itself is added.
    """

    def __init__(self, branch: Sequence[Any], shortcut: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.branch, self.shortcut = ([_layer(layer) for layer in path] for path in (branch, shortcut))

    def build(self, input_shape):
        """Build both paths."""
        for path in (self.branch, self.shortcut):
            shape = input_shape
            for layer in path:
                if not layer.built:  # layers loaded from a file are already built
                    layer.build(shape)
                shape = layer.compute_output_shape(shape)
        self.compute_output_shape(input_shape)

    def call(self, x):
        """Return the sum of the two paths; Keras passes ``training`` on to the nested layers."""
        y, shortcut = x, x
        for layer in self.branch:
            y = layer(y)
        for layer in self.shortcut:
            shortcut = layer(shortcut)
        return y + shortcut

    def compute_output_shape(self, input_shape):
        """Return the output shape, which must be the same for both paths."""
        shapes = []
        for path in (self.branch, self.shortcut):
            shape = tuple(input_shape)
            for layer in path:
                shape = tuple(layer.compute_output_shape(shape))
            shapes.append(shape)
        if shapes[0] != shapes[1]:
            raise ValueError(f"branch and shortcut must have the same output shape, got {shapes[0]} and {shapes[1]}")
        return shapes[0]

    def get_config(self):
        """Return the constructor's arguments."""
        paths = {"branch": self.branch, "shortcut": self.shortcut}
        serialized = {
            key: [keras.saving.serialize_keras_object(layer) for layer in path] for key, path in paths.items()
        }
        return super().get_config() | serialized


@keras.saving.register_keras_serializable(package="layerwise")
class Parallel(keras.Layer):
    """``y = [branch₁(x), branch₂(x), …]`` along the last axis, the counterpart of :class:`layerwise.nn.Parallel`.

    Parameters
    ----------
    branches : sequence of sequences of keras.Layer
        The layers of each branch, in order.
    """

    def __init__(self, branches: Sequence[Sequence[Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.branches = [[_layer(layer) for layer in branch] for branch in branches]
        self.inside = [layer for branch in self.branches for layer in branch]  # Keras does not track nested lists

    def build(self, input_shape):
        """Build every branch."""
        for branch in self.branches:
            shape = input_shape
            for layer in branch:
                if not layer.built:  # layers loaded from a file are already built
                    layer.build(shape)
                shape = layer.compute_output_shape(shape)

    def call(self, x):
        """Return the outputs of the branches, concatenated."""
        outputs = []
        for branch in self.branches:
            y = x
            for layer in branch:
                y = layer(y)
            outputs.append(y)
        return keras.ops.concatenate(outputs, axis=-1)

    def compute_output_shape(self, input_shape):
        """Return the output shape of the first branch with the sizes of the last axes added up."""
        shapes = []
        for branch in self.branches:
            shape = tuple(input_shape)
            for layer in branch:
                shape = tuple(layer.compute_output_shape(shape))
            shapes.append(shape)
        if len({shape[:-1] for shape in shapes}) > 1:
            raise ValueError(
                f"the output shapes of the branches must differ in the last axis only, "
                f"got {' and '.join(map(str, shapes))}"
            )
        return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))

    def get_config(self):
        """Return the constructor's arguments."""
        branches = [[keras.saving.serialize_keras_object(layer) for layer in branch] for branch in self.branches]
        return super().get_config() | {"branches": branches}


@keras.saving.register_keras_serializable(package="layerwise")
class RandomElasticTransform(keras.Layer):
    """Random elastic distortion in training, the counterpart of :class:`layerwise.nn.RandomElasticTransform`.

    Parameters
    ----------
    alpha, sigma : float
        Amplitude of the displacement field and standard deviation of the Gaussian that smooths it, in pixels.
    fill_value : float
        Value of pixels beyond the edge.
    """

    def __init__(self, alpha: float = 34.0, sigma: float = 4.0, fill_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha, self.sigma, self.fill_value = alpha, sigma, fill_value
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, x, training=False):
        """Return the images, distorted if training."""
        return self._distorted(x) if training else x

    def _distorted(self, x: Any) -> Any:
        ops = keras.ops
        height, width, channels = x.shape[1:]
        shape = (2, ops.shape(x)[0], height, width)
        field = keras.random.uniform(shape, -self.alpha, self.alpha, dtype=x.dtype, seed=self.seed_generator)
        smooth = [ops.cast(_gaussian(size, self.sigma), x.dtype) for size in (height, width)]
        field = ops.matmul(ops.matmul(smooth[0], field), smooth[1])
        rows, columns = ops.arange(height, dtype=x.dtype)[:, None], ops.arange(width, dtype=x.dtype)
        padded = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=self.fill_value)
        pixels = ops.reshape(padded, (-1, channels))
        first = ops.reshape(ops.arange(shape[1]) * ((height + 2) * (width + 2)), (-1, 1, 1))
        y = ops.zeros_like(x)
        for row, row_weight in _neighbors(rows + field[0], height):
            for column, column_weight in _neighbors(columns + field[1], width):
                weight = (row_weight * column_weight)[..., None]
                y += ops.take(pixels, first + row * (width + 2) + column, axis=0) * weight
        return y

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return super().get_config() | {"alpha": self.alpha, "sigma": self.sigma, "fill_value": self.fill_value}


@keras.saving.register_keras_serializable(package="layerwise")
class RandomApply(keras.Layer):
    """Applies layers to a random subset of the examples in training, as :class:`layerwise.nn.RandomApply` does.

    Parameters
    ----------
    layers : sequence of keras.Layer
        Layers to apply, in order; each must keep the shape of its input.
    rate : float
        Probability of applying them to an example.
    """

    def __init__(self, layers: Sequence[Any], rate: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layers, self.rate = [_layer(layer) for layer in layers], rate
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, input_shape):
        """Build the layers."""
        for layer in self.layers:
            if not layer.built:  # layers loaded from a file are already built
                layer.build(input_shape)

    def call(self, x, training=False):
        """Return the examples, with the layers applied to a random subset if training."""
        if not training:
            return x
        y = x
        for layer in self.layers:
            y = layer(y)
        shape = (keras.ops.shape(x)[0],) + (1,) * (len(x.shape) - 1)
        return keras.ops.where(keras.random.uniform(shape, seed=self.seed_generator) < self.rate, y, x)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        layers = [keras.saving.serialize_keras_object(layer) for layer in self.layers]
        return super().get_config() | {"layers": layers, "rate": self.rate}


def _gaussian(size: int, sigma: float) -> np.ndarray:
    """Return the matrix that smooths a line of pixels.

    A copy of the one in nn, so that editing nn does not make the pipeline retrain the Keras models.
    """
    distance = np.subtract.outer(np.arange(size), np.arange(size))
    far = np.arange(-4 * size, 4 * size + 1)
    return np.exp(-0.5 * (distance / sigma) ** 2) / np.exp(-0.5 * (far / sigma) ** 2).sum()


def _neighbors(position: Any, size: int) -> list[tuple[Any, Any]]:
    """Return the indices in the padded image of the two pixels around each position, and their weights."""
    position = keras.ops.clip(position, -1, size)
    before = keras.ops.minimum(keras.ops.floor(position), size - 1)
    index, fraction = keras.ops.cast(before, "int32") + 1, position - before
    return [(index, 1 - fraction), (index + 1, fraction)]


def _layer(layer: Any) -> keras.Layer:
    return keras.saving.deserialize_keras_object(layer) if isinstance(layer, dict) else layer


@keras.saving.register_keras_serializable(package="layerwise")
def gelu_tanh(x: Any) -> Any:
    """Return the tanh approximation of GELU, the counterpart of ``Gelu(approximate=True)``."""
    return keras.activations.gelu(x, approximate=True)
