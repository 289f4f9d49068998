"""check_gradients passes correct gradients and names wrong ones."""

import numpy as np
import pytest

from layerwise import nn


class WrongSign(nn.Dense):
    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["bias"] *= -1
        return dx


class MissingTerm(nn.BatchNormalization):
    """Ignores that mean and variance depend on the input."""

    def backward(self, dy):
        super().backward(dy)
        inverse = 1 / np.sqrt(self.moments_of(self.last) + self.epsilon)
        return dy * self.params["gamma"] * inverse

    def forward(self, x, training=False):
        self.last = x
        return super().forward(x, training)

    @staticmethod
    def moments_of(x):
        return x.var(axis=tuple(range(x.ndim - 1)))


class Transposed(nn.Dense):
    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["kernel"][...] = self.grads["kernel"].T.copy()
        return dx


class Reshaped(nn.Dense):
    def backward(self, dy):
        return super().backward(dy).T


class Nothing(nn.Dense):
    def backward(self, dy):
        super().backward(dy)


class NotANumber(nn.Dense):
    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["kernel"][0, 0] = np.nan
        return dx


class OneEntry(nn.Dense):
    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["kernel"][1, 2] *= 1.001
        return dx


def data(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def model(*layers, loss="mse"):
    sequential = nn.Sequential(list(layers), seed=0)
    sequential.compile("sgd", loss)
    return sequential


@pytest.mark.parametrize(
    "layer, shape, wrong",
    [
        (WrongSign(3), (2, 4), ["wrong_sign.bias"]),
        (MissingTerm(), (5, 3), ["x"]),
        (Transposed(4), (2, 4), ["transposed.kernel"]),
        (Reshaped(3), (2, 4), ["x"]),
        (Nothing(3), (2, 4), ["x"]),
        (NotANumber(3), (2, 4), ["not_a_number.kernel"]),
        (OneEntry(3), (2, 4), ["one_entry.kernel"]),
        (nn.Residual([WrongSign(4, name="inner")]), (2, 4), ["residual.inner.bias"]),
        (nn.Dense(3, "tanh"), (2, 4), []),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Layer) else None,
)
def test_wrong_gradients_are_detected_and_named(layer, shape, wrong, capsys):
    report = nn.check_gradients(layer, data(*shape))
    assert report.wrong == wrong
    assert report.ok is not bool(wrong)
    printed = capsys.readouterr().out
    assert printed.splitlines()[0] == f"gradients of {layer}"
    assert printed.count("WRONG") == (2 if wrong else 0)  # the row and the verdict
    verdict = printed.splitlines()[-1]
    assert verdict == (f"WRONG: {wrong[0]}" if wrong else "all gradients agree with finite differences")


def test_the_report_of_a_model_names_the_wrong_layer():
    stack = model(nn.Dense(5, "tanh"), WrongSign(4, "relu", name="wrong"), nn.BatchNormalization(), nn.Dense(2))
    report = nn.check_gradients(stack, data(6, 3), data(6, 2), verbose=False)
    assert report.wrong == ["wrong.bias"]
    assert [check.name for check in report.checks] == [
        "x",
        "dense.kernel",
        "dense.bias",
        "wrong.kernel",
        "wrong.bias",
        "batch_normalization.gamma",
        "batch_normalization.beta",
        "dense_1.kernel",
        "dense_1.bias",
    ]


@pytest.mark.parametrize("loss", ["mse", nn.Huber(0.3), nn.BinaryCrossentropy(from_logits=True)])
def test_a_correct_model_with_penalties_dropout_and_noise_passes(loss):
    stack = model(
        nn.Dense(6, "relu", kernel_regularizer=nn.L1L2(0.1, 0.2)),
        nn.Dropout(0.5),
        nn.GaussianNoise(0.3),
        nn.LayerNormalization(),
        nn.Dense(1, bias_regularizer="L2"),
        loss=loss,
    )
    targets = np.array([0, 1, 1, 0, 1])
    report = nn.check_gradients(stack, data(5, 3), targets, verbose=False)
    assert report.ok, report


def test_the_fused_softmax_loss_passes():
    stack = model(nn.Dense(4, "softmax"), loss="sparse_categorical_crossentropy")
    report = nn.check_gradients(stack, data(5, 3), [0, 3, 1, 2, 2], verbose=False)
    assert report.ok, report


def test_integer_inputs_and_frozen_weights_are_not_checked():
    stack = model(nn.Embedding(5, 3), nn.Flatten(), nn.Dense(3, trainable=False), nn.Dense(1))
    report = nn.check_gradients(stack, np.array([[0, 4], [2, 2]]), [1.0, 2.0], verbose=False)
    assert report.ok, report
    assert [check.name for check in report.checks] == ["embedding.embeddings", "dense_1.kernel", "dense_1.bias"]


def test_any_subgradient_passes_at_a_kink():
    """At exactly 0, any slope of ReLU from 0 to 1 passes; slopes outside this range are still detected."""

    class Slope(nn.Layer):
        def __init__(self, slope):
            super().__init__()
            self.slope = slope

        def forward(self, x, training=False):
            self.x = x
            return np.maximum(x, 0)

        def backward(self, dy):
            return dy * np.where(self.x == 0, self.slope, self.x > 0)

    zeros = np.zeros((1, 3))
    for slope, correct in ((0.0, True), (0.5, True), (1.0, True), (1.5, False), (-0.1, False)):
        assert nn.check_gradients(Slope(slope), zeros, verbose=False).ok is correct


def test_the_checked_model_is_not_modified():
    stack = model(nn.Input((3,)), nn.Dense(4), nn.BatchNormalization(), nn.Dropout(0.5), nn.Dense(2))
    x, y = data(4, 3), data(4, 2)
    stack.fit(x, y, verbose=0)
    before = {name: array.copy() for name, array in nn.saving.pack(stack).items()}
    grads = stack.grads.copy()
    nn.check_gradients(stack, x, y, verbose=False)
    after = nn.saving.pack(stack)
    assert before.keys() == after.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array)
    np.testing.assert_array_equal(stack.grads, grads)
    assert stack.dtype == stack.layers[0].dtype == "float32"

    layer = nn.BatchNormalization()
    layer(data(4, 3), training=True)
    weights = layer.get_weights()
    nn.check_gradients(layer, x, verbose=False)
    for weight, old in zip(layer.get_weights(), weights):
        np.testing.assert_array_equal(weight, old)
    assert layer.dtype is None and layer.params["gamma"].dtype == np.float32


def test_existing_weights_are_used():
    """At these weights tanh is saturated, so the gradient of the kernel must be almost zero."""
    layer = nn.Dense(2, "tanh")
    layer.build((None, 3))
    layer.set_weights([np.zeros((3, 2)), np.full(2, 50.0)])

    class WrongKernel(nn.Dense):
        def backward(self, dy):
            dx = super().backward(dy)
            self.grads["kernel"] += 1e-3
            return dx

    wrong = WrongKernel(2, "tanh")
    wrong.build((None, 3))
    wrong.set_weights(layer.get_weights())
    assert nn.check_gradients(layer, data(4, 3), verbose=False).ok
    assert nn.check_gradients(wrong, data(4, 3), verbose=False).wrong == ["wrong_kernel.kernel"]


def test_large_parameters_are_sampled_reproducibly():
    layer = nn.Dense(40)
    first, again = (nn.check_gradients(layer, data(2, 30), samples=20, verbose=False) for _ in range(2))
    assert [check.entries for check in first.checks] == [20, 20, 20]
    assert [check.shape for check in first.checks] == [(2, 30), (30, 40), (40,)]
    assert first.checks[0] == again.checks[0]
    whole = nn.check_gradients(OneEntry(40), data(2, 30), samples=1200, verbose=False)
    assert whole.wrong == ["one_entry.kernel"]


def test_the_table_is_aligned():
    text = str(nn.check_gradients(nn.Dense(3), data(2, 4), verbose=False))
    head, *rows = text.splitlines()[1:-1]
    assert head.split() == ["parameter", "shape", "entries", "max", "|error|", "relative"]
    assert len(rows) == 3 and all(row.endswith("  ok") for row in rows)
    assert len({len(row) for row in rows}) == 1
    assert rows[1].startswith("dense.kernel  (4, 3)  12 ")


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: nn.check_gradients(nn.Dense(2), data(2, 2), data(2, 2)), r"y must be None for a layer \(layer 'dense"),
        (
            lambda: nn.check_gradients(model(nn.Dense(2)), data(2, 2)),
            "model 'sequential': y must hold the targets, got None",
        ),
        (
            lambda: nn.check_gradients(nn.Sequential([nn.Dense(2)]), data(2, 2), data(2, 2)),
            "check_gradients: model 'sequential' is not compiled; call compile",
        ),
        (
            lambda: nn.check_gradients(model(nn.Dense(2)), data(2, 2), data(3, 2)),
            "check_gradients: examples and targets must have the same length",
        ),
    ],
)
def test_invalid_arguments_raise(call, message):
    with pytest.raises(ValueError, match=message):
        call()
