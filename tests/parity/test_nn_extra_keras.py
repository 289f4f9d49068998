"""Recurrent layers and Embedding compared with Keras; conversion of models to Keras and back."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from layerwise import nn

TOLERANCE = {"float32": 3e-6, "float64": 1e-13}
#: Activations for which Keras rounds constants (√2, the slope, alpha) to float32 even in float64.
ROUNDED = (nn.activations.Gelu, nn.activations.LeakyRelu, nn.activations.Elu)
CELLS = ["SimpleRNN", "LSTM", "GRU"]


def data(*shape, dtype="float32"):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def randomize_weights(layer, scale=0.4):
    """Set random weights, including biases, in a built layer of either framework, and return them."""
    rng = np.random.default_rng(1)
    weights = [(scale * rng.standard_normal(np.shape(w))).astype(w.dtype) for w in layer.get_weights()]
    layer.set_weights(weights)
    return weights


def assert_same_as_keras(layer, keras_layer, x, dtype):
    """Compare outputs and gradients (of input and weights) of two layers with the same weights."""
    tolerance = TOLERANCE[dtype]
    keras_layer.build(x.shape)
    layer.build((None, *x.shape[1:]))
    layer.set_weights(randomize_weights(keras_layer))
    direction = np.random.default_rng(2).standard_normal(keras_layer.compute_output_shape(x.shape)).astype(dtype)
    watched = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(watched)
        expected = keras_layer(watched, training=True)
        loss = tf.reduce_sum(expected * direction)
    sources = keras_layer.trainable_weights
    floating = x.dtype.kind == "f"
    gradients = tape.gradient(loss, [*([watched] if floating else []), *[weight.value for weight in sources]])
    gradients = [g.numpy() if isinstance(g, tf.Tensor) else tf.convert_to_tensor(g).numpy() for g in gradients]

    y = layer.forward(x, training=True)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)
    dx = layer.backward(direction)
    weight_gradients = [gradient for inner in layer.walk() for gradient in inner.grads.values()]
    all_gradients = [dx, *weight_gradients] if floating else weight_gradients
    assert len(all_gradients) == len(gradients)
    for actual, reference in zip(all_gradients, gradients):
        assert actual.dtype == dtype
        np.testing.assert_allclose(actual, reference, rtol=10 * tolerance, atol=10 * tolerance)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(
    "arguments", [{}, {"return_sequences": True, "go_backwards": True}, {"use_bias": False}], ids=str
)
@pytest.mark.parametrize("cell", CELLS)
def test_recurrent_layers_match_keras(cell, arguments, dtype):
    layer, keras_layer = (
        getattr(nn, cell)(4, dtype=dtype, **arguments),
        getattr(keras.layers, cell)(4, dtype=dtype, **arguments),
    )
    assert_same_as_keras(layer, keras_layer, data(3, 5, 2, dtype=dtype), dtype)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 9, 1), (4, 3, 7)], ids=str)
@pytest.mark.parametrize("cell", CELLS)
def test_recurrent_layers_match_keras_for_edge_shapes(cell, shape):
    layer, keras_layer = getattr(nn, cell)(1, dtype="float64"), getattr(keras.layers, cell)(1, dtype="float64")
    assert_same_as_keras(layer, keras_layer, data(*shape, dtype="float64"), "float64")


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(
    "cell, arguments",
    [
        ("SimpleRNN", {"activation": "relu"}),
        ("LSTM", {"activation": "softplus", "recurrent_activation": "tanh"}),
        ("GRU", {"activation": "sigmoid", "recurrent_activation": "tanh"}),
        ("GRU", {"reset_after": False}),
        ("GRU", {"reset_after": False, "use_bias": False, "return_sequences": True}),
    ],
)
def test_options_of_recurrent_layers_match_keras(cell, arguments, dtype):
    layer, keras_layer = (
        getattr(nn, cell)(4, dtype=dtype, **arguments),
        getattr(keras.layers, cell)(4, dtype=dtype, **arguments),
    )
    assert_same_as_keras(layer, keras_layer, data(3, 5, 2, dtype=dtype), dtype)


@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("return_sequences", [True, False])
def test_bidirectional_matches_keras(merge_mode, return_sequences):
    layer = nn.Bidirectional(nn.LSTM(3, return_sequences=return_sequences), merge_mode, dtype="float64")
    inner = keras.layers.LSTM(3, return_sequences=return_sequences, dtype="float64")
    keras_layer = keras.layers.Bidirectional(inner, merge_mode, dtype="float64")
    assert_same_as_keras(layer, keras_layer, data(2, 5, 2, dtype="float64"), "float64")


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", [(3, 4), (5,), (2, 3, 2)], ids=str)
def test_embedding_matches_keras(shape, dtype):
    x = np.random.default_rng(0).integers(0, 7, shape).astype("int32")
    assert_same_as_keras(nn.Embedding(7, 3, dtype=dtype), keras.layers.Embedding(7, 3, dtype=dtype), x, dtype)


@pytest.mark.parametrize("cell", CELLS)
def test_initial_weights_match_keras(cell):
    """Names and shapes in the order of Keras; zero biases except LSTM's forget gate; an orthogonal recurrent kernel."""
    layer, keras_layer = getattr(nn, cell)(6), getattr(keras.layers, cell)(6)
    layer.build((None, 3, 4))
    keras_layer.build((None, 3, 4))
    assert [*layer.params] == [weight.name for weight in keras_layer.weights]
    assert [weight.shape for weight in layer.weights] == [tuple(weight.shape) for weight in keras_layer.weights]
    np.testing.assert_array_equal(layer.params["bias"], keras_layer.get_weights()[2])
    for recurrent in (layer.params["recurrent_kernel"], keras_layer.get_weights()[1]):
        np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(6), atol=1e-5)


# --- conversion of every layer --------------------------------------------------------------------------------------

IMAGES, SERIES, TABLE = (8, 6, 3), (9, 4), (5,)
LAYERS = [
    (IMAGES, nn.Conv2D(4, 3, activation="relu", kernel_regularizer=nn.L2(0.01), bias_initializer="ones")),
    (IMAGES, nn.Conv2D(4, (3, 2), strides=(2, 1), padding="same", use_bias=False, kernel_constraint=nn.MaxNorm(1.0))),
    (IMAGES, nn.Conv2D(2, 3, dilation_rate=2)),
    (SERIES, nn.Conv1D(3, 3, padding="same", activation="gelu")),
    (SERIES, nn.Conv1D(3, 2, padding="causal", dilation_rate=2)),
    (IMAGES, nn.MaxPooling2D(2)),
    (IMAGES, nn.MaxPooling2D(3, 2, "same")),
    (IMAGES, nn.AveragePooling2D((2, 3))),
    (SERIES, nn.MaxPooling1D(2)),
    (SERIES, nn.AveragePooling1D(3, 2, "same")),
    (IMAGES, nn.GlobalMaxPooling2D()),
    (IMAGES, nn.GlobalAveragePooling2D(keepdims=True)),
    (SERIES, nn.GlobalMaxPooling1D()),
    (SERIES, nn.GlobalAveragePooling1D()),
    (IMAGES, nn.ZeroPadding2D(((1, 2), (0, 3)))),
    (IMAGES, nn.BatchNormalization(momentum=0.9, epsilon=0.01)),
    (TABLE, nn.BatchNormalization(center=False)),
    (SERIES, nn.LayerNormalization(scale=False)),
    (TABLE, nn.LayerNormalization(gamma_regularizer=nn.L1(0.1))),
    (SERIES, nn.GroupNormalization(2)),
    (IMAGES, nn.GroupNormalization(3, scale=False)),
    (TABLE, nn.GroupNormalization(5, gamma_regularizer=nn.L1(0.1))),
    (IMAGES, nn.Dropout(0.3)),
    (IMAGES, nn.RandomTranslation(0.1, (0.0, 0.2), fill_mode="constant", fill_value=0.5)),
    (IMAGES, nn.RandomRotation((-0.1, 0.2), interpolation="nearest")),
    (IMAGES, nn.RandomZoom(0.1)),
    (IMAGES, nn.RandomElasticTransform(8.0, 3.0)),
    (IMAGES, nn.RandomFlip("horizontal")),
    (IMAGES, nn.RandomApply([nn.RandomRotation((-0.1, 0.2)), nn.RandomElasticTransform()], 0.3)),
    (TABLE, nn.GaussianNoise(0.2)),
    (IMAGES, nn.Flatten()),
    (SERIES, nn.Reshape((-1, 2))),
    (SERIES, nn.Permute((2, 1))),
    (IMAGES, nn.Permute((3, 1, 2))),
    (TABLE, nn.Dense(3, kernel_initializer=nn.HeNormal(seed=3), kernel_regularizer=nn.L1L2(0.1, 0.2))),
    (SERIES, nn.Dense(3, use_bias=False, trainable=False)),
    (TABLE, nn.Dense(3, nn.activations.LeakyRelu(0.1))),
    (TABLE, nn.Dense(3, nn.activations.Elu(0.7))),
    (TABLE, nn.Dense(3, nn.activations.Gelu(approximate=True))),
    (SERIES, nn.Dense(3, nn.activations.Softmax(axis=1))),
    *[(TABLE, nn.Activation(name)) for name in ("linear", "relu", "leaky_relu", "elu", "gelu", "softplus", "softmax")],
    *[(TABLE, layer()) for layer in (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.Softmax, nn.Softplus, nn.GELU)],
    (TABLE, nn.LeakyReLU(0.05)),
    (TABLE, nn.ELU(0.6)),
    (TABLE, nn.GELU(approximate=True)),
    (SERIES, nn.SimpleRNN(3, go_backwards=True)),
    (SERIES, nn.LSTM(3, return_sequences=True, unit_forget_bias=False)),
    (SERIES, nn.GRU(3, reset_after=False, recurrent_regularizer="l2")),
    (SERIES, nn.Bidirectional(nn.GRU(3), merge_mode="ave")),
    (SERIES, nn.Bidirectional(nn.LSTM(2, return_sequences=True, name="memory"))),
    (TABLE, nn.Residual([nn.Dense(5, "relu"), nn.Dense(5)])),
    (IMAGES, nn.Residual([nn.Conv2D(4, 3, padding="same"), nn.BatchNormalization()], [nn.Conv2D(4, 1)])),
    (SERIES, nn.Parallel([[nn.Conv1D(3, size, activation="relu"), nn.GlobalMaxPooling1D()] for size in (2, 3)])),
    (TABLE, nn.Parallel([[nn.Dense(3, "relu"), nn.BatchNormalization()], []])),
    ((6,), nn.Embedding(10, 3, embeddings_initializer=nn.RandomNormal(0.0, 0.1))),
]  # fmt: skip


def fresh(layer):
    """Return an unbuilt copy of a layer, so that parametrized tests do not share state."""
    return nn.Layer.get(layer.serialize())


def assert_equal_models(first, second):
    """Compare the configurations and the weights of two models."""
    first_config, second_config = first.get_config(), second.get_config()
    for config in (first_config, second_config):
        config.pop("seed")
    assert second_config == first_config
    for weight, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(
    "shape, layer", LAYERS, ids=lambda value: type(value).__name__ if isinstance(value, nn.Layer) else ""
)
def test_every_layer_converts_to_keras_and_back(shape, layer, dtype):
    model = nn.Sequential([nn.Input(shape), fresh(layer)], seed=0, dtype=dtype)
    randomize_weights(model)
    for weight in model.weights:
        np.abs(weight, out=weight)  # a moving variance must be positive
    x = np.random.default_rng(0).integers(0, 10, (4, *shape)) if layer.integer_input else data(4, *shape, dtype=dtype)
    keras_model = nn.to_keras(model)
    assert keras_model.layers[0].name == model.layers[0].name
    expected = keras_model(x, training=False).numpy()  # predict would cast float64 to floatx
    y = model.predict(x)
    assert y.dtype == expected.dtype == dtype
    tolerance = 1e-7 if isinstance(getattr(layer, "activation", None), ROUNDED) else TOLERANCE[dtype]
    tolerance = max(5 * TOLERANCE[dtype], tolerance)
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)

    converted_back = nn.from_keras(keras_model)
    np.testing.assert_array_equal(converted_back.predict(x), y)
    if type(layer) in (nn.Sigmoid, nn.Tanh, nn.Softplus, nn.GELU):  # in Keras these are Activation layers
        assert type(converted_back.layers[0]) is nn.Activation
    else:
        assert_equal_models(model, converted_back)


def test_every_layer_type_is_tested():
    public = {value for value in vars(nn).values() if isinstance(value, type) and issubclass(value, nn.Layer)}
    assert public - {type(layer) for _, layer in LAYERS} == {nn.Layer, nn.Input}


def network():
    return nn.Sequential(
        [
            nn.Input((8, 8, 2)),
            nn.Conv2D(4, 3, padding="same", kernel_regularizer=nn.L2(0.01)),
            nn.BatchNormalization(),
            nn.ReLU(),
            nn.MaxPooling2D(2),
            nn.Residual([nn.Conv2D(4, 3, padding="same", activation="relu"), nn.Conv2D(4, 3, padding="same")]),
            nn.GlobalAveragePooling2D(),
            nn.Dense(3),
        ],
        name="small",
        seed=0,
    )


def test_a_converted_model_continues_training_like_the_original():
    """Original and converted model have the same loss in every epoch and the same final weights."""
    model = network()
    model.compile(nn.SGD(0.05, momentum=0.9, nesterov=True), nn.SparseCategoricalCrossentropy(from_logits=True))
    keras_model = nn.to_keras(model)
    assert keras_model.name == "small"
    x, y = data(48, 8, 8, 2), np.random.default_rng(1).integers(0, 3, 48)
    options = {"batch_size": 16, "epochs": 3, "shuffle": False, "verbose": 0}
    expected = keras_model.fit(x, y, **options).history["loss"]
    np.testing.assert_allclose(model.fit(x, y, **options).history["loss"], expected, rtol=2e-5)
    for weight, keras_weight in zip(model.get_weights(), keras_model.get_weights(), strict=True):
        np.testing.assert_allclose(weight, keras_weight, rtol=0, atol=2e-4)


@pytest.mark.parametrize(
    "cell, optimizer, words",
    [
        (nn.SimpleRNN, nn.SGD(0.3, momentum=0.9), 15),
        (nn.LSTM, nn.SGD(0.3, momentum=0.9), 15),
        (nn.GRU, nn.Adam(0.01), None),
    ],
)
def test_text_models_train_as_in_keras(cell, optimizer, words):
    """Words may repeat in a batch only if the optimizer is linear in the gradient.

    For Adam each word occurs once per batch: Keras stores the gradient of an Embedding as one row per occurrence, and
    Adam squares the rows before adding those of the same word, so v becomes Σg² instead of (Σg)².
    """
    rng = np.random.default_rng(0)
    x = rng.integers(0, words, (40, 7)) if words else np.concatenate([rng.permutation(112) for _ in range(3)])
    x = x[:336].reshape(-1, 7)
    y = (x % 2 == 1).sum(axis=1) > 3
    layers = [nn.Embedding(112, 4), nn.Bidirectional(cell(5, return_sequences=True)), cell(4), nn.Dense(1)]
    model = nn.Sequential([nn.Input((7,)), *layers], seed=0)
    model.compile(optimizer, nn.BinaryCrossentropy(from_logits=True))
    keras_model = nn.to_keras(model)
    options = {"batch_size": 16, "epochs": 4, "shuffle": False, "verbose": 0}
    expected = keras_model.fit(x, y, **options).history["loss"]
    np.testing.assert_allclose(model.fit(x, y, **options).history["loss"], expected, rtol=2e-5)
    for weight, keras_weight in zip(model.get_weights(), keras_model.get_weights(), strict=True):
        np.testing.assert_allclose(weight, keras_weight, rtol=0, atol=2e-4)


SCHEDULES = [
    0.02,
    nn.ExponentialDecay(0.1, 10, 0.9, staircase=True),
    nn.CosineDecay(0.0, 100, 0.1, warmup_target=0.01, warmup_steps=10),
    nn.PiecewiseConstantDecay([5, 10], [0.1, 0.05, 0.01]),
]


@pytest.mark.parametrize(
    "optimizer",
    [
        *[nn.Adam(rate, beta_1=0.8) for rate in SCHEDULES],
        nn.SGD(0.1, 0.9, clipnorm=1.0),
        nn.RMSprop(rho=0.8, momentum=0.5, clipvalue=0.5),
        nn.Adagrad(initial_accumulator_value=0.2, global_clipnorm=2.0),
        nn.AdamW(weight_decay=0.02),
    ],
    ids=lambda value: type(value).__name__,
)
def test_optimizers_convert_to_keras_and_back(optimizer):
    model = nn.Sequential([nn.Input((2,)), nn.Dense(1)], seed=0)
    model.compile(optimizer, "mse")
    converted_back = nn.from_keras(nn.to_keras(model))
    assert converted_back.optimizer.serialize() == optimizer.serialize()


@pytest.mark.parametrize(
    "loss",
    [
        nn.MeanSquaredError(),
        nn.MeanAbsoluteError(reduction="sum"),
        nn.Huber(0.3),
        nn.Hinge(),
        nn.BinaryCrossentropy(from_logits=True, label_smoothing=0.1),
        nn.CategoricalCrossentropy(label_smoothing=0.2),
        nn.SparseCategoricalCrossentropy(from_logits=True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_losses_convert_to_keras_and_back(loss):
    model = nn.Sequential([nn.Input((2,)), nn.Dense(1)], seed=0)
    model.compile("sgd", loss)
    assert nn.from_keras(nn.to_keras(model)).loss.serialize() == loss.serialize()


@pytest.mark.parametrize("loss", ["mean_squared_error", "mse", keras.losses.mean_squared_error])
def test_keras_losses_given_by_name_or_function_are_converted(loss):
    keras_model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    keras_model.compile("adam", loss)
    model = nn.from_keras(keras_model)
    assert isinstance(model.loss, nn.MeanSquaredError)
    assert model.optimizer.serialize() == nn.Adam().serialize()


def test_an_unbuilt_model_is_converted_without_weights():
    keras_model = nn.to_keras(nn.Sequential([nn.Dense(3), nn.Dense(2)]))
    assert not keras_model.built and not keras_model.compiled
    model = nn.from_keras(keras_model)
    assert not model.built and model.loss is None
    assert model(data(2, 4)).shape == (2, 2)


def test_models_defined_in_keras_predict_the_same_after_conversion():
    layers = keras.layers
    keras_model = keras.Sequential(
        [
            keras.Input((12,), dtype="int32"),
            layers.Embedding(30, 4),
            layers.Conv1D(6, 3, activation="relu"),
            layers.Bidirectional(layers.GRU(5, return_sequences=True, recurrent_dropout=0.0)),
            layers.GlobalMaxPooling1D(),
            layers.Dropout(0.5, seed=4),
            layers.Dense(4, activation=layers.LeakyReLU(negative_slope=0.2), kernel_regularizer="l2"),
            layers.Dense(2, activation="softmax"),
        ]
    )
    x = np.random.default_rng(0).integers(0, 30, (5, 12))
    np.testing.assert_allclose(
        nn.from_keras(keras_model).predict(x), keras_model.predict(x, verbose=0), rtol=1e-5, atol=1e-6
    )


def functional():
    x = keras.Input((2,))
    return keras.Model(x, keras.layers.Dense(1)(x))


def keras_model(*layers, shape=(4, 4), **compiled):
    model = keras.Sequential([keras.Input(shape), *layers])
    if compiled:
        model.compile(**compiled)
    return model


class Twice(nn.Layer):
    def forward(self, x, training=False):
        return 2 * x

    def backward(self, grad):
        return 2 * grad


def compiled(optimizer):
    model = nn.Sequential([nn.Input((2,)), nn.Dense(1)])
    model.compile(optimizer, "mse")
    return model


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: nn.from_keras(functional()), "the model must be a keras.Sequential, got Functional"),
        (
            lambda: nn.from_keras(keras_model(keras.layers.Conv1DTranspose(2, 3, name="up"))),
            "layer 'up': unknown layer 'Conv1DTranspose';.* must be one of Activation,",
        ),
        (
            lambda: nn.from_keras(keras_model(keras.layers.LSTM(2, recurrent_dropout=0.1, name="m"))),
            r"layer 'm' \(LSTM\): recurrent_dropout must be 0.0, as nn has no recurrent_dropout.*got 0.1",
        ),
        (
            lambda: nn.from_keras(keras_model(keras.layers.Embedding(3, 2, mask_zero=True), shape=(4,))),
            "mask_zero must be False.*got True",
        ),
        (
            lambda: nn.from_keras(keras_model(keras.layers.Conv2D(4, 3, groups=2), shape=(8, 8, 4))),
            "groups must be 1.*got 2",
        ),
        (
            lambda: nn.from_keras(keras_model(keras.layers.Dense(2, activation="selu", name="d"))),
            r"layer 'd' \(Dense\): unknown activation 'selu'; did you mean",
        ),
        (
            lambda: nn.from_keras(keras_model(keras.layers.BatchNormalization(axis=1))),
            "axis must be -1.*got 1",
        ),
        (
            lambda: nn.from_keras(keras_model(keras.layers.Dense(2, kernel_initializer="variance_scaling"))),
            "unknown kernel_initializer 'VarianceScaling'",
        ),
        (
            lambda: nn.from_keras(
                keras_model(
                    keras.layers.Bidirectional(
                        keras.layers.LSTM(2), backward_layer=keras.layers.LSTM(3, go_backwards=True)
                    )
                )
            ),
            "backward_layer must differ from layer in direction only",
        ),
        (
            lambda: nn.from_keras(keras_model(keras.layers.Dense(1, dtype="mixed_float16"))),
            "must compute in float32 or float64, got float16, float32",
        ),
        (
            lambda: nn.from_keras(keras_model(keras.layers.Dense(1), optimizer="nadam", loss="mse")),
            "compile=True: unknown optimizer 'Nadam'",
        ),
        (
            lambda: nn.from_keras(keras_model(keras.layers.Dense(1), optimizer="sgd", loss="poisson")),
            "unknown loss 'poisson'",
        ),
        (lambda: nn.to_keras(nn.Sequential([Twice()])), "Keras has no layer Twice"),
        (lambda: nn.to_keras(compiled(nn.Adam(nn.OneCycle(0.1, 100)))), "Keras has no learning rate schedule OneCycle"),
    ],
)
def test_unsupported_features_raise(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_compile_false_skips_the_optimizer():
    assert nn.from_keras(keras_model(keras.layers.Dense(1), optimizer="nadam", loss="mse"), compile=False).loss is None
    assert not nn.to_keras(compiled(nn.Adam(nn.OneCycle(0.1, 100))), compile=False).compiled
