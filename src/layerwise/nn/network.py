"""A network: layers one after the other, their weights in one vector. How it is trained: :mod:`layerwise.nn.model`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import numpy as np

from layerwise.nn import checks
from layerwise.nn.batches import Batches
from layerwise.nn.layers.base import Layer, Shape
from layerwise.nn.layers.core import Input


class Network:
    """A stack of layers: structure, passes and weights. See :class:`layerwise.nn.Sequential` for the parameters."""

    def __init__(
        self,
        layers: Sequence[Layer] | None = None,
        *,
        name: str = "sequential",
        seed: int | None = None,
        dtype: str = "float32",
    ) -> None:
        if dtype not in ("float32", "float64"):
            raise ValueError(f"Sequential: dtype must be 'float32' or 'float64', got {dtype!r}")
        self.name, self.seed, self.dtype = name, seed, dtype
        self.rng = np.random.default_rng(seed)
        self.layers: list[Layer] = []
        self.input_shape: Shape | None = None
        self.built = False
        self.params = self.grads = np.empty(0, dtype)
        for layer in layers or ():
            self.add(layer)
        if self.input_shape is not None and self.layers:
            self.build(self.input_shape)

    # --- structure ----------------------------------------------------------------------------------------------

    def add(self, layer: Layer) -> None:
        """Append a layer to a model that is not built yet."""
        if not isinstance(layer, Layer):
            raise ValueError(f"model '{self.name}': layers must be instances of nn.Layer, got {layer!r}")
        if isinstance(layer, Input):
            if self.layers:
                raise ValueError(f"model '{self.name}': Input must be the first layer")
            self.input_shape = (None, *layer.shape)
            return
        if self.built:
            raise ValueError(f"model '{self.name}': it is built, so {layer} cannot be added any more")
        if any(layer is own for own in self.layers):
            raise ValueError(f"model '{self.name}': {layer} is in it already")
        _number(layer, [own.name for own in self.layers], f"model '{self.name}'")
        self.layers.append(layer)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Make all weights for inputs of ``input_shape`` (batch axis first, as None)."""
        if not self.layers:
            raise ValueError(f"model '{self.name}': it has no layers")
        shape: Shape = (None, *tuple(input_shape)[1:])
        self.input_shape = shape
        for layer in self.walk():
            if layer.dtype not in (None, self.dtype):
                raise ValueError(f"{layer}: dtype is {layer.dtype!r} in a model of {self.dtype!r}; make them equal")
            layer.dtype, layer.rng, layer.buffers = self.dtype, self.rng, {}
        for layer in self.layers:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        self.output_shape = shape
        self._flatten()
        self.built = True

    def _flatten(self) -> None:
        """Move all trained weights into one vector, all gradients into another, and give the layers views."""
        owners = [(layer, name) for layer in self.walk() for name in layer.params]
        size = sum(layer.params[name].size for layer, name in owners)
        self.params, self.grads = np.empty(size, self.dtype), np.zeros(size, self.dtype)
        self.places: dict[tuple[int, str], slice] = {}
        start = 0
        for layer, name in owners:
            weight = layer.params[name]
            place = self.places[id(layer), name] = slice(start, start + weight.size)
            self.params[place] = weight.reshape(-1)
            layer.params[name] = self.params[place].reshape(weight.shape)
            layer.grads[name] = self.grads[place].reshape(weight.shape)
            start = place.stop

    def walk(self) -> Iterator[Layer]:
        """Yield all layers, those inside others included, in the order of their weights."""
        for layer in self.layers:
            yield from layer.walk()

    def trained_layers(self) -> list[Layer]:
        """Return the layers whose weights are trained: all but the frozen ones and those inside them."""
        return [layer for top in self.layers for layer in _not_frozen(top)]

    def trained_parts(self) -> list[slice]:
        """Return the places, in the flat vector, of each weight that is trained."""
        return [self.places[id(layer), name] for layer in self.trained_layers() for name in layer.params]

    def first_trained(self) -> int:
        """Return the place of the first layer that has weights to train: no gradient is needed before it."""
        return next(
            (place for place, top in enumerate(self.layers) if any(layer.params for layer in _not_frozen(top))),
            len(self.layers),
        )

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by its name or its index."""
        if index is not None:
            return self.layers[index]
        for layer in self.walk():
            if layer.name == name:
                return layer
        raise ValueError(f"model '{self.name}': no layer '{name}'; it has {', '.join(own.name for own in self.walk())}")

    # --- passes -------------------------------------------------------------------------------------------------

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return the output of the last layer, in its buffer: the next pass overwrites it."""
        self._need_built("forward")
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def backward(self, dy: np.ndarray, input_gradient: bool = False) -> np.ndarray | None:
        """Write the gradients of all weights for ``dy`` at the output of the last :meth:`forward`.

        With ``input_gradient`` also return the gradient at the model's input (None where that is integers); else stop
        at the first trained layer.
        """
        first = 0 if input_gradient else self.first_trained()
        dy = dy.copy()  # the layers may write over it
        for place in range(len(self.layers) - 1, first - 1, -1):
            layer = self.layers[place]
            layer.needs_input_gradient = input_gradient or place > first
            dy = layer.backward(dy)  # type: ignore[assignment]
        return dy.copy() if input_gradient and dy is not None else None

    def predict(self, x: Any, batch_size: int | None = None, verbose: Any = "auto") -> np.ndarray:
        """Return the outputs for all examples, a fresh array.

        Parameters
        ----------
        x : array_like
            Examples.
        batch_size : int, optional
            Examples per pass, 32 by default.
        verbose : ignored
            Accepted because Keras has it; nothing is printed.
        """
        if self.input_shape is None:
            raise ValueError(f"predict: model '{self.name}' is not built; give it an nn.Input first, or fit it")
        size = checks.whole("predict", "batch_size", 32 if batch_size is None else batch_size)
        x = checks.features("predict", x, self.input_shape)
        outputs = None
        start = 0
        for batch, _, _ in Batches(x, None, None, size, self.input_dtype):
            y = self.forward(batch)
            if outputs is None:
                outputs = np.empty((len(x), *y.shape[1:]), self.dtype)
            outputs[start : start + len(y)] = y
            start += len(y)
        return np.empty((0, *(n or 0 for n in self.output_shape[1:])), self.dtype) if outputs is None else outputs

    def __call__(self, x: Any, training: bool = False) -> np.ndarray:
        """Return the outputs of one pass, a fresh array."""
        x = checks.features("call", x, self.input_shape)
        if not self.built:
            self.build((None, *x.shape[1:]))
        return self.forward(x.astype(self.input_dtype or x.dtype, copy=False), training).copy()

    @property
    def input_dtype(self) -> str | None:
        """Type in which the first layer takes its input: the model's, or None where it takes integers."""
        return None if self.layers and self.layers[0].integer_input else self.dtype

    def _need_built(self, what: str) -> None:
        if not self.built:
            raise ValueError(f"{what}: model '{self.name}' is not built; give it an nn.Input first, or fit it")

    # --- weights ------------------------------------------------------------------------------------------------

    @property
    def weights(self) -> list[np.ndarray]:
        """All weights, layer by layer in Keras's order."""
        return [weight for layer in self.layers for weight in layer.weights]

    def get_weights(self) -> list[np.ndarray]:
        """Return copies of all weights, layer by layer in Keras's order."""
        self._need_built("get_weights")
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Overwrite all weights, given in the order of :meth:`get_weights`."""
        self._need_built("set_weights")
        if len(weights) != len(self.weights):
            raise ValueError(f"set_weights: model '{self.name}' has {len(self.weights)} weights, got {len(weights)}")
        rest = list(weights)
        for layer in self.layers:
            count = len(layer.weights)
            layer.set_weights(rest[:count])
            rest = rest[count:]

    def count_params(self) -> int:
        """Return the number of weights, trained or not."""
        self._need_built("count_params")
        return sum(weight.size for weight in self.weights)

    # --- description --------------------------------------------------------------------------------------------

    def summary(self, print_fn: Callable[[str], None] = print) -> None:
        """Print a table of the layers, their output shapes and their numbers of weights."""
        self._need_built("summary")
        rows, shape = [("Layer (type)", "Output shape", "Weights")], self.input_shape
        for layer in self.layers:
            shape = layer.compute_output_shape(shape)  # type: ignore[arg-type]
            rows.append((f"{layer.name} ({type(layer).__name__})", str(shape), f"{layer.count_params():,}"))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        trained = sum(part.stop - part.start for part in self.trained_parts())
        print_fn(f"Model: {self.name}")
        for row in rows:
            print_fn(f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}")
        print_fn(f"Weights: {self.count_params():,}, of which trained {trained:,}")

    def get_config(self) -> dict[str, Any]:
        """Return the architecture as plain JSON values."""
        return {
            "name": self.name,
            "seed": self.seed,
            "dtype": self.dtype,
            "input_shape": self.input_shape,
            "layers": [layer.serialize() for layer in self.layers],
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Build the model that :meth:`get_config` described, with fresh weights."""
        shape = config["input_shape"]
        layers = [Layer.get(layer) for layer in config["layers"]]
        first = [] if shape is None else [Input(tuple(shape[1:]))]
        return cls([*first, *layers], name=config["name"], seed=config["seed"], dtype=config["dtype"])


def _number(layer: Layer, taken: Sequence[str], where: str) -> None:
    """Give an unnamed layer the next free name: dense, dense_1, and so on."""
    if layer.named:
        if layer.name in taken:
            raise ValueError(f"{where}: two layers are called '{layer.name}'")
        return
    base, count = layer.name, 0
    while layer.name in taken:
        count += 1
        layer.name = f"{base}_{count}"


def _not_frozen(layer: Layer) -> Iterator[Layer]:
    """Yield a layer and those inside it, leaving out what is frozen."""
    if layer.trainable:
        yield layer
        for inner in layer.sublayers:
            yield from _not_frozen(inner)
