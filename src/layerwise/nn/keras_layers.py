"""What :mod:`layerwise.nn` has and Keras has not, written for Keras."""

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
        Layers run one after the other.
    shortcut : sequence of keras.Layer, optional
        Layers that give the input the branch's shape; by default the input itself is added.
    """

    def __init__(self, branch: Sequence[Any], shortcut: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.branch, self.shortcut = ([_layer(layer) for layer in path] for path in (branch, shortcut))

    def build(self, input_shape):
        """Build both paths."""
        for path in (self.branch, self.shortcut):
            shape = input_shape
            for layer in path:
                if not layer.built:  # one read from a file is
                    layer.build(shape)
                shape = layer.compute_output_shape(shape)
        self.compute_output_shape(input_shape)

    def call(self, x):
        """Return the sum of the paths; Keras itself tells the layers inside whether they are training."""
        y, along = x, x
        for layer in self.branch:
            y = layer(y)
        for layer in self.shortcut:
            along = layer(along)
        return y + along

    def compute_output_shape(self, input_shape):
        """Return the shape of both paths' outputs."""
        shapes = []
        for path in (self.branch, self.shortcut):
            shape = tuple(input_shape)
            for layer in path:
                shape = tuple(layer.compute_output_shape(shape))
            shapes.append(shape)
        if shapes[0] != shapes[1]:
            raise ValueError(f"the branch ends in shape {shapes[0]}, the shortcut in {shapes[1]}")
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
        Each branch's layers run one after the other.
    """

    def __init__(self, branches: Sequence[Sequence[Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.branches = [[_layer(layer) for layer in branch] for branch in branches]
        self.inside = [layer for branch in self.branches for layer in branch]  # Keras saves no weights of nested lists

    def build(self, input_shape):
        """Build every branch."""
        for branch in self.branches:
            shape = input_shape
            for layer in branch:
                if not layer.built:  # one read from a file is
                    layer.build(shape)
                shape = layer.compute_output_shape(shape)

    def call(self, x):
        """Return the outputs of the branches side by side."""
        outputs = []
        for branch in self.branches:
            y = x
            for layer in branch:
                y = layer(y)
            outputs.append(y)
        return keras.ops.concatenate(outputs, axis=-1)

    def compute_output_shape(self, input_shape):
        """Return the first branch's shape with the last axes of all."""
        shapes = []
        for branch in self.branches:
            shape = tuple(input_shape)
            for layer in branch:
                shape = tuple(layer.compute_output_shape(shape))
            shapes.append(shape)
        if len({shape[:-1] for shape in shapes}) > 1:
            raise ValueError(f"the branches end in shapes {' and '.join(map(str, shapes))}")
        return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))

    def get_config(self):
        """Return the constructor's arguments."""
        branches = [[keras.saving.serialize_keras_object(layer) for layer in branch] for branch in self.branches]
        return super().get_config() | {"branches": branches}


@keras.saving.register_keras_serializable(package="layerwise")
class RandomElasticTransform(keras.Layer):
    """Bends each image like rubber in training, the counterpart of :class:`layerwise.nn.RandomElasticTransform`.

    Parameters
    ----------
    alpha, sigma : float
        Strength of the field and standard deviation of the Gaussian that smooths it, in pixels.
    fill_value : float
        What is read beyond the edge.
    """

    def __init__(self, alpha: float = 34.0, sigma: float = 4.0, fill_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha, self.sigma, self.fill_value = alpha, sigma, fill_value
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, x, training=False):
        """Return the images, bent if training."""
        return self._bent(x) if training else x

    def _bent(self, x: Any) -> Any:
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
        for row, share in _neighbours(rows + field[0], height):
            for column, part in _neighbours(columns + field[1], width):
                y += ops.take(pixels, first + row * (width + 2) + column, axis=0) * (share * part)[..., None]
        return y

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return super().get_config() | {"alpha": self.alpha, "sigma": self.sigma, "fill_value": self.fill_value}


@keras.saving.register_keras_serializable(package="layerwise")
class RandomApply(keras.Layer):
    """Applies layers to some examples in training, the counterpart of :class:`layerwise.nn.RandomApply`.

    Parameters
    ----------
    layers : sequence of keras.Layer
        Run one after the other; each keeps the shape of what it is given.
    rate : float
        Share of the examples that they change.
    """

    def __init__(self, layers: Sequence[Any], rate: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layers, self.rate = [_layer(layer) for layer in layers], rate
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, input_shape):
        """Build the layers."""
        for layer in self.layers:
            if not layer.built:  # one read from a file is
                layer.build(input_shape)

    def call(self, x, training=False):
        """Return the examples, the chosen ones changed if training."""
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
    """Return the matrix that smooths a line of pixels; kept apart from nn's, whose edits then retrain nothing here."""
    distance = np.subtract.outer(np.arange(size), np.arange(size))
    far = np.arange(-4 * size, 4 * size + 1)
    return np.exp(-0.5 * (distance / sigma) ** 2) / np.exp(-0.5 * (far / sigma) ** 2).sum()


def _neighbours(place: Any, size: int) -> list[tuple[Any, Any]]:
    """Return the pixels around each place, counted from one pixel before the image, with their weights."""
    place = keras.ops.clip(place, -1, size)
    before = keras.ops.minimum(keras.ops.floor(place), size - 1)
    index, part = keras.ops.cast(before, "int32") + 1, place - before
    return [(index, 1 - part), (index + 1, part)]


def _layer(layer: Any) -> keras.Layer:
    return keras.saving.deserialize_keras_object(layer) if isinstance(layer, dict) else layer


@keras.saving.register_keras_serializable(package="layerwise")
def gelu_tanh(x: Any) -> Any:
    """Return GELU by its tanh approximation: the activation function ``Gelu(approximate=True)``."""
    return keras.activations.gelu(x, approximate=True)
