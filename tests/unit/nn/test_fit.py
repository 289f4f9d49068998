"""The model: the flat weight vector, fit and its arguments, evaluate, predict, and reproducibility."""

import copy
import math

import numpy as np
import pytest
from numeric import gradient

from layerwise import nn

pytestmark = pytest.mark.training


def data(n=60, features=4, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n)
    x = rng.normal(size=(n, features)) + 2 * np.eye(classes, features)[y]
    return x.astype("float32"), y


def mlp(seed=0, dtype="float32", extra=(), **compile_arguments):
    model = nn.Sequential([nn.Input((4,)), nn.Dense(8, activation="relu"), *extra, nn.Dense(3)], seed=seed, dtype=dtype)
    arguments = {
        "optimizer": nn.Adam(0.01),
        "loss": nn.SparseCategoricalCrossentropy(from_logits=True),
        "metrics": ["accuracy"],
    }
    model.compile(**arguments | compile_arguments)
    return model


# --- structure -------------------------------------------------------------------------------------------------------


def test_all_weights_are_views_of_one_vector():
    model = mlp(extra=[nn.Residual([nn.Dense(8)]), nn.BatchNormalization()])
    views = [layer.params[name] for layer in model.walk() for name in layer.params]
    grads = [layer.grads[name] for layer in model.walk() for name in layer.grads]
    assert all(view.base is model.params for view in views) and all(grad.base is model.grads for grad in grads)
    assert sum(view.size for view in views) == model.params.size
    model.params[...] = 7
    assert all((view == 7).all() for view in views)


def test_layers_are_numbered_as_in_keras_and_keep_given_names():
    model = nn.Sequential([nn.Dense(2), nn.BatchNormalization(), nn.Dense(2, name="head"), nn.Dense(2), nn.ReLU()])
    assert [layer.name for layer in model.layers] == ["dense", "batch_normalization", "head", "dense_1", "re_lu"]
    assert model.get_layer("head") is model.layers[2] and model.get_layer(index=0) is model.layers[0]


def test_a_model_is_built_by_its_input_or_the_first_data():
    x, y = data()
    lazy = nn.Sequential([nn.Dense(8, activation="relu"), nn.Dense(3)], seed=0)
    assert not lazy.built
    lazy.compile("adam", nn.SparseCategoricalCrossentropy(from_logits=True))
    lazy.fit(x, y, epochs=1, verbose=0)
    eager = nn.Sequential([nn.Input((4,)), nn.Dense(8, activation="relu"), nn.Dense(3)], seed=0)
    eager.compile("adam", nn.SparseCategoricalCrossentropy(from_logits=True))
    eager.fit(x, y, epochs=1, verbose=0)
    np.testing.assert_array_equal(lazy.predict(x), eager.predict(x))


def test_backward_gradients_match_finite_differences_through_all_layers():
    model = mlp(dtype="float64", extra=[nn.BatchNormalization(), nn.Dense(5, activation="tanh")])
    x, y = data(n=6)
    x = x.astype("float64")
    y = model.loss.prepare(y, model.output_shape, "float64")

    def loss():
        return model.loss.value_and_gradient(y, model.forward(x, training=True))[0]

    dy = model.loss.value_and_gradient(y, model.forward(x, training=True))[1]
    dx = model.backward(dy, input_gradient=True).copy()
    grads = model.grads.copy()
    np.testing.assert_allclose(grads, gradient(loss, model.params), rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(dx, gradient(loss, x), rtol=1e-5, atol=1e-8)
    model.grads[...] = 0
    model.forward(x, training=True)
    assert model.backward(dy) is None
    np.testing.assert_array_equal(model.grads, grads)


def test_frozen_layers_keep_their_weights_and_skip_backward():
    x, y = data()
    model = mlp(extra=[nn.BatchNormalization()])
    model.layers[0].trainable = False
    model.layers[1].trainable = False
    backward_calls = []
    model.layers[0].backward = backward_calls.append
    before = model.get_weights()
    model.fit(x, y, epochs=2, verbose=0)
    after = model.get_weights()
    for old, new in zip(before[:6], after[:6], strict=True):
        np.testing.assert_array_equal(old, new)
    assert not np.array_equal(before[6], after[6]) and not backward_calls


def test_layers_nested_in_a_frozen_layer_are_frozen():
    x, y = data()
    model = mlp(extra=[nn.Residual([nn.Dense(8)], trainable=False)])
    before = model.layers[1].get_weights()
    model.fit(x, y, epochs=1, verbose=0)
    for old, new in zip(before, model.layers[1].get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_summary_counts_weights(capsys):
    mlp(extra=[nn.BatchNormalization()]).summary()
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["dense", "(Dense)", "(None,", "8)", "40"]
    assert lines[-1] == "Weights: 99 (83 trainable)"


# --- training --------------------------------------------------------------------------------------------------------


def test_fit_learns_and_reports_every_epoch():
    x, y = data(200)
    history = mlp().fit(x, y, batch_size=16, epochs=8, validation_data=(x, y), verbose=0)
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert history.epoch == list(range(8))
    assert history.history["loss"][-1] < 0.6 * history.history["loss"][0]
    assert history.history["val_accuracy"][-1] > 0.8


def test_epoch_loss_is_the_mean_over_examples_during_training():
    x, y = data(10)
    model, stepwise = mlp(), mlp()
    history = model.fit(x, y, batch_size=4, epochs=1, shuffle=False, verbose=0).history
    losses = [stepwise.train_on_batch(x[part], y[part])[0] for part in (slice(0, 4), slice(4, 8), slice(8, 10))]
    assert history["loss"][0] == pytest.approx((4 * losses[0] + 4 * losses[1] + 2 * losses[2]) / 10, rel=1e-12)
    np.testing.assert_array_equal(model.params, stepwise.params)


def test_each_epoch_visits_every_example_once_in_a_new_order():
    x = np.arange(20, dtype="float32")[:, np.newaxis]

    class Recorder(nn.Layer):
        def forward(self, x, training=False):
            if training:
                batches.append(x[:, 0].astype(int).tolist())
            return x

        def backward(self, dy):
            return dy

    try:
        batches = []
        model = nn.Sequential([Recorder(), nn.Dense(1)], seed=0)
        model.compile("sgd", "mse")
        model.fit(x, np.zeros(20), batch_size=6, epochs=2, verbose=0)
        assert [len(batch) for batch in batches] == [6, 6, 6, 2] * 2
        first, second = np.concatenate(batches[:4]).tolist(), np.concatenate(batches[4:]).tolist()
        assert sorted(first) == sorted(second) == list(range(20)) and first != second != list(range(20))
        batches.clear()
        model.fit(x, np.zeros(20), batch_size=6, shuffle=False, verbose=0)
        assert np.concatenate(batches).tolist() == list(range(20))
    finally:
        del nn.Layer.registry["Recorder"]


def test_results_are_determined_by_the_seed():
    x, y = data()
    extra = lambda: [nn.Dropout(0.3), nn.GaussianNoise(0.1)]  # noqa: E731
    results = []
    for seed in (1, 1, 2):
        model = mlp(seed=seed, extra=extra())
        model.fit(x, y, epochs=2, verbose=0)
        results.append(model.predict(x).tobytes())
    assert results[0] == results[1] != results[2]


@pytest.mark.parametrize("kernels", ["fast", "reference"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_of_the_model_is_preserved_throughout(dtype, kernels, monkeypatch):
    monkeypatch.setattr(nn.config, "kernels", kernels)
    x, y = data()
    model = mlp(dtype=dtype, extra=[nn.BatchNormalization(), nn.Dropout(0.2), nn.GELU(), nn.LayerNormalization()])
    other = "float64" if dtype == "float32" else "float32"
    model.fit(x.astype(other), y, epochs=1, verbose=0)
    assert model.predict(x.astype(other)).dtype == dtype
    assert {weight.dtype for weight in model.get_weights()} == {np.dtype(dtype)}
    assert {moment.dtype for moment in model.optimizer.state.values()} == {np.dtype(dtype)}


def test_training_with_reference_kernels_gives_the_same_loss(monkeypatch):
    x, y = data()
    fast = mlp(extra=[nn.BatchNormalization()]).fit(x, y, epochs=3, verbose=0).history["loss"]
    monkeypatch.setattr(nn.config, "kernels", "reference")
    reference = mlp(extra=[nn.BatchNormalization()]).fit(x, y, epochs=3, verbose=0).history["loss"]
    np.testing.assert_allclose(fast, reference, rtol=1e-4)


def test_unknown_kernels_setting_raises(monkeypatch):
    monkeypatch.setattr(nn.config, "kernels", "slow")
    with pytest.raises(ValueError, match=r"nn\.config\.kernels must be 'fast' or 'reference'.*got 'slow'"):
        mlp().predict(data()[0])


def test_uint8_examples_train_like_float_examples():
    x = np.random.default_rng(0).integers(0, 256, (30, 4), dtype=np.uint8)
    y = data(30)[1]
    from_uint8, from_float = mlp(), mlp()
    from_uint8.fit(x, y, epochs=2, batch_size=8, verbose=0)
    from_float.fit(x.astype("float32"), y, epochs=2, batch_size=8, verbose=0)
    np.testing.assert_array_equal(from_uint8.params, from_float.params)
    np.testing.assert_array_equal(from_uint8.predict(x), from_float.predict(x.astype("float32")))


def test_class_weights_equal_sample_weights_and_scale_the_loss():
    x, y = data(32)
    by_class = {0: 2.0, 1: 0.0, 2: 0.5}
    weight = np.array([by_class[label] for label in y])
    class_weighted, sample_weighted = mlp(), mlp()
    class_weighted.fit(x, y, epochs=2, class_weight=by_class, verbose=0)
    sample_weighted.fit(x, y, epochs=2, sample_weight=weight, verbose=0)
    np.testing.assert_array_equal(class_weighted.params, sample_weighted.params)
    one_hot = mlp(loss=nn.CategoricalCrossentropy(from_logits=True))
    one_hot.fit(x, np.eye(3)[y], epochs=2, class_weight=by_class, verbose=0)
    np.testing.assert_allclose(one_hot.params, class_weighted.params, rtol=1e-4, atol=1e-6)
    model = mlp()
    assert model.evaluate(x, y, sample_weight=2 * np.ones(32))[0] == pytest.approx(2 * model.evaluate(x, y)[0])


def test_integer_sample_weights_equal_repeated_examples():
    x, y = data(12)
    repeats = np.arange(12) % 3
    weighted, repeated = mlp(optimizer=nn.SGD(0.1)), mlp(optimizer=nn.SGD(0.1))
    weighted.train_on_batch(x, y, sample_weight=repeats)
    repeated.train_on_batch(np.repeat(x, repeats, axis=0), np.repeat(y, repeats))
    # the weights sum to 12, so both divide the same sum of gradients by 12
    np.testing.assert_allclose(weighted.params, repeated.params, atol=1e-6)


def test_validation_split_holds_out_the_end_of_the_data():
    x, y = data(50)
    split, explicit = mlp(), mlp()
    first = split.fit(x, y, epochs=2, validation_split=0.2, verbose=0)
    second = explicit.fit(x[:40], y[:40], epochs=2, validation_data=(x[40:], y[40:]), verbose=0)
    assert first.history == second.history
    weighted = mlp().fit(x, y, epochs=2, validation_split=0.2, sample_weight=np.ones(50), verbose=0).history
    assert weighted["val_loss"] == pytest.approx(first.history["val_loss"], rel=1e-5)


def test_validation_weights_are_used():
    x, y = data(20)
    plain = mlp().fit(x, y, validation_data=(x, y), verbose=0).history["val_loss"][0]
    weighted = mlp().fit(x, y, validation_data=(x, y, 3 * np.ones(20)), verbose=0).history["val_loss"][0]
    assert weighted == pytest.approx(3 * plain, rel=1e-6)


# --- evaluation and prediction ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 1, 7, 1000])
def test_evaluate_and_predict_do_not_depend_on_the_batch_size(batch_size):
    x, y = data(33)
    model = mlp(extra=[nn.BatchNormalization(), nn.Dropout(0.5)])
    model.fit(x, y, epochs=1, verbose=0)
    z = model.predict(x, batch_size=batch_size)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    expected = -np.log(e[np.arange(33), y] / e.sum(axis=1)).mean()
    loss, accuracy = model.evaluate(x, y, batch_size=batch_size)
    assert loss == pytest.approx(expected, rel=1e-5)
    assert accuracy == pytest.approx(np.mean(z.argmax(axis=1) == y))
    np.testing.assert_allclose(z, model.predict(x), rtol=1e-5, atol=1e-6)


def test_evaluate_returns_the_same_types_as_keras():
    x, y = data()
    assert isinstance(mlp(metrics=None).evaluate(x, y), float)
    assert set(mlp().evaluate(x, y, return_dict=True)) == {"loss", "accuracy"}
    assert mlp().test_on_batch(x, y) == pytest.approx(mlp().evaluate(x, y))


def test_predictions_are_new_arrays():
    x, _ = data()
    model = mlp()
    first = model.predict(x)
    expected = first.copy()
    model.predict(x + 1)
    called = model(x)
    model(x + 1)
    np.testing.assert_array_equal(first, expected)
    np.testing.assert_allclose(called, expected, rtol=0, atol=1e-6)  # float32 sums depend on the batch size


def test_predict_accepts_empty_batches_and_single_examples():
    model = mlp()
    assert model.predict(np.empty((0, 4))).shape == (0, 3)
    assert model.predict(np.ones((1, 4))).shape == (1, 3)
    assert math.isnan(model.evaluate(np.empty((0, 4)), np.empty(0, int))[0])


def test_a_first_layer_with_integer_input_receives_integers():
    class Lookup(nn.Layer):
        integer_input = True

        def forward(self, x, training=False):
            assert x.dtype == "int32"
            return np.eye(4, dtype=self.dtype)[x[:, 0]]

        def backward(self, dy):
            return dy

        def compute_output_shape(self, input_shape):
            return (input_shape[0], 4)

    try:
        model = nn.Sequential([nn.Input((1,)), Lookup(), nn.Dense(1)], seed=0)
        model.compile("sgd", "mse")
        x = np.arange(4, dtype="int32")[:, np.newaxis]
        model.fit(x, np.arange(4.0), epochs=3, verbose=0)
        assert model.predict(x).shape == (4, 1)
    finally:
        del nn.Layer.registry["Lookup"]


def test_training_step_returns_loss_and_gradients_without_an_update():
    """For one example of softmax regression: loss −log p, gradients x (p − t) and p − t, plus those of the penalty."""
    model = nn.Sequential(
        [nn.Input((2,)), nn.Dense(3, "softmax", kernel_regularizer=nn.L2(0.1))], seed=0, dtype="float64"
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    kernel, bias = model.get_weights()
    x, y = np.array([[1.0, -2.0]]), np.array([2])
    z = x @ kernel + bias
    p = np.exp(z) / np.exp(z).sum()
    loss, dx = model.step.loss_and_gradients(x, y, input_gradient=True)
    expected = -np.log(p[0, 2]) + 0.1 * (kernel**2).sum()
    slope = p - [[0, 0, 1]]
    assert loss == pytest.approx(expected, rel=1e-12)
    assert model.step.training_loss(x, y) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(model.layers[0].grads["kernel"], x.T @ slope + 0.2 * kernel, rtol=1e-12)
    np.testing.assert_allclose(model.layers[0].grads["bias"], slope[0], rtol=1e-12)
    np.testing.assert_allclose(dx, slope @ kernel.T, rtol=1e-12)
    np.testing.assert_array_equal(model.get_weights()[0], kernel)
    assert model.optimizer.iterations == 0


def test_an_optimizer_trains_only_one_model():
    """Its moments belong to the gradients of one model; Keras rejects a second model too."""
    optimizer = nn.Adam()
    x, y = np.ones((2, 3), "float32"), np.zeros(2)
    models = [nn.Sequential([nn.Input((3,)), nn.Dense(1)], name=name) for name in "ab"]
    for model in models:
        model.compile(optimizer, "mse")
    models[0].fit(x, y, verbose=0)
    models[0].compile(optimizer, "mae")
    models[0].fit(x, y, verbose=0)
    with pytest.raises(ValueError, match=r"model 'b': its optimizer \(Adam\) already trains another model"):
        models[1].fit(x, y, verbose=0)
    models[1].compile(copy.deepcopy(optimizer), "mse")
    models[1].fit(x, y, verbose=0)


def test_class_weights_do_not_affect_the_validation_split():
    """As in Keras: early stopping uses the unweighted loss."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)).astype("float32"), np.arange(40) % 2
    losses = []
    for class_weight in (None, {0: 1, 1: 5}):
        model = nn.Sequential([nn.Input((3,)), nn.Dense(1, "sigmoid")], seed=0)
        model.compile(nn.SGD(1e-12), "binary_crossentropy")
        history = model.fit(x, y, validation_split=0.25, class_weight=class_weight, epochs=1, verbose=0).history
        losses.append((history["loss"][0], history["val_loss"][0]))
    assert losses[0][1] == pytest.approx(losses[1][1], rel=1e-6)
    assert losses[1][0] > 1.5 * losses[0][0]


@pytest.mark.parametrize(
    "loss, y",
    [(nn.BinaryCrossentropy(label_smoothing=0.1), [0, 1]), (nn.Hinge(), [0, 1]), (nn.Hinge(), [-1, 1])],
    ids=["smoothed", "hinge", "hinge of signs"],
)
def test_class_weights_and_metrics_use_the_original_targets(loss, y):
    x = np.array([[1.0], [2.0]])
    model = nn.Sequential([nn.Input((1,)), nn.Dense(1, "sigmoid")], seed=0, dtype="float64")
    model.compile(nn.SGD(1e-12), loss, metrics=["mae"])
    p = model.predict(x)
    plain, mae = model.train_on_batch(x, np.array(y))
    assert mae == pytest.approx(np.abs(p[:, 0] - y).mean(), rel=1e-9)
    weighted = model.train_on_batch(x, np.array(y), class_weight={y[0]: 100, y[1]: 100})[0]
    assert weighted == pytest.approx(100 * plain, rel=1e-9)


def test_sample_weights_may_be_a_column_vector():
    x, y, weight = np.ones((4, 2), "float32"), np.arange(4.0), np.array([1.0, 2, 3, 4])
    model = nn.Sequential([nn.Input((2,)), nn.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    assert model.evaluate(x, y, sample_weight=weight[:, None]) == model.evaluate(x, y, sample_weight=weight)


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_models_of_a_seed_see_the_same_batches_whatever_their_layers_draw(rate):
    x, y = np.arange(10.0)[:, None], np.zeros((10, 1))
    seen = []

    class Record(nn.Layer):
        def forward(self, x, training=False):
            seen.append(x.ravel().tolist())
            return x

        def backward(self, dy):
            return dy

    model = nn.Sequential([nn.Input((1,)), Record(), nn.Dropout(rate), nn.Dense(1)], seed=3)
    model.compile("sgd", "mse")
    model.fit(x, y, batch_size=4, epochs=2, verbose=0)
    rng = np.random.default_rng([3, 1])
    assert [value for batch in seen for value in batch] == [*rng.permutation(10), *rng.permutation(10)]


def test_the_batch_size_of_the_validation_is_checked():
    model = nn.Sequential([nn.Input((1,)), nn.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    x = np.ones((4, 1))
    with pytest.raises(ValueError, match=r"validation_batch_size must be an integer ≥ 1, got 0"):
        model.fit(x, x, validation_data=(x, x), validation_batch_size=0, verbose=0)
