"""Error messages name the layer or the call, what must hold and the value received."""

import numpy as np
import pytest

from layerwise import nn

X, Y = np.random.default_rng(0).normal(size=(12, 4)).astype("float32"), np.arange(12) % 3


def model(compiled=True, loss="sparse_categorical_crossentropy"):
    net = nn.Sequential([nn.Input((4,)), nn.Dense(3, activation="softmax")], name="net")
    if compiled:
        net.compile("sgd", loss)
    return net


def with_value(value, row=5):
    x = X.copy()
    x[row, 2] = value
    return x


CALLS = {
    "wrong rank": (lambda: model().fit(X[:, 0], Y), r"examples must have at least 2 axes, .*got shape \(12,\)"),
    "wrong features": (
        lambda: model().fit(X[:, :3], Y),
        r"fit: examples must have shape \(None, 4\), got \(12, 3\)",
    ),
    "wrong rank in predict": (lambda: model().predict(np.ones((2, 2, 4))), r"predict: .*\(None, 4\), got \(2, 2, 4\)"),
    "text": (lambda: model().predict([["a"] * 4]), "examples must be numbers, got <U1"),
    "NaN in x": (lambda: model().fit(with_value(np.nan), Y), "must be finite, got NaN .* in 1 of 12, first in row 5"),
    "infinity in x": (lambda: model().predict(with_value(-np.inf, row=11)), "first in row 11"),
    "infinities that cancel": (
        lambda: model().evaluate(np.array([[np.inf, -np.inf, 0, 0]]), [0]),
        "must be finite, got NaN or infinity in 1 of 1",
    ),
    "lengths": (lambda: model().fit(X, Y[:-1]), r"the same length, got \{'examples': 12, 'targets': 11\}"),
    "label too large": (lambda: model().fit(X, Y + 1), "labels must be from 0 to 2 for 3 outputs, got 1 to 3"),
    "one-hot": (lambda: model().fit(X, np.eye(3)[Y]), r"targets must be class indices, got shape \(12, 3\)"),
    "class indices for one-hot": (
        lambda: model(loss="categorical_crossentropy").fit(X, Y),
        r"targets must be one-hot rows of length 3, got shape \(12,\)",
    ),
    "no examples": (lambda: model().fit(X[:0], Y[:0]), "fit: there must be at least one example .*got none"),
    "not compiled": (lambda: model(compiled=False).fit(X, Y), r"fit: model 'net' is not compiled; call compile"),
    "not built": (lambda: nn.Sequential([nn.Dense(3)], name="net").predict(X), "predict: model 'net' is not built"),
    "no weights": (lambda: nn.Sequential([nn.Dense(3)]).get_weights(), "get_weights: model 'sequential' is not built"),
    "no layers": (lambda: nn.Sequential().build((None, 3)), "there must be at least one layer to build, got none"),
    "epochs": (lambda: model().fit(X, Y, epochs=0), "fit: epochs must be an integer ≥ 1.*got 0"),
    "epochs type": (lambda: model().fit(X, Y, epochs=2.5), "epochs must be an integer ≥ 1, got 2.5"),
    "batch size": (lambda: model().fit(X, Y, batch_size=-1), "fit: batch_size must be an integer ≥ 1, got -1"),
    "predict size": (lambda: model().predict(X, batch_size=0), "predict: batch_size must be an integer ≥ 1, got 0"),
    "initial epoch": (lambda: model().fit(X, Y, initial_epoch=-1), "initial_epoch must be an integer ≥ 0.*got -1"),
    "split": (
        lambda: model().fit(X, Y, validation_split=1.0),
        r"validation_split must be a number in \[0, 1\), got 1.0",
    ),
    "split of everything": (
        lambda: model().fit(X[:1], Y[:1], validation_split=0.9),
        "at least one example to train on",
    ),
    "validation": (lambda: model().fit(X, Y, validation_data=X), r"validation_data must be a tuple \(x, y\)"),
    "validation labels": (
        lambda: model().fit(X, Y, validation_data=(X, Y + 5)),
        "labels must be from 0 to 2 .*got 5 to 7",
    ),
    "weights length": (
        lambda: model().fit(X, Y, sample_weight=[1.0]),
        r"sample_weight must hold one number per example, 12 in all, got shape \(1,\)",
    ),
    "weights sign": (lambda: model().fit(X, Y, sample_weight=-np.ones(12)), "sample_weight must be finite and ≥ 0"),
    "class weights": (
        lambda: model().fit(X, Y, class_weight={0: np.nan}),
        "fit: class_weight must be a dict of class to finite number ≥ 0, got {0: nan}",
    ),
    "list of class weights": (
        lambda: model().fit(X, Y, class_weight=[1.0, 2.0, 3.0]),
        r"class_weight must be a dict of class to finite number ≥ 0, got \[1.0, 2.0, 3.0\]",
    ),
    "both weights": (
        lambda: model().fit(X, Y, sample_weight=np.ones(12), class_weight={0: 2.0}),
        "give either class_weight or sample_weight, not both",
    ),
    "no loss": (lambda: model(compiled=False).compile("sgd"), "compile: model 'net': loss must be .*got None"),
    "optimizer": (lambda: model().compile("adamm", "mse"), "unknown optimizer 'adamm'; did you mean 'adam"),
    "loss": (lambda: model().compile("sgd", "mean_square_error"), "did you mean 'mean_squared_error'"),
    "activation": (lambda: nn.Dense(3, activation="rellu"), "unknown activation 'rellu'; did you mean 'relu'"),
    "activation type": (
        lambda: nn.Dense(3, activation=3),
        "activation must be a name, an instance or a serialized dict, got 3",
    ),
    "layer": (lambda: nn.Layer.get("densee"), "unknown layer 'densee'; did you mean 'dense'"),
    "units": (lambda: nn.Dense(0), r"layer 'dense' \(Dense\): units must be an integer ≥ 1.*got 0"),
    "units type": (lambda: nn.Dense(2.0), "units must be an integer ≥ 1, got 2.0"),
    "rate": (lambda: nn.Dropout(1.0), r"layer 'dropout' \(Dropout\): rate must be a number in \[0, 1\).*got 1.0"),
    "noise": (lambda: nn.GaussianNoise(-1), "stddev must be a number ≥ 0, got -1"),
    "axis": (lambda: nn.BatchNormalization(axis=1), r"axis must be -1 \(channels last\).*got 1"),
    "group norm groups": (lambda: nn.GroupNormalization(0), r"groups must be an integer ≥ 1, or -1.*got 0"),
    "layer norm axis": (lambda: nn.LayerNormalization(axis=1), r"axis must be \-1 \(the last axis\), got 1"),
    "momentum": (lambda: nn.BatchNormalization(momentum=2), r"momentum must be a number in \[0, 1\], got 2"),
    "epsilon": (lambda: nn.BatchNormalization(epsilon=0), "epsilon must be a number > 0, got 0"),
    "leaky": (lambda: nn.LeakyReLU(-0.1), r"negative_slope must be a number in \[0, 1\], got -0.1"),
    "elu": (lambda: nn.ELU(0), "alpha must be a number > 0, got 0"),
    "dtype": (lambda: nn.Dense(3, dtype="float16"), "dtype must be 'float32' or 'float64'.*got 'float16'"),
    "model dtype": (lambda: nn.Sequential(dtype="int8"), "dtype must be 'float32' or 'float64', got 'int8'"),
    "mixed dtype": (
        lambda: nn.Sequential([nn.Input((3,)), nn.Dense(2, dtype="float64")]),
        r"layer 'dense' \(Dense\): dtype must be that of the model, 'float32', got 'float64'",
    ),
    "input shape": (lambda: nn.Input(3), r"Input: shape must be a tuple.*got 3"),
    "late input": (lambda: nn.Sequential([nn.Dense(2), nn.Input((3,))]), "Input must be the first layer"),
    "not a layer": (lambda: nn.Sequential(["dense"]), "layers must be instances of nn.Layer, got 'dense'"),
    "same name": (
        lambda: nn.Sequential([nn.Dense(2, name="a"), nn.Dense(2, name="a")]),
        "layer names must be unique, got 'a' twice",
    ),
    "built": (lambda: model().add(nn.Dense(2)), "layer 'dense' .* cannot be added because the model is already built"),
    "no such layer": (lambda: model().get_layer("dance"), "no layer 'dance'; its layers are dense"),
    "reshape": (
        lambda: nn.Sequential([nn.Input((4,)), nn.Reshape((3, 2))]),
        r"layer 'reshape' \(Reshape\): target_shape \(3, 2\) must hold as many values as the input, 4, .*\(4,\)",
    ),
    "permute twice": (lambda: nn.Permute((1, 1)), r"dims must be a permutation of 1 to 2, got \(1, 1\)"),
    "permute rank": (
        lambda: nn.Sequential([nn.Input((4,)), nn.Permute((2, 1))]),
        r"examples must have 2 axes for dims \(2, 1\), got shape \(4,\)",
    ),
    "residual shapes": (
        lambda: nn.Sequential([nn.Input((4,)), nn.Residual([nn.Dense(5)])]),
        r"branch and shortcut must have the same output shape for input \(None, 4\), got \(None, 5\) and \(None, 4\)",
    ),
    "parallel shapes": (
        lambda: nn.Sequential([nn.Input((4, 2)), nn.Parallel([[nn.Conv1D(3, 2)], [nn.Dense(3)]])]),
        r"must differ in the last axis only, got \(None, 3, 3\) and \(None, 4, 3\) for input \(None, 4, 2\)",
    ),
    "parallel empty": (lambda: nn.Parallel([]), "there must be at least one branch, got none"),
    "residual empty": (lambda: nn.Residual([]), "the branch must have at least one layer, got none"),
    "forward shape": (
        lambda: model().layers[0].forward(np.ones((2, 5))),
        r"layer 'dense' \(Dense\): input must have shape \(None, 4\), got \(2, 5\)",
    ),
    "forward unbuilt": (lambda: nn.Dense(3).forward(X), r"the layer is not built; call build\(input_shape\) first"),
    "free size": (lambda: nn.Dense(3).build((None, None)), "sizes that determine the weight 'kernel' must be known"),
    "set_weights count": (lambda: model().set_weights([X]), "model 'net': weights must hold 2 arrays, got 1"),
    "set_weights shape": (
        lambda: model().set_weights([X, X]),
        r"layer 'dense' \(Dense\): weight 0 must have shape \(4, 3\), got \(12, 4\)",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_error_message(name):
    call, message = CALLS[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_a_layer_can_be_added_only_once():
    layer = nn.Dense(3)
    with pytest.raises(ValueError, match="has already been added"):
        nn.Sequential([layer, layer])


def test_a_failed_fit_does_not_modify_the_model():
    net = model()
    before, state = net.get_weights(), net.rng.bit_generator.state
    with pytest.raises(ValueError, match="labels must be from"):
        net.fit(X, Y + 1)
    for old, new in zip(before, net.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert net.rng.bit_generator.state == state


def test_large_finite_examples_are_accepted():
    """Their sum overflows float32, which must not be mistaken for a non-finite example."""
    net = nn.Sequential([nn.Input((4,)), nn.Dense(1, kernel_initializer="zeros")])
    assert (net.predict(np.full((100, 4), 3e38, "float32")) == 0).all()
