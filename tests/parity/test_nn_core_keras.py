"""Side by side with Keras: layers, losses, optimizers and schedules one by one, then whole trainings."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from layerwise import nn  # noqa: E402

TOLERANCE = {"float32": {"rtol": 2e-4, "atol": 2e-5}, "float64": {"rtol": 1e-9, "atol": 1e-10}}
DTYPES = ["float32", "float64"]


def tolerance_of(name, dtype):
    """TensorFlow holds leaky ReLU's slope and GELU's √2 in float32, so float64 agrees to these digits only."""
    return (
        {"rtol": 2e-7, "atol": 2e-7} if dtype == "float64" and ("leaky" in name or "gelu" in name) else TOLERANCE[dtype]
    )


def weights_off_their_start(layer, seed=1):
    rng = np.random.default_rng(seed)
    return [weight + rng.uniform(0.1, 0.4, weight.shape).astype(weight.dtype) for weight in layer.get_weights()]


def values(shape, dtype, seed=0):
    x = np.random.default_rng(seed).normal(size=shape)
    return (x + 0.05 * np.sign(x)).astype(dtype)


# --- layers ----------------------------------------------------------------------------------------------------------

LAYERS = {
    "dense": ("Dense", {"units": 4}),
    "dense_bare": ("Dense", {"units": 4, "use_bias": False}),
    **{
        f"dense_{name}": ("Dense", {"units": 4, "activation": name})
        for name in nn.activations.ActivationFunction.known()
    },
    "relu": ("ReLU", {}),
    "leaky_relu": ("LeakyReLU", {}),
    "leaky_relu_slope": ("LeakyReLU", {"negative_slope": 0.1}),
    "elu": ("ELU", {}),
    "elu_alpha": ("ELU", {"alpha": 0.5}),
    "softmax": ("Softmax", {}),
    "softmax_axis": ("Softmax", {"axis": 1}),
    "activation": ("Activation", {"activation": "tanh"}),
    "flatten": ("Flatten", {}),
    "reshape": ("Reshape", {"target_shape": (-1, 1)}),
    "batch_norm": ("BatchNormalization", {}),
    "batch_norm_options": ("BatchNormalization", {"momentum": 0.8, "epsilon": 0.1, "center": False}),
    "batch_norm_bare": ("BatchNormalization", {"center": False, "scale": False}),
    "layer_norm": ("LayerNormalization", {}),
    "layer_norm_options": ("LayerNormalization", {"epsilon": 0.1, "scale": False}),
    "dropout_inference": ("Dropout", {"rate": 0.4}),
    "noise_inference": ("GaussianNoise", {"stddev": 0.4}),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 3), (1, 3), (2, 4, 3), (2, 3, 4, 2)])
@pytest.mark.parametrize("name", LAYERS)
def test_layers_forward_and_backward(name, shape, dtype):
    kind, options = LAYERS[name]
    theirs = getattr(keras.layers, kind)(dtype=dtype, **options)
    ours = getattr(nn, kind)(dtype=dtype, **options)
    theirs.build(shape)
    ours.build(shape)
    assert [w.shape for w in ours.get_weights()] == [w.shape for w in theirs.get_weights()]
    weights = weights_off_their_start(ours)
    ours.set_weights(weights)
    theirs.set_weights(weights)
    x = values(shape, dtype)
    tolerance = tolerance_of(name, dtype)
    training = [False] if "inference" in name else [True, False]
    for mode in training:
        with tf.GradientTape() as tape:
            tensor = tf.constant(x)
            tape.watch(tensor)
            expected = theirs(tensor, training=mode)
            dy = values(expected.shape, dtype, seed=2)
            total = tf.reduce_sum(expected * dy)
        slopes = tape.gradient(total, [tensor, *(variable.value for variable in theirs.trainable_variables)])
        y = ours.forward(x, training=mode)
        dx = ours.backward(dy)
        assert y.dtype == dx.dtype == dtype and tuple(ours.compute_output_shape(shape)) == y.shape
        np.testing.assert_allclose(y, expected, **tolerance)
        np.testing.assert_allclose(dx, slopes[0], **tolerance)
        for (weight, ours_grad), grad in zip(ours.grads.items(), slopes[1:], strict=True):
            np.testing.assert_allclose(ours_grad, grad, err_msg=weight, **tolerance)
        for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, **tolerance)


# --- losses ----------------------------------------------------------------------------------------------------------

LOSSES = {
    "mse": ("MeanSquaredError", {}, "real"),
    "mae": ("MeanAbsoluteError", {}, "real"),
    "huber": ("Huber", {}, "real"),
    "huber_delta": ("Huber", {"delta": 0.4}, "real"),
    "hinge": ("Hinge", {}, "binary"),
    "binary": ("BinaryCrossentropy", {}, "binary"),
    "binary_logits": ("BinaryCrossentropy", {"from_logits": True}, "binary"),
    "binary_smooth": ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "binary"),
    "categorical": ("CategoricalCrossentropy", {}, "one-hot"),
    "categorical_logits": ("CategoricalCrossentropy", {"from_logits": True}, "one-hot"),
    "categorical_smooth": ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "one-hot"),
    "categorical_logits_smooth": ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "one-hot"),
    "sparse": ("SparseCategoricalCrossentropy", {}, "class"),
    "sparse_logits": ("SparseCategoricalCrossentropy", {"from_logits": True}, "class"),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(6, 4), (1, 2), (3, 2, 4)])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_their_gradients(name, shape, dtype, weighted):
    kind, options, target = LOSSES[name]
    rng = np.random.default_rng(4)
    labels = rng.integers(0, shape[-1], shape[:-1])
    t = {
        "real": values(shape, dtype, seed=5),
        "binary": rng.integers(0, 2, shape).astype(dtype),
        "one-hot": np.eye(shape[-1], dtype=dtype)[labels],
        "class": labels,
    }[target]
    y = values(shape, dtype)
    if target != "real" and not options.get("from_logits") and kind != "Hinge":
        y = 1 / (1 + np.exp(-y)) if kind == "BinaryCrossentropy" else np.exp(y) / np.exp(y).sum(-1, keepdims=True)
    weight = rng.uniform(0.2, 2, shape[0]).astype(dtype) if weighted else None
    theirs, ours = getattr(keras.losses, kind)(dtype=dtype, **options), getattr(nn, kind)(**options)
    with tf.GradientTape() as tape:
        tensor = tf.constant(y)
        tape.watch(tensor)
        expected = theirs(t, tensor, weight if weight is None or len(shape) == 2 else weight[:, None])
    value, slope = ours.value_and_gradient(ours.prepare(t, shape, dtype), y, weight)
    tolerance = TOLERANCE[dtype] | ({"atol": 1e-7} if dtype == "float64" else {})
    assert value == pytest.approx(float(expected), rel=tolerance["rtol"], abs=tolerance["atol"])
    np.testing.assert_allclose(slope, tape.gradient(expected, tensor), **tolerance)


# --- optimizers and schedules ----------------------------------------------------------------------------------------

OPTIMIZERS = {
    "sgd": ("SGD", {}),
    "momentum": ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    "nesterov": ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    "rmsprop": ("RMSprop", {}),
    "rmsprop_momentum": ("RMSprop", {"learning_rate": 0.01, "rho": 0.8, "momentum": 0.5, "epsilon": 1e-3}),
    "adagrad": ("Adagrad", {"learning_rate": 0.1}),
    "adagrad_start": ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.5, "epsilon": 1e-3}),
    "adam": ("Adam", {}),
    "adam_options": ("Adam", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    "adamw": ("AdamW", {}),
    "adamw_options": ("AdamW", {"learning_rate": 0.02, "weight_decay": 0.1}),
    "sgd_decay": ("SGD", {"learning_rate": 0.05, "weight_decay": 0.1}),
    "clipnorm": ("SGD", {"learning_rate": 0.1, "clipnorm": 0.8}),
    "clipvalue": ("Adam", {"learning_rate": 0.1, "clipvalue": 0.3}),
    "global_clipnorm": ("SGD", {"learning_rate": 0.1, "momentum": 0.5, "global_clipnorm": 1.0}),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_ten_steps_of_an_optimizer(name, dtype):
    kind, options = OPTIMIZERS[name]
    rng = np.random.default_rng(6)
    start, gradients = rng.normal(size=7).astype(dtype), rng.normal(size=(10, 7)).astype(dtype)
    variables = [keras.Variable(start[:4], dtype=dtype), keras.Variable(start[4:], dtype=dtype)]
    theirs = getattr(keras.optimizers, kind)(**options)
    ours, w, g = getattr(nn, kind)(**options), start.copy(), np.empty(7, dtype)
    ours.bind(w, g, pieces=[slice(0, 4), slice(4, 7)])
    # Keras holds its rates in float32 whatever the weights are. Adam's 1 − β₂ᵗ keeps four digits there, so that a
    # step of the size of the learning rate is a few 1e-6 of itself off.
    atol = max(2e-6, 1e-5 * 10 * theirs.learning_rate.numpy() if kind.startswith("Adam") else 0)
    for gradient in gradients:
        theirs.apply([tf.constant(gradient[:4]), tf.constant(gradient[4:])], variables)
        g[...] = gradient
        ours.step()
        np.testing.assert_allclose(w, np.concatenate([v.numpy() for v in variables]), rtol=2e-6, atol=atol)


SCHEDULES = {
    "exponential": ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6}),
    "staircase": (
        "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6, "staircase": True},
    ),
    "cosine": ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "alpha": 0.05}),
    "cosine_warmup": (
        "CosineDecay",
        {"initial_learning_rate": 0.01, "decay_steps": 20, "warmup_target": 0.2, "warmup_steps": 6},
    ),
    "piecewise": ("PiecewiseConstantDecay", {"boundaries": [3, 9], "values": [0.1, 0.01, 0.001]}),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_at_every_step(name):
    kind, options = SCHEDULES[name]
    theirs, ours = getattr(keras.optimizers.schedules, kind)(**options), getattr(nn, kind)(**options)
    np.testing.assert_allclose(
        [ours(step) for step in range(30)], [float(theirs(step)) for step in range(30)], rtol=2e-6
    )


@pytest.mark.parametrize("name", SCHEDULES)
def test_an_optimizer_reads_the_schedule_at_the_same_step(name):
    kind, options = SCHEDULES[name]
    theirs = keras.optimizers.SGD(getattr(keras.optimizers.schedules, kind)(**options))
    ours = nn.SGD(getattr(nn, kind)(**options))
    variable, w, g = keras.Variable(np.zeros(1, "float32")), np.zeros(1, "float32"), np.ones(1, "float32")
    ours.bind(w, g)
    for _ in range(12):
        theirs.apply([tf.ones(1)], [variable])
        ours.step()
        np.testing.assert_allclose(w, variable.numpy(), rtol=1e-5)


def test_initializers_have_the_same_spread():
    """Different generators, so the moments and the bounds are compared."""
    names = ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"]
    for name in [*names, "random_normal", "random_uniform", "orthogonal"]:
        theirs = keras.initializers.get(name)((5, 5, 40, 30), "float64").numpy()
        ours = nn.Initializer.get(name)((5, 5, 40, 30), "float64", np.random.default_rng(0))
        assert ours.std() == pytest.approx(theirs.std(), rel=0.03)
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.02 if "uniform" in name else 0.35)


# --- whole trainings -------------------------------------------------------------------------------------------------


def data(dtype, n=96):
    rng = np.random.default_rng(8)
    y = rng.integers(0, 3, n)
    return (rng.normal(size=(n, 6)) + 1.5 * np.eye(3, 6)[y]).astype(dtype), y


def plain(k, regularizer):
    return [k.Dense(16, activation="relu", kernel_regularizer=regularizer), k.Dense(3)]


def normalized(k, regularizer):
    return [k.Dense(16), k.BatchNormalization(momentum=0.9), k.ReLU(), k.Dense(8, activation="tanh"), k.Dense(3)]


def ending_in_softmax(k, regularizer):
    return [k.Dense(8, activation="gelu"), k.LayerNormalization(), k.Dense(3, activation="softmax")]


def residual(k, regularizer):
    if k is nn:
        return [
            nn.Dense(8, activation="relu"),
            nn.Residual([nn.Dense(8, activation="tanh"), nn.Dense(8)]),
            nn.Residual([nn.Dense(5)], shortcut=[nn.Dense(5, use_bias=False)]),
            nn.Dense(3),
        ]
    x = keras.Input((6,))
    h = k.Dense(8, activation="relu")(x)
    h = k.Add()([k.Dense(8)(k.Dense(8, activation="tanh")(h)), h])
    h = k.Add()([k.Dense(5)(h), k.Dense(5, use_bias=False)(h)])
    return keras.Model(x, k.Dense(3)(h))


def parallel(k, regularizer):
    if k is nn:
        return [nn.Parallel([[nn.Dense(8, activation="tanh"), nn.Dense(5)], [nn.Dense(4)], []]), nn.Dense(3)]
    x = keras.Input((6,))
    h = k.Concatenate()([k.Dense(5)(k.Dense(8, activation="tanh")(x)), k.Dense(4)(x), x])
    return keras.Model(x, k.Dense(3)(h))


TRAININGS = {
    "mlp_sgd": (plain, ("SGD", {"learning_rate": 0.1}), None),
    "mlp_adam": (plain, ("Adam", {"learning_rate": 0.01}), None),
    "mlp_l2_nesterov": (plain, ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}), ("L2", 0.01)),
    "mlp_l1_adamw": (plain, ("AdamW", {"learning_rate": 0.01}), ("L1", 0.001)),
    "mlp_clipped_rmsprop": (plain, ("RMSprop", {"learning_rate": 0.003, "clipnorm": 0.1}), None),
    "batch_norm": (normalized, ("SGD", {"learning_rate": 0.05, "momentum": 0.9}), None),
    "softmax": (ending_in_softmax, ("Adagrad", {"learning_rate": 0.1}), None),
    "residual": (residual, ("SGD", {"learning_rate": 0.05, "momentum": 0.9}), None),
    "parallel": (parallel, ("SGD", {"learning_rate": 0.05, "momentum": 0.9}), None),
}


@pytest.mark.parametrize(
    "name, dtype",
    # Keras cannot add a float32 penalty to a float64 loss, so trainings with one are in float32 only
    [(name, dtype) for name in TRAININGS for dtype in DTYPES if dtype == "float32" or TRAININGS[name][2] is None],
)
def test_the_same_start_and_batches_give_keras_trajectory(name, dtype):
    build, (optimizer, options), penalty = TRAININGS[name]
    x, y = data(dtype)
    before = keras.config.floatx()
    keras.config.set_floatx(dtype)
    try:
        theirs = build(keras.layers, penalty and getattr(keras.regularizers, penalty[0])(penalty[1]))
        if isinstance(theirs, list):
            theirs = keras.Sequential([keras.Input((6,)), *theirs])
        ours = nn.Sequential(
            [nn.Input((6,)), *build(nn, penalty and getattr(nn, penalty[0])(penalty[1]))], seed=0, dtype=dtype
        )
        from_logits = name != "softmax"
        theirs.compile(
            getattr(keras.optimizers, optimizer)(**options),
            keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits),
            metrics=["accuracy"],
        )
        ours.compile(
            getattr(nn, optimizer)(**options),
            nn.SparseCategoricalCrossentropy(from_logits=from_logits),
            metrics=["accuracy"],
        )
        if name == "residual":  # Keras lists the layers of a graph by depth, not branch by branch
            theirs_by_shape = theirs.get_weights()
            ours.set_weights([0.3 * w for w in ours.get_weights()])
            order = matching(theirs_by_shape, ours.get_weights())
            theirs.set_weights([ours.get_weights()[place] for place in order])
        else:
            theirs.set_weights(ours.get_weights())
        arguments = {"batch_size": 20, "epochs": 6, "shuffle": False, "verbose": 0, "validation_data": (x, y)}
        expected = theirs.fit(x, y, **arguments).history
        history = ours.fit(x, y, **arguments).history
    finally:
        keras.config.set_floatx(before)
    assert set(history) == set(expected)
    tolerance = 2e-4 if dtype == "float32" else 1e-5
    for key in ("loss", "val_loss"):
        np.testing.assert_allclose(history[key], expected[key], rtol=tolerance, err_msg=key)
    for key in ("accuracy", "val_accuracy"):
        np.testing.assert_allclose(history[key], expected[key], atol=1.01 / len(x), err_msg=key)
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x, verbose=0), rtol=5e-3, atol=5e-4)


def matching(theirs, ours):
    """Return, for each of Keras's weights in turn, the place of the first free one of ours with its shape."""
    free = list(range(len(ours)))
    order = []
    for weight in theirs:
        place = next(place for place in free if ours[place].shape == weight.shape)
        free.remove(place)
        order.append(place)
    return order


@pytest.mark.parametrize("weighting", ["sample_weight", "class_weight"])
def test_weighted_training_follows_keras(weighting):
    x, y = data("float32")
    given = {"class_weight": {0: 0.5, 1: 2.0, 2: 1.0}}
    if weighting == "sample_weight":
        given = {"sample_weight": np.random.default_rng(1).uniform(0, 2, len(x)).astype("float32")}
    theirs = keras.Sequential([keras.Input((6,)), *plain(keras.layers, None)])
    ours = nn.Sequential([nn.Input((6,)), *plain(nn, None)], seed=0)
    theirs.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    ours.compile(nn.SGD(0.1), nn.SparseCategoricalCrossentropy(from_logits=True))
    theirs.set_weights(ours.get_weights())
    arguments = {"batch_size": 20, "epochs": 4, "shuffle": False, "verbose": 0} | given
    np.testing.assert_allclose(
        ours.fit(x, y, **arguments).history["loss"], theirs.fit(x, y, **arguments).history["loss"], rtol=1e-4
    )


def test_callbacks_decide_as_keras_does():
    """The same losses, so the same epochs end it, the same rates on the way, the same best weights."""
    x, y = data("float32")
    histories = []
    weights = None
    for k, layers, callbacks in ((nn, nn, nn), (keras, keras.layers, keras.callbacks)):
        model = k.Sequential([(nn if k is nn else keras).Input((6,)), *plain(layers, None)])
        if weights is None:
            weights = model.get_weights()
        model.set_weights(weights)
        optimizers, losses = (nn, nn) if k is nn else (keras.optimizers, keras.losses)
        model.compile(optimizers.SGD(1.5), losses.SparseCategoricalCrossentropy(from_logits=True))
        stopping = callbacks.EarlyStopping(patience=4, min_delta=0.002, restore_best_weights=True)
        plateau = callbacks.ReduceLROnPlateau(patience=1, factor=0.5, cooldown=1, min_delta=0.01)
        history = model.fit(
            x, y, epochs=60, shuffle=False, verbose=0, validation_data=(x[:30], y[:30]), callbacks=[plateau, stopping]
        )
        histories.append((history, stopping.stopped_epoch, model.predict(x, verbose=0)))
    (ours, our_stop, our_y), (theirs, their_stop, their_y) = histories
    assert our_stop == their_stop > 5
    np.testing.assert_allclose(ours.history["learning_rate"], theirs.history["learning_rate"], rtol=1e-6)
    assert len(set(ours.history["learning_rate"])) > 2
    np.testing.assert_allclose(our_y, their_y, rtol=5e-2, atol=5e-3)
