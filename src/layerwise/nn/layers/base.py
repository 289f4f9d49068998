"""Base classes of the layers: weights, a forward pass and a backward pass."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from layerwise.nn.activations import ActivationFunction
from layerwise.nn.initializers import Initializer
from layerwise.nn.regularizers import Constraint, Regularizer
from layerwise.nn.serialization import Configurable, snake_case

Shape = tuple[int | None, ...]


class Layer(Configurable, kind="layer"):
    """Base of the layers: subclass it and implement ``build``, ``forward`` and ``backward``.

    Parameters
    ----------
    name : str, optional
        Name shown in summaries and error messages; a model numbers unnamed layers.
    trainable : bool
        False freezes the weights: the optimizer does not update them.
    dtype : {"float32", "float64"}, optional
        Data type of weights and outputs, by default that of the model, or float32 outside a model.

    Attributes
    ----------
    params, grads : dict of str to ndarray
        Trainable weights by name, and their gradients, which every ``backward`` overwrites in place.
    state : dict of str to ndarray
        Non-trainable weights (running statistics).
    needs_input_gradient : bool
        Whether ``backward`` must return the gradient with respect to the input; a model turns it off if not needed.
    rng : numpy.random.Generator
        Random generator, inside a model that of the model.

    Notes
    -----
    ``forward(x, training)`` stores what ``backward(dy)`` needs. A layer used on its own does not write into its
    arguments and returns new arrays. Inside a model, ``empty`` returns the same work arrays in every step, and ``over``
    allows a gradient to overwrite the incoming one; a layer that passes one gradient to two others must copy it first.
    """

    #: Allowed numbers of axes of the input, batch included; empty for any number.
    ranks: ClassVar[tuple[int, ...]] = ()
    #: Whether the input is integer (as for Embedding), so that a model does not convert it to float.
    integer_input: ClassVar[bool] = False
    #: Whether every output is the maximum of some inputs (max pooling).
    takes_maxima: ClassVar[bool] = False

    def __init__(self, name: str | None = None, trainable: bool = True, dtype: str | None = None) -> None:
        if dtype not in (None, "float32", "float64"):
            raise ValueError(f"{type(self).__name__}: dtype must be 'float32' or 'float64', got {dtype!r}")
        self.named = name is not None
        self.name = name or snake_case(type(self).__name__)
        self.trainable = trainable
        self.dtype = dtype
        self.built = False
        self.input_shape: Shape = ()
        self.needs_input_gradient = True
        self.buffers: dict[Any, np.ndarray] | None = None
        self.rng = np.random.default_rng()
        self.params: dict[str, np.ndarray] = {}
        self.grads: dict[str, np.ndarray] = {}
        self.state: dict[str, np.ndarray] = {}
        self.regularizers: dict[str, Regularizer] = {}
        self.constraints: dict[str, Constraint] = {}

    # --- implemented by subclasses ------------------------------------------------------------------------------

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Create the weights for inputs of ``input_shape`` (batch axis first, as None); subclasses call super first."""
        shape = tuple(input_shape)
        if self.ranks and len(shape) not in self.ranks:
            ranks = " or ".join(map(str, self.ranks))
            raise ValueError(f"{self}: input must have {ranks} axes, batch included, got shape {shape}")
        self.input_shape = (None, *shape[1:])
        self.built = True

    @abstractmethod
    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return the output, and store what :meth:`backward` needs."""

    @abstractmethod
    def backward(self, dy: np.ndarray) -> np.ndarray | None:
        """Write the gradients of the weights into ``grads`` and return the gradient with respect to the last input.

        The return value is None if ``needs_input_gradient`` is False.
        """

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Shape:
        """Return the output shape, by default that of the input."""
        return tuple(input_shape)

    # --- helpers for subclasses ---------------------------------------------------------------------------------

    def add_weight(
        self,
        name: str,
        shape: Sequence[int | None],
        initializer: Any = "glorot_uniform",
        regularizer: Any = None,
        constraint: Any = None,
        trainable: bool = True,
    ) -> None:
        """Create the weight ``params[name]`` and its gradient, or ``state[name]`` if it is not trainable."""
        known = tuple(size for size in shape if size is not None)
        if len(known) != len(shape):
            raise ValueError(
                f"{self}: input sizes that determine the weight '{name}' must be known, got shape {self.input_shape}"
            )
        weight = Initializer.get(initializer)(known, self.dtype or "float32", self.rng)
        if not trainable:
            self.state[name] = weight
            return
        self.params[name], self.grads[name] = weight, np.zeros_like(weight)
        if regularizer is not None:
            self.regularizers[name] = Regularizer.get(regularizer)
        if constraint is not None:
            self.constraints[name] = Constraint.get(constraint)

    def empty(self, key: str, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        """Return an uninitialized work array; inside a model, the array called ``key`` is reused in every step."""
        dtype = dtype or self.dtype or "float32"
        if self.buffers is None:
            return np.empty(shape, dtype)
        buffer = self.buffers.get(key)
        if buffer is None or buffer.shape[1:] != shape[1:] or len(buffer) < shape[0] or buffer.dtype != dtype:
            buffer = self.buffers[key] = np.empty(shape, dtype)
        return buffer if len(buffer) == shape[0] else buffer[: shape[0]]

    def over(self, dy: np.ndarray) -> np.ndarray:
        """Return the array to write a gradient of the shape of ``dy`` to: inside a model, ``dy`` itself.

        In a model every gradient is read once, so it may pass through a chain of layers in one array that stays in the
        cache.
        """
        if self.buffers is None or not (dy.flags.c_contiguous and dy.flags.writeable):
            return np.empty(dy.shape, dy.dtype)
        return dy

    def check_input(self, x: np.ndarray) -> None:
        """Raise ValueError if the layer is not built, or built for inputs of another shape."""
        if not self.built:
            raise ValueError(f"{self}: the layer is not built; call build(input_shape) first")
        if x.shape[1:] == self.input_shape[1:]:
            return
        if len(x.shape) != len(self.input_shape) or any(
            want is not None and want != got for want, got in zip(self.input_shape, x.shape)
        ):
            raise ValueError(f"{self}: input must have shape {self.input_shape}, got {x.shape}")

    # --- public interface ---------------------------------------------------------------------------------------

    def __call__(self, x: Any, training: bool = False) -> np.ndarray:
        """Build the layer for ``x`` if necessary, then return ``forward(x, training)``."""
        x = np.asarray(x)
        if not self.integer_input:
            x = x.astype(self.dtype or "float32", copy=False)
        if not self.built:
            self.build((None, *x.shape[1:]))
        return self.forward(x, training)

    @property
    def sublayers(self) -> list[Layer]:
        """Layers nested in this one, none by default."""
        return []

    def walk(self) -> Iterator[Layer]:
        """Yield this layer and all layers nested in it, in the order of their weights."""
        yield self
        for layer in self.sublayers:
            yield from layer.walk()

    @property
    def weights(self) -> list[np.ndarray]:
        """The weights (not copies) in the order of Keras: trainable, then non-trainable, then those of sublayers."""
        return [array for layer in self.walk() for array in (*layer.params.values(), *layer.state.values())]

    def get_weights(self) -> list[np.ndarray]:
        """Return copies of all weights in the order of Keras."""
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Set all weights, given in the order of :meth:`get_weights`."""
        own_weights = self.weights
        if len(own_weights) != len(weights):
            hint = "" if self.built else "; build the layer first"
            raise ValueError(f"{self}: weights must hold {len(own_weights)} arrays, got {len(weights)}{hint}")
        for index, (weight, value) in enumerate(zip(own_weights, weights)):
            if weight.shape != np.shape(value):
                raise ValueError(f"{self}: weight {index} must have shape {weight.shape}, got {np.shape(value)}")
        for weight, value in zip(own_weights, weights):
            weight[...] = value

    def count_params(self) -> int:
        """Return the number of weights, trainable or not."""
        return sum(weight.size for weight in self.weights)

    def __str__(self) -> str:
        return f"layer '{self.name}' ({type(self).__name__})"

    def __repr__(self) -> str:
        return f"<{self}, built={self.built}>"


class ActivatedLayer(Layer, abstract=True):
    """Base of the layers that end in ``y = activation(z)``; a training step may run the two halves separately."""

    activation: ActivationFunction

    @abstractmethod
    def pre_activation(self, x: np.ndarray) -> np.ndarray:
        """Return z."""

    @abstractmethod
    def pre_activation_backward(self, dz: np.ndarray) -> np.ndarray | None:
        """Do the work of :meth:`backward`, given the gradient with respect to z."""

    def activate(self, z: np.ndarray) -> np.ndarray:
        """Return ``activation(z)``, overwriting ``z`` if the derivative is a function of the output alone."""
        self.z = z
        self.y = self.activation.forward(z, out=z if self.activation.in_place else self.empty("activated", z.shape))
        return self.y

    def activation_gradient(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient with respect to the ``z`` of the last :meth:`activate`."""
        return self.activation.backward(dy, self.z, self.y, out=self.over(dy))
