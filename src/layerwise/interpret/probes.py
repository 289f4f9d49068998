"""Probes: a common interface to outputs and gradients of NumPy and Keras models, which can be split at any layer."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from layerwise.nn.activations import Relu
from layerwise.nn.model import Sequential

BATCH = 256  # examples per forward pass


class Probe(ABC):
    """A range of a model's layers that can be run forward and differentiated with respect to its input.

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        The built model. Its weights are not modified, but its stored gradients are.
    start, stop : int
        Range of layer indices, as in a slice; all layers by default.

    Notes
    -----
    A score is one number per example: the output for class ``target``, averaged over positions if a layer has several
    (a feature map). A model with a single output has two classes: the score of class 1 is the output, the score of
    class 0 its negative. Use models that end in logits: probabilities saturate, so their gradient vanishes when a model
    is confident.
    """

    convolution: ClassVar[str] = "Conv"  # prefix of the class names of convolutional layers in both backends

    def __init__(self, model: Any, start: int = 0, stop: int | None = None) -> None:
        self.model = model
        self.start, self.stop = start, len(model.layers) if stop is None else stop
        self.layers = model.layers[self.start : self.stop]
        self.whole = self.stop == len(model.layers)  # whether the outputs are those of the model

    # --- implemented by the backends ------------------------------------------------------------------------------

    @abstractmethod
    def _forward(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs for one batch in a new array."""

    @abstractmethod
    def _backward(self, x: np.ndarray, seed: Callable[[np.ndarray], np.ndarray]) -> np.ndarray | None:
        """Return the gradient of ``Σ y · seed(y)`` with respect to ``x`` for a constant seed; None if x is integer."""

    @abstractmethod
    def _prepared(self, x: np.ndarray) -> np.ndarray:
        """Return ``x`` in the dtype that the first layer takes."""

    @abstractmethod
    def _inside(self, layer: Any) -> Iterator[Any]:
        """Yield a layer and all layers nested in it."""

    @abstractmethod
    def copy(self) -> Self:
        """Return the same range of layers of a copy of the model with separate weights."""

    @abstractmethod
    def guided(self) -> Self:
        """Return a copy in which every ReLU backpropagates positive gradients only (Springenberg et al. 2015)."""

    # --- structure ------------------------------------------------------------------------------------------------

    @property
    def names(self) -> list[str]:
        """Names of the layers, in order."""
        return [layer.name for layer in self.layers]

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of one input example of the model."""
        return tuple(self.model.input_shape[1:])

    @property
    def convolutions(self) -> list[str]:
        """Names of the layers that are or contain a convolution."""
        return [
            layer.name
            for layer in self.layers
            if any(type(part).__name__.startswith(self.convolution) for part in self._inside(layer))
        ]

    def split(self, layer: str) -> tuple[Self, Self]:
        """Split after a layer: return the part up to its output, and the part from there on.

        Raises
        ------
        ValueError
            If there is no such layer; the message lists the layers of the model.
        """
        if layer not in self.names:
            raise ValueError(
                f"model '{self.model.name}' has no layer '{layer}'; layer must be one of {_listed(self.names)}"
            )
        index = self.start + self.names.index(layer) + 1
        return type(self)(self.model, self.start, index), type(self)(self.model, index, self.stop)

    # --- weights --------------------------------------------------------------------------------------------------

    def weights(self) -> dict[str, list[np.ndarray]]:
        """Return copies of the weights, in the order of Keras, by layer name; layers without weights are left out."""
        return {layer.name: layer.get_weights() for layer in self.layers if layer.weights}

    def with_weights(self, weights: Mapping[str, Sequence[np.ndarray]]) -> Self:
        """Return a copy with the given weights in the named layers."""
        other = self.copy()
        for layer in other.layers:
            if layer.name in weights:
                layer.set_weights(list(weights[layer.name]))
        return other

    # --- passes ---------------------------------------------------------------------------------------------------

    def outputs(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs of the last layer for each example of ``x``."""
        return np.concatenate([self._forward(batch) for (batch,) in self._batches(x)])

    def targets(self, x: np.ndarray, target: Any = None) -> np.ndarray:
        """Return one class per example: the given class or classes, by default the predicted ones.

        Raises
        ------
        ValueError
            If the classes are not integers, or their number differs from that of the examples.
        """
        if target is None:
            scores = self.outputs(x)
            self._one_axis(scores)
            return (scores[:, 0] > 0).astype(int) if scores.shape[1] == 1 else scores.argmax(axis=1)
        classes = np.asarray(target)
        if classes.dtype.kind not in "iu" or classes.shape not in ((), (len(x),)):
            raise ValueError(
                f"target must be one class, or one class for each of {len(x)} examples, got {classes.dtype} of shape "
                f"{classes.shape}"
            )
        return np.broadcast_to(classes, len(x)).astype(int)

    def score(self, x: np.ndarray, target: Any = None) -> np.ndarray:
        """Return the score of class ``target`` for each example, ``(n,)``."""
        y = self.outputs(x)
        return (y * self._seed(y, self.targets(x, target))).reshape(len(y), -1).sum(axis=1)

    def confidence(self, x: np.ndarray, target: Any = None) -> np.ndarray:
        """Return the probability of class ``target`` for each example, ``(n,)``; the outputs must be logits."""
        logits = self.outputs(x).astype(np.float64)
        self._one_axis(logits)
        if logits.shape[1] == 1:
            logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers[np.arange(len(x)), self.targets(x, target)] / powers.sum(axis=1)

    def gradient(self, x: np.ndarray, target: Any = None) -> np.ndarray:
        """Return the gradient of the score of class ``target`` with respect to ``x``, of the shape of ``x``.

        Raises
        ------
        ValueError
            If ``x`` holds the integer inputs of an Embedding, which have no gradient.
        """
        classes = self.targets(x, target)
        gradients = []
        for batch, batch_classes in self._batches(x, classes):
            gradient = self._backward(
                batch,
                lambda y, batch_classes=batch_classes: self._seed(y, batch_classes),  # type: ignore[misc]
            )
            if gradient is None:
                raise ValueError(
                    f"model '{self.model.name}': the integer inputs of an Embedding have no gradient; "
                    f"attribute to the output of a layer instead, layer='{self.names[0]}'"
                )
            gradients.append(gradient)
        return np.concatenate(gradients)

    def _batches(self, x: np.ndarray, *others: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
        x = self.checked(x)
        for start in range(0, len(x), BATCH):
            yield tuple(array[start : start + BATCH] for array in (x, *others))

    def checked(self, x: np.ndarray) -> np.ndarray:
        """Validate ``x`` and return it in the dtype that the first layer takes.

        Raises
        ------
        ValueError
            If the examples do not have the model's input shape, or there are none.
        """
        x = np.asarray(x)
        wanted = self.input_shape if self.start == 0 else x.shape[1:]
        if x.ndim != 1 + len(wanted) or not len(x) or any(w not in (None, n) for w, n in zip(wanted, x.shape[1:])):
            size = ", ".join(["n", *(str(w or "any") for w in wanted)])
            raise ValueError(f"x must have shape ({size}), n ≥ 1, for model '{self.model.name}', got {x.shape}")
        return self._prepared(x)

    def _seed(self, y: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Return d score / d y: 1 for the class (±1 for a single output), divided by the number of positions."""
        width = y.shape[-1]
        binary = self.whole and width == 1
        if classes.min() < 0 or classes.max() >= (2 if binary else width):
            last = 1 if binary else width - 1
            raise ValueError(f"target must be a class from 0 to {last}, got {classes.min()} to {classes.max()}")
        seed = np.zeros_like(y)
        positions = y[0, ..., 0].size
        for row, k in enumerate(classes):
            seed[row, ..., 0 if binary else k] = (2 * k - 1 if binary else 1) / positions
        return seed

    def _one_axis(self, scores: np.ndarray) -> None:
        if scores.ndim != 2:
            raise ValueError(f"target must be given for outputs with positions, got outputs of shape {scores.shape}")


class NumpyProbe(Probe):
    """A range of the layers of a :class:`layerwise.nn.Sequential`."""

    def _forward(self, x):
        for layer in self.layers:
            x = layer.forward(x, False)
        return x.copy()  # the layers reuse the array

    def _backward(self, x, seed):
        dy = seed(self._forward(x))
        for layer in reversed(self.layers):
            layer.needs_input_gradient = True
            dy = layer.backward(dy)
        return None if dy is None else dy.copy()

    def _prepared(self, x):
        integer_input = bool(self.layers) and self.layers[0].integer_input
        return x if integer_input else x.astype(self.model.dtype, copy=False)

    def _inside(self, layer):
        return layer.walk()

    def copy(self):
        """See :meth:`Probe.copy`."""
        return type(self)(copy.deepcopy(self.model), self.start, self.stop)

    def guided(self):
        """See :meth:`Probe.guided`."""
        other = self.copy()
        for layer in other.model.walk():
            if type(getattr(layer, "activation", None)) is Relu:
                layer.activation = _GuidedRelu()
        return other


class _GuidedRelu(Relu):
    """ReLU that backpropagates only positive gradients at positive outputs; not registered for serialization."""

    def backward(self, dy, z, y, out=None):
        dz = super().backward(dy, z, y, out=out)
        return np.maximum(dz, 0, out=dz)


def probe(model: Any) -> Probe:
    """Return the probe of a NumPy or Keras model; a probe is returned as is.

    Raises
    ------
    ValueError
        If ``model`` is neither, or is not built.
    """
    if isinstance(model, Probe):
        return model
    if isinstance(model, Sequential):
        kind: type[Probe] = NumpyProbe
    elif type(model).__module__.startswith("keras") and type(model).__name__ == "Sequential":
        from layerwise.interpret.keras_probe import KerasProbe

        kind = KerasProbe
    else:
        raise ValueError(f"model must be a layerwise.nn.Sequential or a keras.Sequential, got {type(model).__name__}")
    if not model.built:
        raise ValueError(f"model '{model.name}' is not built; start it with an Input, or fit it")
    return kind(model)


def at(model: Any, x: np.ndarray, target: Any, layer: str | None) -> tuple[Probe, np.ndarray, np.ndarray]:
    """Return the probe from the given layer on, its inputs, and one class per example.

    Parameters
    ----------
    model, x, target
        As in the attribution methods.
    layer : str, optional
        Start from the output of this layer instead of the model's input.
    """
    whole = probe(model)
    classes = whole.targets(x, target)
    if layer is None:
        return whole, whole.checked(x), classes
    head, tail = whole.split(layer)
    return tail, head.outputs(x), classes


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
