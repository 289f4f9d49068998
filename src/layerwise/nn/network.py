"""A stack of layers whose weights share one flat vector; :mod:`layerwise.nn.model` adds training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import numpy as np

from layerwise.nn import checks
from layerwise.nn.batches import Batches, order_generator
from layerwise.nn.layers.base import Layer, Shape
from layerwise.nn.layers.core import Input


class Network:
    """Structure, passes and weights of a stack of layers. For the parameters see :class:`layerwise.nn.Sequential`."""

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
        self.rng, self.order_rng = np.random.default_rng(seed), order_generator(seed)
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
            raise ValueError(f"model '{self.name}': {layer} cannot be added because the model is already built")
        if any(layer is other for other in self.layers):
            raise ValueError(f"model '{self.name}': {layer} has already been added")
        _assign_name(layer, [other.name for other in self.layers], f"model '{self.name}'")
        self.layers.append(layer)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Create all weights for inputs of ``input_shape`` (batch axis first, as None)."""
        if not self.layers:
            raise ValueError(f"model '{self.name}': there must be at least one layer to build, got none")
        shape: Shape = (None, *tuple(input_shape)[1:])
        self.input_shape = shape
        for layer in self.walk():
            if layer.dtype not in (None, self.dtype):
                raise ValueError(f"{layer}: dtype must be that of the model, {self.dtype!r}, got {layer.dtype!r}")
            layer.dtype, layer.rng, layer.buffers = self.dtype, self.rng, {}
        for layer in self.layers:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        self.output_shape = shape
        self._flatten()
        self.built = True

    def _flatten(self) -> None:
        """Move all trainable weights into one vector and all gradients into another; the layers keep views of them."""
        owners = [(layer, name) for layer in self.walk() for name in layer.params]
        size = sum(layer.params[name].size for layer, name in owners)
        self.params, self.grads = np.empty(size, self.dtype), np.zeros(size, self.dtype)
        self.slices: dict[tuple[int, str], slice] = {}
        start = 0
        for layer, name in owners:
            weight = layer.params[name]
            part = self.slices[id(layer), name] = slice(start, start + weight.size)
            self.params[part] = weight.reshape(-1)
            layer.params[name] = self.params[part].reshape(weight.shape)
            layer.grads[name] = self.grads[part].reshape(weight.shape)
            start = part.stop

    def walk(self) -> Iterator[Layer]:
        """Yield all layers, including nested ones, in the order of their weights."""
        for layer in self.layers:
            yield from layer.walk()

    def trained_layers(self) -> list[Layer]:
        """Return the layers that are not frozen, including nested ones."""
        return [layer for top in self.layers for layer in _not_frozen(top)]

    def trained_parts(self) -> list[slice]:
        """Return the slice of the flat vector that holds each weight to be trained."""
        return [self.slices[id(layer), name] for layer in self.trained_layers() for name in layer.params]

    def first_trained(self) -> int:
        """Return the index of the first layer with weights to train; no gradient is needed before it."""
        return next(
            (index for index, top in enumerate(self.layers) if any(layer.params for layer in _not_frozen(top))),
            len(self.layers),
        )

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by name or by index."""
        if index is not None:
            return self.layers[index]
        for layer in self.walk():
            if layer.name == name:
                return layer
        names = ", ".join(layer.name for layer in self.walk())
        raise ValueError(f"model '{self.name}': there is no layer '{name}'; its layers are {names}")

    # --- passes -------------------------------------------------------------------------------------------------

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return the output of the last layer; it is a buffer that the next pass overwrites."""
        self._need_built("forward")
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def backward(self, dy: np.ndarray, input_gradient: bool = False) -> np.ndarray | None:
        """Backpropagate ``dy``, the gradient at the output of the last :meth:`forward`, to all weights.

        With ``input_gradient``, also return the gradient with respect to the model's input (None for integer inputs);
        without it, stop at the first layer with weights to train.
        """
        first = 0 if input_gradient else self.first_trained()
        dy = dy.copy()  # the layers may overwrite it
        for index in range(len(self.layers) - 1, first - 1, -1):
            layer = self.layers[index]
            layer.needs_input_gradient = input_gradient or index > first
            dy = layer.backward(dy)  # type: ignore[assignment]
        return dy.copy() if input_gradient and dy is not None else None

    def predict(self, x: Any, batch_size: int | None = None, verbose: Any = "auto") -> np.ndarray:
        """Return the outputs for all examples in a new array.

        Parameters
        ----------
        x : array_like
            Examples.
        batch_size : int, optional
            Examples per batch, 32 by default.
        verbose : ignored
            Accepted for compatibility with Keras; nothing is printed.
        """
        if self.input_shape is None:
            raise ValueError(f"predict: model '{self.name}' is not built; start it with an nn.Input, or fit it")
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
        """Return the outputs of one forward pass in a new array."""
        x = checks.features("call", x, self.input_shape)
        if not self.built:
            self.build((None, *x.shape[1:]))
        return self.forward(x.astype(self.input_dtype or x.dtype, copy=False), training).copy()

    @property
    def input_dtype(self) -> str | None:
        """Data type of the first layer's input: the model's, or None if it takes integers."""
        return None if self.layers and self.layers[0].integer_input else self.dtype

    def _need_built(self, what: str) -> None:
        if not self.built:
            raise ValueError(f"{what}: model '{self.name}' is not built; start it with an nn.Input, or fit it")

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
        """Set all weights, given in the order of :meth:`get_weights`."""
        self._need_built("set_weights")
        if len(weights) != len(self.weights):
            raise ValueError(
                f"set_weights: model '{self.name}': weights must hold {len(self.weights)} arrays, got {len(weights)}"
            )
        rest = list(weights)
        for layer in self.layers:
            count = len(layer.weights)
            layer.set_weights(rest[:count])
            rest = rest[count:]

    def count_params(self) -> int:
        """Return the number of weights, trainable or not."""
        self._need_built("count_params")
        return sum(weight.size for weight in self.weights)

    # --- description --------------------------------------------------------------------------------------------

    def summary(self, print_fn: Callable[[str], None] = print) -> None:
        """Print a table of the layers with their output shapes and numbers of weights."""
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
        print_fn(f"Weights: {self.count_params():,} ({trained:,} trainable)")

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
        """Build a model from the result of :meth:`get_config`, with new initial weights."""
        shape = config["input_shape"]
        layers = [Layer.get(layer) for layer in config["layers"]]
        first = [] if shape is None else [Input(tuple(shape[1:]))]
        return cls([*first, *layers], name=config["name"], seed=config["seed"], dtype=config["dtype"])


def _assign_name(layer: Layer, used_names: Sequence[str], where: str) -> None:
    """Give an unnamed layer the next free name (dense, dense_1, …); raise ValueError if a given name is in use."""
    if layer.named:
        if layer.name in used_names:
            raise ValueError(f"{where}: layer names must be unique, got '{layer.name}' twice")
        return
    base, count = layer.name, 0
    while layer.name in used_names:
        count += 1
        layer.name = f"{base}_{count}"


def _not_frozen(layer: Layer) -> Iterator[Layer]:
    """Yield a layer and its nested layers, skipping those that are frozen."""
    if layer.trainable:
        yield layer
        for inner in layer.sublayers:
            yield from _not_frozen(inner)
