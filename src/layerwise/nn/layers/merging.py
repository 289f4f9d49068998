"""Layers composed of branches whose outputs are merged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from layerwise.nn.layers.base import Layer


class Residual(Layer):
    """Residual connection: a branch of layers plus its input or a projection of it, ``y = branch(x) + shortcut(x)``.

    He et al. 2016; the ReLU that they apply to the sum is a separate layer.

    Parameters
    ----------
    branch : sequence of Layer
        Layers of the branch, in order.
    shortcut : sequence of Layer, optional
        Layers that project the input to the branch's output shape (a strided 1×1 convolution, a Dense); by default the
        input itself is added.

    Notes
    -----
    ``dx = branch.backward(dy) + shortcut.backward(dy)``. The weights belong to the nested layers; :meth:`Layer.walk`
    yields these.
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
        y, shortcut = x, x
        for layer in self.branch:
            y = layer.forward(y, training)
        for layer in self.shortcut:
            shortcut = layer.forward(shortcut, training)
        return np.add(y, shortcut, out=self.empty("y", y.shape))

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        dx, shortcut = dy.copy(), dy
        for layer in reversed(self.branch):
            dx = layer.backward(dx)
        for layer in reversed(self.shortcut):
            shortcut = layer.backward(shortcut)
        return np.add(dx, shortcut, out=self.over(shortcut))

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
                f"{self}: branch and shortcut must have the same output shape for input {tuple(input_shape)}, "
                f"got {shapes[0]} and {shapes[1]}; add layers to shortcut="
            )
        return shapes[0]


class Parallel(Layer):
    """Parallel branches with concatenated outputs: ``y = [branch₁(x), branch₂(x), …]``.

    Outputs are concatenated along the last axis (Szegedy et al. 2015; for text, with kernels of several widths,
    Kim 2014).

    Parameters
    ----------
    branches : sequence of sequences of Layer
        The layers of each branch, in order; an empty branch passes the input through.

    Notes
    -----
    ``dy`` is split where the outputs were concatenated, and ``dx = Σ branchᵢ.backward(dyᵢ)``. The weights belong to the
    nested layers, branch by branch; :meth:`Layer.walk` yields these.
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
        self.ends = np.cumsum([y.shape[-1] for y in outputs])
        return np.concatenate(outputs, axis=-1, out=self.empty("y", (*outputs[0].shape[:-1], self.ends[-1])))

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        total = None
        for branch, part in zip(self.branches, np.split(dy, self.ends[:-1], axis=-1)):
            dx = part.copy()  # the layers may overwrite it
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
                f"{self}: output shapes of the branches must differ in the last axis only, "
                f"got {' and '.join(map(str, shapes))} for input {tuple(input_shape)}"
            )
        widths = [shape[-1] for shape in shapes]
        return (*shapes[0][:-1], None if None in widths else sum(widths))
