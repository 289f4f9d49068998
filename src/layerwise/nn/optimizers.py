"""Optimizers with the update formulas of Keras, applied in place to one flat vector of weights.

A model stores all its weights in one vector and all gradients in another, in the same order. An optimizer is bound to
both and processes them in chunks small enough that the weights, gradients and moments of a chunk stay in the cache for
all operations of an update.

Besides ``update``, each optimizer has a ``reference``, one update as written in the paper, against which the tests
compare it: steps count from 1, the moments start at ``initial``, and decay and clipping are omitted.
"""

from __future__ import annotations

import math
import weakref
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from layerwise.nn.schedules import LearningRateSchedule, positive
from layerwise.nn.serialization import Configurable

_CHUNK = 1 << 16  # elements: 256 KiB of float32


class Optimizer(Configurable, kind="optimizer"):
    """Base of the optimizers: subclass it, name the moments in ``slots``, and implement ``update``.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
        Step size, or a schedule that gives it for each step.
    weight_decay : float, optional
        Decoupled weight decay: before each update, all weights are multiplied by ``1 − weight_decay · learning_rate``.
    clipnorm, global_clipnorm, clipvalue : float, optional
        At most one of: the maximum norm of each weight array's gradient, the maximum norm of all gradients together
        (Pascanu, Mikolov & Bengio 2013), the maximum absolute value of each entry of the gradient.
    """

    slots: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        name = type(self).__name__
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        active = {key: value for key, value in clips.items() if value is not None}
        if len(active) > 1:
            raise ValueError(f"{name}: at most one of {', '.join(clips)} may be given, got {active}")
        positive(name, **active)
        if isinstance(learning_rate, dict):
            learning_rate = LearningRateSchedule.get(learning_rate)
        if not isinstance(learning_rate, LearningRateSchedule):
            positive(name, learning_rate=learning_rate)
        if weight_decay:
            positive(name, weight_decay=weight_decay)
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self.iterations = 0
        self.state: dict[str, np.ndarray] = {}
        self.owner: weakref.ref[Any] | None = None  # the model it trains

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for copying and pickling, without the owner."""
        return {**vars(self), "owner": None}

    @abstractmethod
    def update(self, *arrays: Any) -> None:
        """Update the weights in place: ``update(w, g, scratch, *moments)``.

        The arguments are the weights, their gradients, a work array, then one moment for each of ``slots``, all of the
        same size.
        """

    def begin_step(self, rate: float, step: int) -> None:
        """Compute the scalars that :meth:`update` needs; ``step`` counts from 1."""
        self.rate = rate

    def initial(self, slot: str) -> float:
        """Return the initial value of the moments called ``slot``."""
        return 0.0

    @property
    def current_learning_rate(self) -> float:
        """The learning rate of the next step."""
        rate = self.learning_rate
        return float(rate(self.iterations)) if isinstance(rate, LearningRateSchedule) else float(rate)

    def bind(
        self,
        params: np.ndarray,
        grads: np.ndarray,
        trained: Sequence[slice] | None = None,
        pieces: Sequence[slice] | None = None,
    ) -> None:
        """Bind the optimizer to a flat vector of weights and its gradients; existing moments of that size are kept.

        Parameters
        ----------
        params, grads : ndarray
            The two vectors.
        trained : sequence of slice, optional
            The parts to train, by default everything.
        pieces : sequence of slice, optional
            The individual weight arrays within these parts, for ``clipnorm``.
        """
        trained = [slice(0, params.size)] if trained is None else trained
        for slot in self.slots:
            if slot not in self.state or self.state[slot].shape != params.shape:
                self.state[slot] = np.full_like(params, self.initial(slot))
        self.gradients = [grads[part] for part in trained]
        self.pieces = self.gradients if pieces is None else [grads[part] for part in pieces]
        scratch = np.empty(min(_CHUNK, params.size), params.dtype)
        self.chunks = []
        for part in trained:
            for start in range(part.start, part.stop, _CHUNK):
                chunk = slice(start, min(start + _CHUNK, part.stop))
                moments = [self.state[slot][chunk] for slot in self.slots]
                self.chunks.append((params[chunk], grads[chunk], scratch[: chunk.stop - chunk.start], *moments))

    def step(self) -> None:
        """Make one update of all bound weights."""
        rate = self.current_learning_rate
        self.iterations += 1
        self.clip()
        self.begin_step(rate, self.iterations)
        decay = None if self.weight_decay is None else 1 - self.weight_decay * rate
        for chunk in self.chunks:
            if decay is not None:
                chunk[0][...] *= decay
            self.update(*chunk)

    def clip(self) -> None:
        """Clip the gradients in place."""
        if self.clipvalue is not None:
            for gradient in self.gradients:
                np.clip(gradient, -self.clipvalue, self.clipvalue, out=gradient)
        if self.clipnorm is not None:
            for piece in self.pieces:
                _clip_norm([piece], self.clipnorm)
        if self.global_clipnorm is not None:
            _clip_norm(self.gradients, self.global_clipnorm)


def _clip_norm(gradients: Sequence[np.ndarray], limit: float) -> None:
    """Scale the gradients so that their joint norm is at most ``limit``."""
    norm = math.sqrt(sum(float(np.vdot(gradient, gradient)) for gradient in gradients))
    if norm > limit:
        for gradient in gradients:
            gradient *= limit / norm


def _below_one(owner: str, **values: float) -> None:
    """Raise ValueError unless all values are numbers in [0, 1)."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1:
            raise ValueError(f"{owner}: {name} must be a number in [0, 1), got {value!r}")


class SGD(Optimizer):
    """Stochastic gradient descent, ``w ← w − η g``; with momentum, ``m ← μ m − η g``, ``w ← w + m``.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
        η.
    momentum : float
        μ (Polyak 1964).
    nesterov : bool
        Whether to step ``w ← w + μ m − η g`` instead (Nesterov 1983; Sutskever et al. 2013).
    """

    def __init__(self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, **kwargs: Any) -> None:
        super().__init__(learning_rate, **kwargs)
        if not 0 <= momentum <= 1:
            raise ValueError(f"SGD: momentum must be a number in [0, 1], got {momentum!r}")
        self.momentum, self.nesterov = momentum, nesterov
        if momentum:
            self.slots = ("momentum",)  # type: ignore[misc]

    def reference(self, rate, step, w, g, m=0.0):
        """Return the weights and the moments after one update."""
        if not self.momentum:
            return (w - rate * g,)
        m = self.momentum * m - rate * g
        return (w + self.momentum * m - rate * g if self.nesterov else w + m), m

    def update(self, w, g, scratch, m=None):
        """See :meth:`Optimizer.update`."""
        np.multiply(g, self.rate, out=scratch)
        if m is None:
            w -= scratch
            return
        m *= self.momentum
        m -= scratch
        if not self.nesterov:
            w += m
            return
        w -= scratch
        np.multiply(m, self.momentum, out=scratch)
        w += scratch


class RMSprop(Optimizer):
    """``v ← ρ v + (1 − ρ) g²``, ``w ← w − η g / √(v + ε)`` (Tieleman & Hinton 2012).

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
        η.
    rho : float
        ρ, decay rate of the running mean of squares.
    momentum : float
        If not 0, steps are accumulated: ``m ← momentum m + step``, ``w ← w − m``.
    epsilon : float
        ε.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        _below_one(type(self).__name__, rho=rho, momentum=momentum)
        positive(type(self).__name__, epsilon=epsilon)
        self.rho, self.momentum, self.epsilon = rho, momentum, epsilon
        self.slots = ("velocity", "momentum") if momentum else ("velocity",)  # type: ignore[misc]

    def reference(self, rate, step, w, g, v, m=0.0):
        """Return the weights and the moments after one update."""
        v = self.rho * v + (1 - self.rho) * g**2
        m = self.momentum * m + rate * g / np.sqrt(v + self.epsilon)
        return (w - m, v, m) if self.momentum else (w - m, v)

    def update(self, w, g, scratch, v, m=None):
        """See :meth:`Optimizer.update`."""
        np.multiply(g, g, out=scratch)
        scratch -= v
        scratch *= 1 - self.rho
        v += scratch
        np.add(v, self.epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.divide(g, scratch, out=scratch)
        scratch *= self.rate
        if m is None:
            w -= scratch
            return
        m *= self.momentum
        m += scratch
        w -= m


class Adagrad(Optimizer):
    """``a ← a + g²``, ``w ← w − η g / √(a + ε)`` (Duchi, Hazan & Singer 2011).

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
        η.
    initial_accumulator_value : float
        Initial value of a.
    epsilon : float
        ε.
    """

    slots = ("accumulator",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        positive(type(self).__name__, epsilon=epsilon)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def initial(self, slot):
        """See :meth:`Optimizer.initial`."""
        return self.initial_accumulator_value

    def reference(self, rate, step, w, g, a):
        """Return the weights and the moments after one update."""
        a = a + g**2
        return w - rate * g / np.sqrt(a + self.epsilon), a

    def update(self, w, g, scratch, a):
        """See :meth:`Optimizer.update`."""
        np.multiply(g, g, out=scratch)
        a += scratch
        np.add(a, self.epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.divide(g, scratch, out=scratch)
        scratch *= self.rate
        w -= scratch


class Adam(Optimizer):
    """Adam: adaptive moment estimation (Kingma & Ba 2015).

    ``m ← m + (1 − β₁)(g − m)``, ``v ← v + (1 − β₂)(g² − v)``, ``w ← w − α m / (√v + ε)`` with
    ``α = η √(1 − β₂ᵗ) / (1 − β₁ᵗ)`` at step t = 1, 2, …

    The moments are stored as ``m / (1 − β₁)`` and ``v / (1 − β₂)``, which also start at 0 and save two passes:
    ``m ← β₁ m + g``, ``v ← β₂ v + g²``, with α and ε rescaled accordingly.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
        η.
    beta_1, beta_2 : float
        β₁, β₂, decay rates of the running means of g and g².
    epsilon : float
        ε (called ε-hat in the paper, as in Keras).
    """

    slots = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        _below_one(type(self).__name__, beta_1=beta_1, beta_2=beta_2)
        positive(type(self).__name__, epsilon=epsilon)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def reference(self, rate, step, w, g, m, v):
        """Return the weights and the moments after one update: algorithm 1 of the paper."""
        m = self.beta_1 * m + (1 - self.beta_1) * g
        v = self.beta_2 * v + (1 - self.beta_2) * g**2
        m_hat = m / (1 - self.beta_1**step)
        v_hat = v / (1 - self.beta_2**step)
        epsilon = self.epsilon / math.sqrt(1 - self.beta_2**step)  # the paper's ε; ours is its ε-hat
        return w - rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    def begin_step(self, rate, step):
        """See :meth:`Optimizer.begin_step`."""
        root = math.sqrt(1 - self.beta_2)
        self.alpha = rate * math.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step) * (1 - self.beta_1) / root
        self.scaled_epsilon = self.epsilon / root

    def update(self, w, g, scratch, m, v):
        """See :meth:`Optimizer.update`."""
        m *= self.beta_1
        m += g
        np.multiply(g, g, out=scratch)
        v *= self.beta_2
        v += scratch
        np.sqrt(v, out=scratch)
        scratch += self.scaled_epsilon
        np.divide(m, scratch, out=scratch)
        scratch *= self.alpha
        w -= scratch


class AdamW(Adam):
    """Adam with decoupled weight decay, ``w ← w − η λ w`` before each update (Loshchilov & Hutter 2019).

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
        η.
    weight_decay : float
        λ, 0.004 by default as in Keras.
    beta_1, beta_2, epsilon : float
        As in :class:`Adam`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, weight_decay=weight_decay, **kwargs)


def get(identifier: Any) -> Optimizer:
    """Return an optimizer, given its name, an instance or a serialized dict."""
    return Optimizer.get(identifier)
