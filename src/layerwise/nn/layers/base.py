"""What every layer is: weights, a forward pass and a backward pass."""

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
    """Base of the layers: subclass it, and write ``build``, ``forward`` and ``backward``.

    Parameters
    ----------
    name : str, optional
        Name in summaries and errors; a model numbers the layers that have none.
    trainable : bool
        False freezes the weights: the optimizer leaves them as they are.
    dtype : {"float32", "float64"}, optional
        Type of weights and outputs; inside a model the model's, else float32.

    Attributes
    ----------
    params, grads : dict of str to ndarray
        Trained weights by name, and the gradients that the last ``backward`` wrote (in place, so copy what you keep).
    state : dict of str to ndarray
        Weights that are not trained by gradients (running statistics).
    needs_input_gradient : bool
        Whether ``backward`` must return the gradient of its input; a model clears it where it is not needed.
    rng : numpy.random.Generator
        Where randomness comes from; inside a model the model's generator.

    Notes
    -----
    ``forward(x, training)`` keeps what ``backward(dy)`` needs. A layer driven alone writes into no array it is given
    and returns fresh ones. Inside a model, ``empty`` gives the same work arrays at each step, and ``over`` lets a
    gradient be written over the one that came in; a layer that passes one gradient to two others copies it first.
    """

    #: Allowed numbers of axes of the input, batch included; empty for any number.
    ranks: ClassVar[tuple[int, ...]] = ()
    #: Whether the input is integers (an Embedding), which a model then does not turn into floats.
    integer_input: ClassVar[bool] = False
    #: Whether every output is the maximum of some inputs.
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

    # --- what a subclass writes ---------------------------------------------------------------------------------

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Make the weights for inputs of ``input_shape`` (batch axis first, as None). Call the base's first."""
        shape = tuple(input_shape)
        if self.ranks and len(shape) not in self.ranks:
            accepted = " or ".join(map(str, self.ranks))
            raise ValueError(f"{self}: input must have {accepted} axes, batch included, got shape {shape}")
        self.input_shape = (None, *shape[1:])
        self.built = True

    @abstractmethod
    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return the output, and keep what :meth:`backward` will need."""

    @abstractmethod
    def backward(self, dy: np.ndarray) -> np.ndarray | None:
        """Write the gradients of the weights into ``grads`` and return the gradient of the last input.

        Returns None instead where ``needs_input_gradient`` is off.
        """

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Shape:
        """Return the output's shape; the input's, unless a subclass says otherwise."""
        return tuple(input_shape)

    # --- what a subclass can use --------------------------------------------------------------------------------

    def add_weight(
        self,
        name: str,
        shape: Sequence[int | None],
        initializer: Any = "glorot_uniform",
        regularizer: Any = None,
        constraint: Any = None,
        trainable: bool = True,
    ) -> None:
        """Make the weight ``params[name]`` and its gradient; or ``state[name]`` if it is not trainable."""
        known = tuple(size for size in shape if size is not None)
        if len(known) != len(shape):
            raise ValueError(f"{self}: the input's shape {self.input_shape} leaves the weight '{name}' without a size")
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
        """Return an array to work in, called ``key``: kept from step to step inside a model, fresh otherwise."""
        dtype = dtype or self.dtype or "float32"
        if self.buffers is None:
            return np.empty(shape, dtype)
        kept = self.buffers.get(key)
        if kept is None or kept.shape[1:] != shape[1:] or len(kept) < shape[0] or kept.dtype != dtype:
            kept = self.buffers[key] = np.empty(shape, dtype)
        return kept if len(kept) == shape[0] else kept[: shape[0]]

    def over(self, dy: np.ndarray) -> np.ndarray:
        """Return where to write a gradient of the shape of ``dy``: inside a model over ``dy`` itself.

        There every gradient has one reader, so it may flow through a chain of layers in one array that stays in cache.
        """
        if self.buffers is None or not (dy.flags.c_contiguous and dy.flags.writeable):
            return np.empty(dy.shape, dy.dtype)
        return dy

    def check_input(self, x: np.ndarray) -> None:
        """Raise ValueError if the weights do not fit the input."""
        if not self.built:
            raise ValueError(f"{self}: it has no weights yet; call build(input_shape) first")
        if x.shape[1:] == self.input_shape[1:]:
            return
        if len(x.shape) != len(self.input_shape) or any(
            want is not None and want != got for want, got in zip(self.input_shape, x.shape)
        ):
            raise ValueError(f"{self}: built for inputs of shape {self.input_shape}; got {x.shape}")

    # --- what it offers -----------------------------------------------------------------------------------------

    def __call__(self, x: Any, training: bool = False) -> np.ndarray:
        """Build the layer for ``x`` if it is not built yet, then return ``forward(x, training)``."""
        x = np.asarray(x)
        if not self.integer_input:
            x = x.astype(self.dtype or "float32", copy=False)
        if not self.built:
            self.build((None, *x.shape[1:]))
        return self.forward(x, training)

    @property
    def sublayers(self) -> list[Layer]:
        """Layers inside this one; none, unless a subclass has some."""
        return []

    def walk(self) -> Iterator[Layer]:
        """Yield this layer and all layers inside it, in the order of their weights."""
        yield self
        for layer in self.sublayers:
            yield from layer.walk()

    @property
    def weights(self) -> list[np.ndarray]:
        """The weights themselves, in Keras's order: the trained ones, then the state, then those of the sublayers."""
        return [array for layer in self.walk() for array in (*layer.params.values(), *layer.state.values())]

    def get_weights(self) -> list[np.ndarray]:
        """Return copies of all weights, in Keras's order."""
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Overwrite all weights, given in the order of :meth:`get_weights`."""
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(f"{self}: has {len(own)} weights, got {len(weights)}; is it built?")
        for index, (weight, value) in enumerate(zip(own, weights)):
            if weight.shape != np.shape(value):
                raise ValueError(f"{self}: weight {index} has shape {weight.shape}, got {np.shape(value)}")
        for weight, value in zip(own, weights):
            weight[...] = value

    def count_params(self) -> int:
        """Return the number of weights, trained or not."""
        return sum(weight.size for weight in self.weights)

    def __str__(self) -> str:
        return f"layer '{self.name}' ({type(self).__name__})"

    def __repr__(self) -> str:
        return f"<{self}, built={self.built}>"


class ActivatedLayer(Layer, abstract=True):
    """Base of the layers with ``y = activation(z)`` at their end, the two halves of which training may take apart."""

    activation: ActivationFunction

    @abstractmethod
    def pre_activation(self, x: np.ndarray) -> np.ndarray:
        """Return z."""

    @abstractmethod
    def pre_activation_backward(self, dz: np.ndarray) -> np.ndarray | None:
        """Do what :meth:`backward` does, from the gradient at z."""

    def activate(self, z: np.ndarray) -> np.ndarray:
        """Return ``activation(z)``, written over ``z`` where the derivative is a function of the output alone."""
        self.z = z
        self.y = self.activation.forward(z, out=z if self.activation.in_place else self.empty("activated", z.shape))
        return self.y

    def activation_gradient(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient at ``z`` of the last :meth:`activate`."""
        return self.activation.backward(dy, self.z, self.y, out=self.over(dy))
