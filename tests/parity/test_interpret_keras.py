"""NumPy and Keras models with the same weights have the same attributions with every method."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from layerwise import interpret, nn  # noqa: E402

TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}

NETWORKS = {
    "images": (
        [nn.Conv2D(4, 3, activation="relu"), nn.MaxPooling2D(2), nn.Flatten(), nn.Dropout(0.5), nn.Dense(3)],
        (8, 8, 2),
    ),
    "residual": (
        [
            nn.Conv2D(4, 3, padding="same"),
            nn.BatchNormalization(),
            nn.Residual([nn.ReLU(), nn.Conv2D(4, 3, padding="same", activation="relu")]),
            nn.ReLU(),
            nn.GlobalAveragePooling2D(),
            nn.Dense(3),
        ],
        (6, 6, 1),
    ),
    "series": ([nn.Conv1D(5, 3, activation="relu"), nn.GlobalMaxPooling1D(), nn.Dense(1)], (9, 2)),
    "recurrent": ([nn.LSTM(4), nn.Dense(3)], (6, 2)),
    "words": ([nn.Embedding(9, 4), nn.Conv1D(5, 2, activation="relu"), nn.GlobalMaxPooling1D(), nn.Dense(3)], (7,)),
}
METHODS = {
    "saliency": interpret.saliency,
    "gradient_times_input": interpret.gradient_times_input,
    "smooth_gradient": lambda *args: interpret.smooth_gradient(*args, samples=3),
    "integrated_gradients": lambda *args: interpret.integrated_gradients(*args, steps=6),
    "guided_backpropagation": interpret.guided_backpropagation,
}


def models(name):
    layers, shape = NETWORKS[name]
    model = nn.Sequential.from_config(nn.Sequential([nn.Input(shape), *layers], seed=0).get_config())
    rng = np.random.default_rng(0)
    model.set_weights([w + rng.uniform(0.05, 0.2, w.shape).astype("float32") for w in model.get_weights()])
    words = name == "words"
    x = rng.integers(9, size=(4, *shape)) if words else rng.normal(size=(4, *shape)).astype("float32")
    return model, nn.to_keras(model), x, "embedding" if words else None


@pytest.mark.parametrize("name", NETWORKS)
def test_gradient_methods_match_keras(name):
    numpy_model, keras_model, x, layer = models(name)
    weights = keras_model.get_weights()
    for method, call in METHODS.items():
        results = [call(model, x, 1, layer) for model in (numpy_model, keras_model)]
        assert results[0].dtype == results[1].dtype == np.float32
        np.testing.assert_allclose(*results, **TOLERANCE, err_msg=method)
    assert all(np.array_equal(a, b) for a, b in zip(weights, keras_model.get_weights()))


def test_guided_backpropagation_reaches_every_relu():
    numpy_model, keras_model, x, _ = models("residual")
    for model in (numpy_model, keras_model):
        assert not np.allclose(interpret.guided_backpropagation(model, x), interpret.saliency(model, x))
    # The head up to the residual layer, to check the ReLUs inside it.
    inner = [
        interpret.probe(model).guided().split("residual")[0].gradient(x, 2) for model in (numpy_model, keras_model)
    ]
    np.testing.assert_allclose(*inner, **TOLERANCE)


@pytest.mark.parametrize("name", ["images", "series", "words"])
def test_other_methods_match_keras(name):
    numpy_model, keras_model, x, _ = models(name)
    conv = interpret.probe(keras_model).convolutions[-1]
    calls = {
        "predicted class": lambda model: interpret.probe(model).targets(x),
        "grad_cam": lambda model: interpret.grad_cam(model, x),
        "hires_cam": lambda model: interpret.hires_cam(model, x),
        "occlusion": lambda model: interpret.occlusion(model, x, size=2),
        "embed": lambda model: interpret.embed(model, x, conv),
        "neighbours": lambda model: interpret.nearest_neighbours(model, x, x, count=2)[0],
        "randomised": lambda model: interpret.probe(interpret.randomised(model, seed=3)).outputs(x),
    }
    if name != "words":
        calls["fool"] = lambda model: interpret.fool(model, x, 0, sure=0.7, steps=5, bounds=(-3, 3))
        calls["maximise"] = lambda model: interpret.maximise_activation(model, [0, 1], conv, steps=4)
        calls["removal"] = lambda model: interpret.removal_curve(model, x, x, steps=3)[1]
    for what, call in calls.items():
        np.testing.assert_allclose(call(numpy_model), call(keras_model), **TOLERANCE, err_msg=what)


def test_table_methods_match_keras():
    numpy_model = nn.Sequential([nn.Input((4,)), nn.Dense(5, activation="tanh"), nn.Dense(1)], seed=0)
    keras_model = nn.to_keras(numpy_model)
    x = np.random.default_rng(0).normal(size=(30, 4)).astype("float32")
    y = (numpy_model.predict(x)[:, 0] > 0).astype(int)
    np.testing.assert_array_equal(
        *(interpret.permutation_importance(model, x, y, repeats=2) for model in (numpy_model, keras_model))
    )
    (grid, first), (_, second) = (
        interpret.partial_dependence(model, x, 2, points=3) for model in (numpy_model, keras_model)
    )
    assert grid[0] < grid[1] < grid[2]
    np.testing.assert_allclose(first, second, **TOLERANCE)


def test_words_without_a_layer_raise_for_keras_models():
    _, keras_model, x, _ = models("words")
    with pytest.raises(ValueError, match=r"integer inputs of an Embedding have no gradient; .* layer='embedding'"):
        interpret.saliency(keras_model, x)
