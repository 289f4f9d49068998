"""Layers, losses, optimizers, schedules and training runs compared with Keras."""

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
    """Return the tolerance; TensorFlow rounds leaky ReLU's slope and GELU's √2 to float32, which limits float64."""
    return (
        {"rtol": 2e-7, "atol": 2e-7} if dtype == "float64" and ("leaky" in name or "gelu" in name) else TOLERANCE[dtype]
    )


def perturbed_weights(layer, seed=1):
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
    "group_norm": ("GroupNormalization", {"groups": 1}),
    "group_norm_options": ("GroupNormalization", {"groups": 1, "epsilon": 0.1, "center": False}),
    "group_norm_instance": ("GroupNormalization", {"groups": -1, "scale": False}),
    "dropout_inference": ("Dropout", {"rate": 0.4}),
    "noise_inference": ("GaussianNoise", {"stddev": 0.4}),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 3), (1, 3), (2, 4, 3), (2, 3, 4, 2)])
@pytest.mark.parametrize("name", LAYERS)
def test_layers_match_keras_forward_and_backward(name, shape, dtype):
    kind, options = LAYERS[name]
    keras_layer = getattr(keras.layers, kind)(dtype=dtype, **options)
    layer = getattr(nn, kind)(dtype=dtype, **options)
    keras_layer.build(shape)
    layer.build(shape)
    assert [w.shape for w in layer.get_weights()] == [w.shape for w in keras_layer.get_weights()]
    weights = perturbed_weights(layer)
    layer.set_weights(weights)
    keras_layer.set_weights(weights)
    x = values(shape, dtype)
    tolerance = tolerance_of(name, dtype)
    training = [False] if "inference" in name else [True, False]
    for mode in training:
        with tf.GradientTape() as tape:
            tensor = tf.constant(x)
            tape.watch(tensor)
            expected = keras_layer(tensor, training=mode)
            dy = values(expected.shape, dtype, seed=2)
            total = tf.reduce_sum(expected * dy)
        slopes = tape.gradient(total, [tensor, *(variable.value for variable in keras_layer.trainable_variables)])
        y = layer.forward(x, training=mode)
        dx = layer.backward(dy)
        assert y.dtype == dx.dtype == dtype and tuple(layer.compute_output_shape(shape)) == y.shape
        np.testing.assert_allclose(y, expected, **tolerance)
        np.testing.assert_allclose(dx, slopes[0], **tolerance)
        for (weight, actual), expected_grad in zip(layer.grads.items(), slopes[1:], strict=True):
            np.testing.assert_allclose(actual, expected_grad, err_msg=weight, **tolerance)
        for weight, keras_weight in zip(layer.get_weights(), keras_layer.get_weights(), strict=True):
            np.testing.assert_allclose(weight, keras_weight, **tolerance)


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
def test_losses_and_their_gradients_match_keras(name, shape, dtype, weighted):
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
    keras_loss, loss = getattr(keras.losses, kind)(dtype=dtype, **options), getattr(nn, kind)(**options)
    with tf.GradientTape() as tape:
        tensor = tf.constant(y)
        tape.watch(tensor)
        expected = keras_loss(t, tensor, weight if weight is None or len(shape) == 2 else weight[:, None])
    value, slope = loss.value_and_gradient(loss.prepare(t, shape, dtype), y, weight)
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
def test_ten_optimizer_steps_match_keras(name, dtype):
    kind, options = OPTIMIZERS[name]
    rng = np.random.default_rng(6)
    start, gradients = rng.normal(size=7).astype(dtype), rng.normal(size=(10, 7)).astype(dtype)
    variables = [keras.Variable(start[:4], dtype=dtype), keras.Variable(start[4:], dtype=dtype)]
    keras_optimizer = getattr(keras.optimizers, kind)(**options)
    optimizer, w, g = getattr(nn, kind)(**options), start.copy(), np.empty(7, dtype)
    optimizer.bind(w, g, pieces=[slice(0, 4), slice(4, 7)])
    # Keras stores its rates in float32 for any dtype of the weights. Adam's 1 − β₂ᵗ then has only four digits, so a
    # step of the size of the learning rate has a relative error of a few 1e-6.
    atol = max(2e-6, 1e-5 * 10 * keras_optimizer.learning_rate.numpy() if kind.startswith("Adam") else 0)
    for gradient in gradients:
        keras_optimizer.apply([tf.constant(gradient[:4]), tf.constant(gradient[4:])], variables)
        g[...] = gradient
        optimizer.step()
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
def test_schedules_match_keras_at_every_step(name):
    kind, options = SCHEDULES[name]
    keras_schedule, schedule = getattr(keras.optimizers.schedules, kind)(**options), getattr(nn, kind)(**options)
    np.testing.assert_allclose(
        [schedule(step) for step in range(30)], [float(keras_schedule(step)) for step in range(30)], rtol=2e-6
    )


@pytest.mark.parametrize("name", SCHEDULES)
def test_optimizers_evaluate_schedules_at_the_same_step_as_keras(name):
    kind, options = SCHEDULES[name]
    keras_optimizer = keras.optimizers.SGD(getattr(keras.optimizers.schedules, kind)(**options))
    optimizer = nn.SGD(getattr(nn, kind)(**options))
    variable, w, g = keras.Variable(np.zeros(1, "float32")), np.zeros(1, "float32"), np.ones(1, "float32")
    optimizer.bind(w, g)
    for _ in range(12):
        keras_optimizer.apply([tf.ones(1)], [variable])
        optimizer.step()
        np.testing.assert_allclose(w, variable.numpy(), rtol=1e-5)


def test_initializers_have_the_same_moments_as_keras():
    """The generators differ, so standard deviations and bounds are compared."""
    names = ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"]
    for name in [*names, "random_normal", "random_uniform", "orthogonal"]:
        keras_weights = keras.initializers.get(name)((5, 5, 40, 30), "float64").numpy()
        weights = nn.Initializer.get(name)((5, 5, 40, 30), "float64", np.random.default_rng(0))
        assert weights.std() == pytest.approx(keras_weights.std(), rel=0.03)
        assert np.abs(weights).max() == pytest.approx(
            np.abs(keras_weights).max(), rel=0.02 if "uniform" in name else 0.35
        )


# --- training runs ---------------------------------------------------------------------------------------------------


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
    # Keras cannot add a float32 penalty to a float64 loss, so training runs with a penalty are in float32 only
    [(name, dtype) for name in TRAININGS for dtype in DTYPES if dtype == "float32" or TRAININGS[name][2] is None],
)
def test_training_follows_the_keras_loss_trajectory(name, dtype):
    build, (optimizer, options), penalty = TRAININGS[name]
    x, y = data(dtype)
    floatx = keras.config.floatx()
    keras.config.set_floatx(dtype)
    try:
        keras_model = build(keras.layers, penalty and getattr(keras.regularizers, penalty[0])(penalty[1]))
        if isinstance(keras_model, list):
            keras_model = keras.Sequential([keras.Input((6,)), *keras_model])
        model = nn.Sequential(
            [nn.Input((6,)), *build(nn, penalty and getattr(nn, penalty[0])(penalty[1]))], seed=0, dtype=dtype
        )
        from_logits = name != "softmax"
        keras_model.compile(
            getattr(keras.optimizers, optimizer)(**options),
            keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits),
            metrics=["accuracy"],
        )
        model.compile(
            getattr(nn, optimizer)(**options),
            nn.SparseCategoricalCrossentropy(from_logits=from_logits),
            metrics=["accuracy"],
        )
        if name == "residual":  # Keras lists the layers of a graph by depth, not branch by branch
            keras_weights = keras_model.get_weights()
            model.set_weights([0.3 * w for w in model.get_weights()])
            order = matching(keras_weights, model.get_weights())
            keras_model.set_weights([model.get_weights()[index] for index in order])
        else:
            keras_model.set_weights(model.get_weights())
        arguments = {"batch_size": 20, "epochs": 6, "shuffle": False, "verbose": 0, "validation_data": (x, y)}
        expected = keras_model.fit(x, y, **arguments).history
        history = model.fit(x, y, **arguments).history
    finally:
        keras.config.set_floatx(floatx)
    assert set(history) == set(expected)
    tolerance = 2e-4 if dtype == "float32" else 1e-5
    for key in ("loss", "val_loss"):
        np.testing.assert_allclose(history[key], expected[key], rtol=tolerance, err_msg=key)
    for key in ("accuracy", "val_accuracy"):
        np.testing.assert_allclose(history[key], expected[key], atol=1.01 / len(x), err_msg=key)
    np.testing.assert_allclose(model.predict(x), keras_model.predict(x, verbose=0), rtol=5e-3, atol=5e-4)


def matching(keras_weights, weights):
    """Return, for each Keras weight in turn, the index of the first unused NumPy weight of the same shape."""
    free = list(range(len(weights)))
    order = []
    for weight in keras_weights:
        index = next(index for index in free if weights[index].shape == weight.shape)
        free.remove(index)
        order.append(index)
    return order


@pytest.mark.parametrize("weighting", ["sample_weight", "class_weight"])
def test_weighted_training_matches_keras(weighting):
    x, y = data("float32")
    weighting_arguments = {"class_weight": {0: 0.5, 1: 2.0, 2: 1.0}}
    if weighting == "sample_weight":
        weighting_arguments = {"sample_weight": np.random.default_rng(1).uniform(0, 2, len(x)).astype("float32")}
    keras_model = keras.Sequential([keras.Input((6,)), *plain(keras.layers, None)])
    model = nn.Sequential([nn.Input((6,)), *plain(nn, None)], seed=0)
    keras_model.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.compile(nn.SGD(0.1), nn.SparseCategoricalCrossentropy(from_logits=True))
    keras_model.set_weights(model.get_weights())
    arguments = {"batch_size": 20, "epochs": 4, "shuffle": False, "verbose": 0} | weighting_arguments
    np.testing.assert_allclose(
        model.fit(x, y, **arguments).history["loss"], keras_model.fit(x, y, **arguments).history["loss"], rtol=1e-4
    )


def test_callbacks_match_keras():
    """With equal losses, training stops at the same epoch, with the same learning rates and best weights."""
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
    (numpy_history, numpy_stop, numpy_y), (keras_history, keras_stop, keras_y) = histories
    assert numpy_stop == keras_stop > 5
    np.testing.assert_allclose(
        numpy_history.history["learning_rate"], keras_history.history["learning_rate"], rtol=1e-6
    )
    assert len(set(numpy_history.history["learning_rate"])) > 2
    np.testing.assert_allclose(numpy_y, keras_y, rtol=5e-2, atol=5e-3)
