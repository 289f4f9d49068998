"""What :mod:`layerwise.nn` has and Keras has not, written for Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="layerwise")
class Residual(keras.Layer):
    """``y = branch(x) + shortcut(x)``, the twin of :class:`layerwise.nn.Residual`.

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
    """``y = [branch₁(x), branch₂(x), …]`` along the last axis, the twin of :class:`layerwise.nn.Parallel`.

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


def _layer(layer: Any) -> keras.Layer:
    return keras.saving.deserialize_keras_object(layer) if isinstance(layer, dict) else layer


@keras.saving.register_keras_serializable(package="layerwise")
def gelu_tanh(x: Any) -> Any:
    """Return GELU by its tanh approximation: the activation function ``Gelu(approximate=True)``."""
    return keras.activations.gelu(x, approximate=True)
