"""Architectures of ``keras.applications`` as a layer: preprocessing, freezing, saving and invalid arguments."""

import keras
import numpy as np
import pytest
from keras.applications import vgg16

from layerwise.experiments import keras_backend, models, numpy_backend
from layerwise.experiments.keras_applications import Application

SPEC = {
    "model": [{"layer": "Application", "architecture": "VGG16"}, {"layer": "Dense", "units": "classes"}],
    "loss": {"name": "SparseCategoricalCrossentropy", "from_logits": True},
    "optimizer": {"name": "SGD", "learning_rate": 0.01},
    "batch_size": 2,
    "epochs": 1,
}


def with_layer(**arguments):
    return {**SPEC, "model": [{"layer": "Application", **arguments}, SPEC["model"][1]]}


def test_grayscale_images_are_resized_and_preprocessed_for_the_architecture(tmp_path):
    x = np.random.default_rng(0).random((2, 28, 28, 1)).astype("float32")
    model = keras_backend.build(with_layer(architecture="VGG16", trainable=False), (28, 28, 1), 3, "accuracy", 0, "e")
    layer = model.layers[0]
    rgb = np.repeat(np.asarray(keras.ops.image.resize(x, (32, 32))), 3, axis=-1)
    expected = layer.base(vgg16.preprocess_input(255 * rgb))
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-4)

    before = [w.copy() for w in layer.get_weights()]
    assert [w.shape for w in model.trainable_weights] == [(512, 3), (3,)]
    keras_backend.fit(model, SPEC, (x, np.array([0, 2])), (x, np.array([0, 2])))
    for old, new in zip(before, layer.get_weights()):
        np.testing.assert_array_equal(old, new)

    keras_backend.save(model, tmp_path)
    np.testing.assert_array_equal(keras_backend.load(tmp_path).predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_failed_download_of_imagenet_weights_is_reported_in_one_sentence(monkeypatch):
    def fail(*arguments, **more):
        raise Exception("URL fetch failure on https://storage: None -- no network\n")

    monkeypatch.setattr("keras.src.applications.vgg16.file_utils.get_file", fail)
    words = (
        r"experiments.e.model.0 \(Application\): the imagenet weights of VGG16 could not be loaded "
        r"\(URL fetch.* no network\); run once with a network, or put the file "
        r"vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 from https://\S+/vgg16 into ~/.keras/models"
    )
    with pytest.raises(ValueError, match=words) as caught:
        keras_backend.build(
            with_layer(architecture="VGG16", weights="imagenet"), (28, 28, 1), 3, "accuracy", 0, "experiments.e"
        )
    assert "\n" not in str(caught.value)


def test_width_scales_the_filters_of_every_layer(tmp_path):
    model = keras_backend.build(with_layer(architecture="VGG16", width=0.25), (28, 28, 1), 3, "accuracy", 0, "e")
    filters = [layer.filters for layer in model.layers[0].base.layers if isinstance(layer, keras.layers.Conv2D)]
    assert filters == [16] * 2 + [32] * 2 + [64] * 3 + [128] * 6
    keras_backend.save(model, tmp_path)
    x = np.zeros((1, 28, 28, 1), "float32")
    np.testing.assert_array_equal(keras_backend.load(tmp_path)(x), model(x))


def test_the_input_must_be_images():
    with pytest.raises(ValueError, match=r"VGG16: input must be images with 1 or 3 channels, got shape \(28, 28, 2\)"):
        Application("VGG16").build((None, 28, 28, 2))


@pytest.mark.parametrize(
    "arguments, backends, words",
    [
        (
            {"architecture": "ResNet50"},
            ["numpy", "keras"],
            r"this layer is only available in Keras; add backends: \[keras\]",
        ),
        ({"architecture": "ResNet5"}, ["keras"], "unknown architecture 'ResNet5'; did you mean 'ResNet50'"),
        (
            {"architecture": "VGG16", "weights": "coco"},
            ["keras"],
            r"weights must be 'imagenet' or null \(random weights\), got 'coco'",
        ),
        ({"architecture": "VGG16", "size": 28}, ["keras"], r"size must be an integer ≥ 32 \(pixels\), got 28"),
        ({"architecture": "VGG16", "width": 0}, ["keras"], r"width must be a number in \(0, 1\], got 0"),
        (
            {"architecture": "VGG16", "width": 0.5, "weights": "imagenet"},
            ["keras"],
            "width must be 1 with weights: imagenet, got 0.5",
        ),
        ({"architecture": "VGG16", "momentum": 1}, ["keras"], r"momentum must be a number in \[0, 1\), got 1"),
        ({"architecture": "VGG16", "trainable": 1}, ["keras"], "trainable must be true or false, got 1"),
        ({"architecture": "VGG16", "pooling": "max"}, ["keras"], "unknown argument 'pooling'"),
    ],
)
def test_invalid_arguments_are_reported_without_importing_keras(arguments, backends, words):
    with pytest.raises(ValueError, match=words):
        models.check(with_layer(**arguments), numpy_backend.NAMES, "experiments.e", backends)
