"""Layers made of layers whose outputs come together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from layerwise.nn.layers.base import Layer


class Residual(Layer):
    """A branch of layers added to its own input, or to a projection of it: ``y = branch(x) + shortcut(x)``.

    He et al. 2016; what comes after the sum (their ReLU) is a layer of its own.

    Parameters
    ----------
    branch : sequence of Layer
        Layers run one after the other.
    shortcut : sequence of Layer, optional
        Layers that give the input the branch's shape (a 1×1 convolution with strides, a Dense); by default the input
        itself is added.

    Notes
    -----
    ``dx = branch.backward(dy) + shortcut.backward(dy)``. Weights belong to the layers inside; :meth:`Layer.walk`
    finds them.
    """

    def __init__(self, branch: Sequence[Layer], shortcut: Sequence[Layer] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.branch = [Layer.get(layer) for layer in branch]
        self.shortcut = [Layer.get(layer) for layer in shortcut]
        if not self.branch:
            raise ValueError(f"{self}: the branch must have at least one layer, got none")

    @property
    def sublayers(self):
        """See :meth:`Layer.sublayers`."""
        return [*self.branch, *self.shortcut]

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        self.compute_output_shape(input_shape)
        for path in (self.branch, self.shortcut):
            shape = self.input_shape
            for layer in path:
                layer.dtype = layer.dtype or self.dtype
                layer.build(shape)
                shape = layer.compute_output_shape(shape)

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        y, along = x, x
        for layer in self.branch:
            y = layer.forward(y, training)
        for layer in self.shortcut:
            along = layer.forward(along, training)
        return np.add(y, along, out=self.empty("y", y.shape))

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        dx, along = dy.copy(), dy
        for layer in reversed(self.branch):
            dx = layer.backward(dx)
        for layer in reversed(self.shortcut):
            along = layer.backward(along)
        return np.add(dx, along, out=self.over(along))

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        shapes = []
        for path in (self.branch, self.shortcut):
            shape = tuple(input_shape)
            for layer in path:
                shape = layer.compute_output_shape(shape)
            shapes.append(shape)
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"{self}: the branch turns {tuple(input_shape)} into {shapes[0]} but the shortcut into {shapes[1]}; "
                f"give layers in shortcut= that make them equal"
            )
        return shapes[0]


class Parallel(Layer):
    """Branches of layers that read the same input, their outputs side by side: ``y = [branch₁(x), branch₂(x), …]``.

    Outputs are joined along the last axis (Szegedy et al. 2015; over words with kernels of several widths, Kim 2014).

    Parameters
    ----------
    branches : sequence of sequences of Layer
        Each branch's layers run one after the other; the input itself where a branch has none.

    Notes
    -----
    ``dy`` is cut where the outputs were joined, and ``dx = Σ branchᵢ.backward(dyᵢ)``. Weights belong to the layers
    inside, branch by branch; :meth:`Layer.walk` finds them.
    """

    def __init__(self, branches: Sequence[Sequence[Layer]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.branches = [[Layer.get(layer) for layer in branch] for branch in branches]
        if not self.branches:
            raise ValueError(f"{self}: there must be at least one branch, got none")

    @property
    def sublayers(self):
        """See :meth:`Layer.sublayers`."""
        return [layer for branch in self.branches for layer in branch]

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        for branch in self.branches:
            shape = self.input_shape
            for layer in branch:
                layer.dtype = layer.dtype or self.dtype
                layer.build(shape)
                shape = layer.compute_output_shape(shape)
        self.compute_output_shape(input_shape)

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        outputs = []
        for branch in self.branches:
            y = x
            for layer in branch:
                y = layer.forward(y, training)
            outputs.append(y)
        self.cuts = np.cumsum([y.shape[-1] for y in outputs])
        return np.concatenate(outputs, axis=-1, out=self.empty("y", (*outputs[0].shape[:-1], self.cuts[-1])))

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        total = None
        for branch, part in zip(self.branches, np.split(dy, self.cuts[:-1], axis=-1)):
            dx = part.copy()  # the layers may write over it
            for layer in reversed(branch):
                dx = layer.backward(dx)
            total = dx if total is None else np.add(total, dx, out=self.over(dx))
        return total

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        shapes = []
        for branch in self.branches:
            shape = tuple(input_shape)
            for layer in branch:
                shape = layer.compute_output_shape(shape)
            shapes.append(shape)
        if len({shape[:-1] for shape in shapes}) > 1:
            raise ValueError(
                f"{self}: the branches turn {tuple(input_shape)} into {' and '.join(map(str, shapes))}; "
                f"their outputs must differ in the last axis only"
            )
        widths = [shape[-1] for shape in shapes]
        return (*shapes[0][:-1], None if None in widths else sum(widths))
