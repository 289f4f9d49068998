"""Recurrent layers: SimpleRNN, LSTM, GRU and Bidirectional."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from layerwise.nn import activations, checks
from layerwise.nn.activations import ActivationFunction
from layerwise.nn.initializers import Initializer
from layerwise.nn.kernels import dense
from layerwise.nn.layers.base import Layer
from layerwise.nn.regularizers import Constraint, Regularizer


class _Recurrent(Layer):
    """Base of SimpleRNN, LSTM and GRU: the loop over time. Subclasses implement one step forward and one step back.

    Internally, arrays are time-major, ``(steps, batch, …)``, so that a step works on contiguous memory. Whatever does
    not depend on the previous step is computed for all steps in one matrix product: ``z = x W + b`` in the forward
    pass; in the backward pass the gradients of W, of the recurrent kernel U and of the input. A step forward computes
    the gates ``a`` from ``z`` and writes ``h``; a step back writes ``dz``, the gradient with respect to ``z``, and
    ``du``, the gradient with respect to the product ``h U``.
    """

    ranks = (3,)
    #: Number of gates, each with ``units`` columns in the kernels.
    gates = 1

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        return_sequences: bool = False,
        go_backwards: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = checks.whole(str(self), "units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = Initializer.get(kernel_initializer)
        self.recurrent_initializer = Initializer.get(recurrent_initializer)
        self.bias_initializer = Initializer.get(bias_initializer)
        self.kernel_regularizer = Regularizer.get(kernel_regularizer)
        self.recurrent_regularizer = Regularizer.get(recurrent_regularizer)
        self.bias_regularizer = Regularizer.get(bias_regularizer)
        self.kernel_constraint = Constraint.get(kernel_constraint)
        self.recurrent_constraint = Constraint.get(recurrent_constraint)
        self.bias_constraint = Constraint.get(bias_constraint)
        self.return_sequences = return_sequences
        self.go_backwards = go_backwards

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        self.input_shape = (None, None, input_shape[-1])  # sequences of any length
        width = self.gates * self.units
        shapes: dict[str, tuple[int | None, ...]] = {
            "kernel": (input_shape[-1], width),
            "recurrent_kernel": (self.units, width),
        }
        if self.use_bias:
            shapes["bias"] = self.bias_shape
        for name, shape in shapes.items():
            prefix = name.removesuffix("_kernel")
            options = [getattr(self, f"{prefix}_{kind}") for kind in ("initializer", "regularizer", "constraint")]
            self.add_weight(name, shape, *options)

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """Shape of the bias."""
        return (self.gates * self.units,)

    @property
    def input_bias(self) -> np.ndarray | None:
        """The bias added to ``x W``."""
        return self.params.get("bias")

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.check_input(x)
        batch, steps, features = x.shape
        self.x = self.empty("x", (steps, batch, features))
        self.x[...] = self.in_order(x).swapaxes(0, 1)
        out = self.empty("z", (steps, batch, self.gates * self.units))
        self.z = dense.affine(self.x, self.params["kernel"], self.input_bias, out=out)
        self.h = self.empty("h", (steps + 1, batch, self.units))
        self.h[0] = 0
        self.start()
        for t in range(steps):
            self.step(t)
        if not self.return_sequences:
            return self.h[steps]
        y = self.empty("y", (batch, steps, self.units))
        y[...] = self.h[1:].swapaxes(0, 1)
        return y

    def backward(self, dy):
        """See :meth:`Layer.backward`: backpropagation through time (Werbos 1990)."""
        steps, batch, features = self.x.shape
        self.dz = self.empty("dz", self.z.shape)
        self.start_back()
        dh = np.zeros_like(self.h[0]) if self.return_sequences else dy.copy()
        for t in reversed(range(steps)):
            if self.return_sequences:
                dh += dy[:, t]
            dh = self.step_back(t, dh)
        self.weight_gradients()
        if not self.needs_input_gradient:
            return None
        dx = self.empty("dx", (batch, steps, features))
        self.in_order(dx)[...] = (self.dz @ self.params["kernel"].T).swapaxes(0, 1)
        return dx

    def in_order(self, x: np.ndarray) -> np.ndarray:
        """Return a view of ``(batch, steps, …)`` with the steps in the order in which the layer reads them."""
        return x[:, ::-1] if self.go_backwards else x

    def start(self) -> None:
        """Allocate the arrays that the steps fill: the gates, which overwrite ``z`` if it is not needed again."""
        in_place = all(function.in_place for function in self.functions)
        self.a = self.z if in_place else self.empty("a", self.z.shape)

    @abstractmethod
    def step(self, t: int) -> None:
        """Write ``a[t]`` and ``h[t + 1]`` from ``z[t]`` and ``h[t]``."""

    def start_back(self) -> None:
        """Allocate the arrays that the backward steps fill."""
        self.du = self.dz

    @abstractmethod
    def step_back(self, t: int, dh: np.ndarray) -> np.ndarray:
        """Write ``dz[t]`` and ``du[t]`` given ``dh``, the gradient of ``h[t + 1]``; return the gradient of ``h[t]``."""

    def weight_gradients(self) -> None:
        """Write the gradients of the weights: ``dW = Σₜ xₜᵀ dzₜ``, ``dU = Σₜ hₜᵀ duₜ``, ``db = Σₜ dzₜ``."""
        dense.affine_gradients(self.x, self.dz, self.grads["kernel"], self.grads.get("bias"))
        dense.affine_gradients(self.h[:-1], self.du, self.grads["recurrent_kernel"])

    @property
    def functions(self) -> list[ActivationFunction]:
        """The activation functions used in a step."""
        return [self.activation]

    def split(self, gates: np.ndarray) -> list[np.ndarray]:
        """Return views of the gates, each ``(…, units)``."""
        return [gates[..., k * self.units : (k + 1) * self.units] for k in range(self.gates)]

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        return (*input_shape[: 2 if self.return_sequences else 1], self.units)


class _Gated(_Recurrent):
    """Base of LSTM and GRU, whose gates have a separate activation function."""

    def __init__(
        self, units: int, activation: Any = "tanh", recurrent_activation: Any = "sigmoid", **kwargs: Any
    ) -> None:
        super().__init__(units, activation, **kwargs)
        self.recurrent_activation = activations.get(recurrent_activation)

    @property
    def functions(self):
        """See :attr:`_Recurrent.functions`."""
        return [self.activation, self.recurrent_activation]


def _apply(function: ActivationFunction, z: np.ndarray, out: np.ndarray) -> None:
    """Write ``function(z)`` into ``out``, which may be ``z`` itself."""
    y = function.forward(z, out=out)
    if y is not out:
        out[...] = y


def _apply_gradient(
    function: ActivationFunction, dy: np.ndarray, z: np.ndarray, y: np.ndarray, out: np.ndarray
) -> None:
    """Write the gradient with respect to ``z`` into ``out``."""
    dz = function.backward(dy, z, y, out=out)
    if dz is not out:
        out[...] = dz


class SimpleRNN(_Recurrent):
    """Fully connected recurrent layer, ``hₜ = activation(xₜ W + hₜ₋₁ U + b)``.

    Parameters
    ----------
    units : int
        Size of the state h, which is the output.
    activation : str or ActivationFunction
        Activation function of the state; tanh by default.
    use_bias : bool
        Whether to add a bias.
    kernel_initializer, recurrent_initializer, bias_initializer : str or Initializer
        Initializers of W, U and b.
    kernel_regularizer, recurrent_regularizer, bias_regularizer : str or Regularizer, optional
        Penalties added to the loss.
    kernel_constraint, recurrent_constraint, bias_constraint : str or Constraint, optional
        Projections applied after each update.
    return_sequences : bool
        Whether to return the state after every step instead of only the last one.
    go_backwards : bool
        Whether to read the sequence backwards (and return the states in that order).

    Notes
    -----
    x ``(batch, steps, features)`` → y ``(batch, units)``, or ``(batch, steps, units)`` with ``return_sequences``
    (Elman 1990). In backpropagation through time, with aₜ the pre-activation, ``daₜ = dhₜ f′(aₜ)`` and
    ``dhₜ₋₁ = daₜ Uᵀ``. The gradient of an early step is a product of many such factors, so it vanishes or explodes
    (Bengio, Simard & Frasconi 1994), the problem LSTM and GRU were designed to solve.
    """

    def step(self, t):
        """See :meth:`_Recurrent.step`."""
        self.z[t] += self.h[t] @ self.params["recurrent_kernel"]
        _apply(self.activation, self.z[t], out=self.h[t + 1])

    def step_back(self, t, dh):
        """See :meth:`_Recurrent.step_back`."""
        _apply_gradient(self.activation, dh, self.z[t], self.h[t + 1], out=self.dz[t])
        return self.dz[t] @ self.params["recurrent_kernel"].T


class LSTM(_Gated):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000).

    Parameters
    ----------
    units : int
        Size of the hidden state h, which is the output, and of the cell state c.
    activation, recurrent_activation : str or ActivationFunction
        Activation functions of the candidate and the cell state (tanh), and of the gates (sigmoid).
    unit_forget_bias : bool
        Whether to initialize the bias of the forget gate to 1 (Jozefowicz, Zaremba & Sutskever 2015).
    **kwargs
        As in :class:`SimpleRNN`: ``use_bias``, ``return_sequences``, ``go_backwards``, and an initializer, a
        regularizer and a constraint for kernel, recurrent kernel and bias.

    Notes
    -----
    With the columns of W, U and b in the order i, f, g, o::

        i, f, o = σ(xₜ W + hₜ₋₁ U + b)      input, forget and output gates
        g = tanh(xₜ W + hₜ₋₁ U + b)         candidate
        cₜ = f ∘ cₜ₋₁ + i ∘ g
        hₜ = o ∘ tanh(cₜ)

    Backward: ``do = dhₜ ∘ tanh cₜ``, ``dcₜ += dhₜ ∘ o ∘ tanh′(cₜ)``, ``di = dcₜ ∘ g``, ``df = dcₜ ∘ cₜ₋₁``,
    ``dg = dcₜ ∘ i``, ``dcₜ₋₁ = dcₜ ∘ f``: along c the gradient is only scaled by f, so it need not vanish.
    """

    gates = 4

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        unit_forget_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, activation, recurrent_activation, **kwargs)
        self.unit_forget_bias = unit_forget_bias

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        if self.use_bias and self.unit_forget_bias:
            self.split(self.params["bias"])[1][...] = 1

    def start(self):
        """See :meth:`_Recurrent.start`."""
        super().start()
        self.c = self.empty("c", self.h.shape)
        self.c[0] = 0
        self.squashed = self.empty("squashed", self.h[1:].shape)  # tanh(c)

    def step(self, t):
        """See :meth:`_Recurrent.step`."""
        z, a, units = self.z[t], self.a[t], self.units
        z += self.h[t] @ self.params["recurrent_kernel"]
        _apply(self.recurrent_activation, z[:, : 2 * units], out=a[:, : 2 * units])
        _apply(self.activation, z[:, 2 * units : 3 * units], out=a[:, 2 * units : 3 * units])
        _apply(self.recurrent_activation, z[:, 3 * units :], out=a[:, 3 * units :])
        i, f, g, o = self.split(a)
        c = np.multiply(f, self.c[t], out=self.c[t + 1])
        c += i * g
        _apply(self.activation, c, out=self.squashed[t])
        np.multiply(o, self.squashed[t], out=self.h[t + 1])

    def start_back(self):
        """See :meth:`_Recurrent.start_back`."""
        super().start_back()
        self.dc = np.zeros_like(self.c[0])

    def step_back(self, t, dh):
        """See :meth:`_Recurrent.step_back`."""
        (i, f, g, o), (zi, zf, zg, zo), (di, df, dg, do) = map(self.split, (self.a[t], self.z[t], self.dz[t]))
        gate, dc = self.recurrent_activation, self.dc
        _apply_gradient(gate, dh * self.squashed[t], zo, o, out=do)
        dh *= o
        dc += self.activation.backward(dh, self.c[t + 1], self.squashed[t])
        _apply_gradient(gate, dc * g, zi, i, out=di)
        _apply_gradient(gate, dc * self.c[t], zf, f, out=df)
        _apply_gradient(self.activation, dc * i, zg, g, out=dg)
        dc *= f
        return self.dz[t] @ self.params["recurrent_kernel"].T


class GRU(_Gated):
    """Gated recurrent unit (Cho et al. 2014).

    Parameters
    ----------
    units : int
        Size of the state h, which is the output.
    activation, recurrent_activation : str or ActivationFunction
        Activation functions of the candidate (tanh) and of the gates (sigmoid).
    reset_after : bool
        Whether to apply the reset gate after the recurrent product (as in Keras and cuDNN, with a second bias added to
        the product) instead of before it (as in Cho et al.).
    **kwargs
        As in :class:`SimpleRNN`: ``use_bias``, ``return_sequences``, ``go_backwards``, and an initializer, a
        regularizer and a constraint for kernel, recurrent kernel and bias.

    Notes
    -----
    With the columns of W, U and b in the order z, r, g::

        z, r = σ(xₜ W + hₜ₋₁ U + b)                  update and reset gates
        g = tanh(xₜ W + b + r ∘ (hₜ₋₁ U + b′))       candidate; (r ∘ hₜ₋₁) U without ``reset_after``
        hₜ = z ∘ hₜ₋₁ + (1 − z) ∘ g

    Backward: ``dz = dhₜ ∘ (hₜ₋₁ − g)``, ``dg = dhₜ ∘ (1 − z)``, and ``dhₜ₋₁`` is ``dhₜ ∘ z`` plus the gradients through
    the products with U.
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        reset_after: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, activation, recurrent_activation, **kwargs)
        self.reset_after = reset_after

    @property
    def bias_shape(self):
        """See :attr:`_Recurrent.bias_shape`."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    @property
    def input_bias(self):
        """See :attr:`_Recurrent.input_bias`."""
        return self.params["bias"][0] if self.reset_after and self.use_bias else self.params.get("bias")

    def start(self):
        """See :meth:`_Recurrent.start`."""
        super().start()
        self.u = self.empty("u", self.z.shape)  # h U + b′

    def step(self, t):
        """See :meth:`_Recurrent.step`."""
        z, a, u, h, both = self.z[t], self.a[t], self.u[t], self.h[t], 2 * self.units
        update, reset, candidate = self.split(a)
        kernel = self.params["recurrent_kernel"]
        if self.reset_after:
            np.matmul(h, kernel, out=u)
            if self.use_bias:
                u += self.params["bias"][1]
        else:
            np.matmul(h, kernel[:, :both], out=u[:, :both])
        z[:, :both] += u[:, :both]
        _apply(self.recurrent_activation, z[:, :both], out=a[:, :both])
        if self.reset_after:
            z[:, both:] += reset * u[:, both:]
        else:
            z[:, both:] += (reset * h) @ kernel[:, both:]
        _apply(self.activation, z[:, both:], out=candidate)
        change = h - candidate
        change *= update
        np.add(candidate, change, out=self.h[t + 1])

    def start_back(self):
        """See :meth:`_Recurrent.start_back`."""
        self.du = self.empty("du", self.z.shape) if self.reset_after else self.dz

    def step_back(self, t, dh):
        """See :meth:`_Recurrent.step_back`."""
        (update, reset, candidate), (zz, zr, zg), (dz, dr, dg) = map(self.split, (self.a[t], self.z[t], self.dz[t]))
        h, u, du, both = self.h[t], self.u[t], self.du[t], 2 * self.units
        kernel = self.params["recurrent_kernel"]
        _apply_gradient(self.recurrent_activation, dh * (h - candidate), zz, update, out=dz)
        _apply_gradient(self.activation, dh * (1 - update), zg, candidate, out=dg)
        dh *= update
        if self.reset_after:
            _apply_gradient(self.recurrent_activation, dg * u[:, both:], zr, reset, out=dr)
            du[:, :both] = self.dz[t, :, :both]
            np.multiply(dg, reset, out=du[:, both:])
            dh += du @ kernel.T
        else:
            d_reset_h = dg @ kernel[:, both:].T  # the gradient of r ∘ h
            _apply_gradient(self.recurrent_activation, d_reset_h * h, zr, reset, out=dr)
            d_reset_h *= reset
            dh += d_reset_h
            dh += du[:, :both] @ kernel[:, :both].T
        return dh

    def weight_gradients(self):
        """See :meth:`_Recurrent.weight_gradients`."""
        kernel, recurrent, bias = self.grads["kernel"], self.grads["recurrent_kernel"], self.grads.get("bias")
        if self.reset_after:
            inner, outer = bias if bias is not None else (None, None)
            dense.affine_gradients(self.x, self.dz, kernel, inner)
            dense.affine_gradients(self.h[:-1], self.du, recurrent, outer)
        else:
            _, reset, _ = self.split(self.a)
            *_, dg = self.split(self.dz)
            super().weight_gradients()
            reset_h = reset * self.h[:-1]
            recurrent[:, 2 * self.units :] = reset_h.reshape(-1, self.units).T @ dg.reshape(-1, self.units)


class Bidirectional(Layer):
    """Reads a sequence forwards and backwards with two recurrent layers and merges them (Schuster & Paliwal 1997).

    Parameters
    ----------
    layer : SimpleRNN, LSTM or GRU
        Configuration of both layers; the second differs in ``go_backwards``.
    merge_mode : {"concat", "sum", "mul", "ave"}
        How to combine the two outputs; the backward sequence is reversed first, so that the steps match.

    Notes
    -----
    The weights are those of the forward layer followed by those of the backward layer.
    """

    ranks = (3,)

    def __init__(self, layer: Any, merge_mode: str = "concat", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        template = Layer.get(layer)
        if not isinstance(template, _Recurrent) or template.go_backwards:
            raise ValueError(f"{self}: layer must be a SimpleRNN, LSTM or GRU with go_backwards=False, got {layer!r}")
        if merge_mode not in ("concat", "sum", "mul", "ave"):
            raise ValueError(f"{self}: merge_mode must be 'concat', 'sum', 'mul' or 'ave', got {merge_mode!r}")
        self.layer, self.merge_mode = template, merge_mode
        config, name = template.get_config(), template.name
        self.forward_layer = type(template).from_config(config | {"name": f"forward_{name}"})
        self.backward_layer = type(template).from_config(config | {"name": f"backward_{name}", "go_backwards": True})

    @property
    def sublayers(self):
        """See :attr:`Layer.sublayers`."""
        return [self.forward_layer, self.backward_layer]

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        for layer in self.sublayers:
            layer.dtype = layer.dtype or self.dtype
            layer.build(input_shape)

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.outputs = forward, backward = [
            self.forward_layer.forward(x, training),
            self.align(self.backward_layer.forward(x, training)),
        ]
        if self.merge_mode == "concat":
            return np.concatenate([forward, backward], axis=-1)
        if self.merge_mode == "mul":
            return forward * backward
        return forward + backward if self.merge_mode == "sum" else (forward + backward) * 0.5

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        if self.merge_mode == "concat":
            units = self.layer.units
            dy_forward, dy_backward = dy[..., :units], dy[..., units:]
        elif self.merge_mode == "mul":
            dy_forward, dy_backward = dy * self.outputs[1], dy * self.outputs[0]
        else:
            dy_forward = dy_backward = dy if self.merge_mode == "sum" else dy * 0.5
        for layer in self.sublayers:
            layer.needs_input_gradient = self.needs_input_gradient
        dx_forward = self.forward_layer.backward(dy_forward)
        dx_backward = self.backward_layer.backward(self.align(dy_backward))
        return dx_forward + dx_backward if self.needs_input_gradient else None

    def align(self, y: np.ndarray) -> np.ndarray:
        """Reverse the backward layer's sequence, so that its steps match those of the forward layer."""
        return y[:, ::-1] if self.layer.return_sequences else y

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        *leading, units = self.layer.compute_output_shape(input_shape)
        return (*leading, 2 * units if self.merge_mode == "concat" else units)
