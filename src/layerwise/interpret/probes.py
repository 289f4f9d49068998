"""The one way in which the methods see a model of either backend: outputs, gradients, and a cut at any layer."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from layerwise.nn.activations import Relu
from layerwise.nn.model import Sequential

BATCH = 256  # examples sent through a model at once


class Probe(ABC):
    """A stretch of a model's layers, to be run forward and differentiated with respect to what enters it.

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        The built model. Its weights are left alone; its gradients are not.
    start, stop : int
        The first layer of the stretch, and the first that is no longer in it; all of them by default.

    Notes
    -----
    A score is one number an example: the output of class ``target``, the mean over positions where a layer has many
    (a feature map). A model with a single output has two classes: the score of class 1 is the output, of class 0 minus
    it. Give models that end in logits: probabilities saturate, and their gradient vanishes where a model is sure.
    """

    convolution: ClassVar[str] = "Conv"  # how the names of convolutional layers begin, in both backends

    def __init__(self, model: Any, start: int = 0, stop: int | None = None) -> None:
        self.model = model
        self.start, self.stop = start, len(model.layers) if stop is None else stop
        self.layers = model.layers[self.start : self.stop]
        self.whole = self.stop == len(model.layers)  # ends in the model's own scores

    # --- what a backend writes ------------------------------------------------------------------------------------

    @abstractmethod
    def _forward(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs for one batch, a fresh array."""

    @abstractmethod
    def _backward(self, x: np.ndarray, seed: Callable[[np.ndarray], np.ndarray]) -> np.ndarray | None:
        """Return the gradient at ``x`` of ``Σ y · seed(y)``, the seed held fixed; None where ``x`` has none."""

    @abstractmethod
    def _prepared(self, x: np.ndarray) -> np.ndarray:
        """Return ``x`` in the type that the first layer takes."""

    @abstractmethod
    def _inside(self, layer: Any) -> Iterator[Any]:
        """Yield a layer and all layers inside it."""

    @abstractmethod
    def copy(self) -> Self:
        """Return the same stretch of a copy of the model, whose weights are its own."""

    @abstractmethod
    def guided(self) -> Self:
        """Return a copy in which every ReLU passes positive gradients only (Springenberg et al. 2015)."""

    # --- structure ------------------------------------------------------------------------------------------------

    @property
    def names(self) -> list[str]:
        """Names of the layers, in order."""
        return [layer.name for layer in self.layers]

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of one example of what enters the model."""
        return tuple(self.model.input_shape[1:])

    @property
    def convolutions(self) -> list[str]:
        """Names of the layers that are, or hold, a convolution."""
        return [
            layer.name
            for layer in self.layers
            if any(type(part).__name__.startswith(self.convolution) for part in self._inside(layer))
        ]

    def split(self, layer: str) -> tuple[Self, Self]:
        """Cut after a layer: return what leads to its output, and what leads on from there.

        Raises
        ------
        ValueError
            If there is no such layer; the message lists those there are.
        """
        if layer not in self.names:
            raise ValueError(f"model '{self.model.name}' has no layer '{layer}'; its layers are {_listed(self.names)}")
        at = self.start + self.names.index(layer) + 1
        return type(self)(self.model, self.start, at), type(self)(self.model, at, self.stop)

    # --- weights --------------------------------------------------------------------------------------------------

    def weights(self) -> dict[str, list[np.ndarray]]:
        """Return layer → copies of its weights in Keras's order, for the layers that have some."""
        return {layer.name: layer.get_weights() for layer in self.layers if layer.weights}

    def with_weights(self, weights: Mapping[str, Sequence[np.ndarray]]) -> Self:
        """Return a copy in which the named layers have other weights."""
        other = self.copy()
        for layer in other.layers:
            if layer.name in weights:
                layer.set_weights(list(weights[layer.name]))
        return other

    # --- passes ---------------------------------------------------------------------------------------------------

    def outputs(self, x: np.ndarray) -> np.ndarray:
        """Return what leaves the last layer for each example of ``x``."""
        return np.concatenate([self._forward(batch) for (batch,) in self._batches(x)])

    def targets(self, x: np.ndarray, target: Any = None) -> np.ndarray:
        """Return one class an example: those given (one for all, or one each), or those that win.

        Raises
        ------
        ValueError
            If a class does not exist, or their number is not that of the examples.
        """
        if target is None:
            scores = self.outputs(x)
            self._one_axis(scores)
            return (scores[:, 0] > 0).astype(int) if scores.shape[1] == 1 else scores.argmax(axis=1)
        given = np.asarray(target)
        if given.dtype.kind not in "iu" or given.shape not in ((), (len(x),)):
            raise ValueError(
                f"target: accepted is one class, or one each for {len(x)} examples; got {given.dtype} of shape "
                f"{given.shape}"
            )
        return np.broadcast_to(given, len(x)).astype(int)

    def score(self, x: np.ndarray, target: Any = None) -> np.ndarray:
        """Return the score of class ``target`` for each example, ``(n,)``."""
        y = self.outputs(x)
        return (y * self._seed(y, self.targets(x, target))).reshape(len(y), -1).sum(axis=1)

    def confidence(self, x: np.ndarray, target: Any = None) -> np.ndarray:
        """Return the probability of class ``target`` for each example ``(n,)``, the outputs being logits."""
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
            If ``x`` holds integers that an Embedding looks up: they have no gradient, the vectors found have.
        """
        classes = self.targets(x, target)
        found = []
        for batch, chosen in self._batches(x, classes):
            gradient = self._backward(batch, lambda y, chosen=chosen: self._seed(y, chosen))  # type: ignore[misc]
            if gradient is None:
                raise ValueError(
                    f"model '{self.model.name}': its input is looked up, not computed with, and has no gradient; "
                    f"attribute to a layer's output instead, layer='{self.names[0]}'"
                )
            found.append(gradient)
        return np.concatenate(found)

    def _batches(self, x: np.ndarray, *others: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
        x = self.checked(x)
        for start in range(0, len(x), BATCH):
            yield tuple(array[start : start + BATCH] for array in (x, *others))

    def checked(self, x: np.ndarray) -> np.ndarray:
        """Return ``x`` as the first layer takes it.

        Raises
        ------
        ValueError
            If its examples are not of the model's shape, or there are none.
        """
        x = np.asarray(x)
        wanted = self.input_shape if self.start == 0 else x.shape[1:]
        if x.ndim != 1 + len(wanted) or not len(x) or any(w not in (None, n) for w, n in zip(wanted, x.shape[1:])):
            size = ", ".join(["n", *(str(w or "any") for w in wanted)])
            raise ValueError(f"x: model '{self.model.name}' takes examples ({size}), n at least 1; got {x.shape}")
        return self._prepared(x)

    def _seed(self, y: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Return d score / d y: a one at the class, divided among the positions where there are many."""
        width = y.shape[-1]
        binary = self.whole and width == 1
        if classes.min() < 0 or classes.max() >= (2 if binary else width):
            last = 1 if binary else width - 1
            raise ValueError(f"target: accepted are classes from 0 to {last}; got {classes.min()} to {classes.max()}")
        seed = np.zeros_like(y)
        positions = y[0, ..., 0].size
        for row, k in enumerate(classes):
            seed[row, ..., 0 if binary else k] = (2 * k - 1 if binary else 1) / positions
        return seed

    def _one_axis(self, scores: np.ndarray) -> None:
        if scores.ndim != 2:
            raise ValueError(f"target: outputs of shape {scores.shape} have no winning class; name one")


class NumpyProbe(Probe):
    """A stretch of a :class:`layerwise.nn.Sequential`."""

    def _forward(self, x):
        for layer in self.layers:
            x = layer.forward(x, False)
        return x.copy()  # the layers keep it as a buffer

    def _backward(self, x, seed):
        dy = seed(self._forward(x))
        for layer in reversed(self.layers):
            layer.needs_input_gradient = True
            dy = layer.backward(dy)
        return None if dy is None else dy.copy()

    def _prepared(self, x):
        looked_up = bool(self.layers) and self.layers[0].integer_input
        return x if looked_up else x.astype(self.model.dtype, copy=False)

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
    """ReLU forward; backward, positive gradients at positive outputs only. Without a name in configurations."""

    def backward(self, dy, z, y, out=None):
        dz = super().backward(dy, z, y, out=out)
        return np.maximum(dz, 0, out=dz)


def probe(model: Any) -> Probe:
    """Return the probe of a whole model of either backend; a probe is returned as it is.

    Raises
    ------
    ValueError
        For anything else, and for a model that is not built.
    """
    if isinstance(model, Probe):
        return model
    if isinstance(model, Sequential):
        kind: type[Probe] = NumpyProbe
    elif type(model).__module__.startswith("keras") and type(model).__name__ == "Sequential":
        from layerwise.interpret.keras_probe import KerasProbe

        kind = KerasProbe
    else:
        raise ValueError(
            f"model: accepted are layerwise.nn.Sequential and keras.Sequential; got {type(model).__name__}"
        )
    if not model.built:
        raise ValueError(
            f"model '{model.name}' is not built: it has no weights to look at; give it an Input, or fit it"
        )
    return kind(model)


def at(model: Any, x: np.ndarray, target: Any, layer: str | None) -> tuple[Probe, np.ndarray, np.ndarray]:
    """Return what leads on to the scores, what enters there, and one class an example.

    Parameters
    ----------
    model, x, target
        As the methods take them.
    layer : str, optional
        Start at the output of this layer instead of the input.
    """
    whole = probe(model)
    classes = whole.targets(x, target)
    if layer is None:
        return whole, whole.checked(x), classes
    head, tail = whole.split(layer)
    return tail, head.outputs(x), classes


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
