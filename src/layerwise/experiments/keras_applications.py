"""ResNet50 and VGG16 of ``keras.applications`` as a layer."""

from __future__ import annotations

import importlib
from typing import Any

from layerwise.experiments.applications import ARCHITECTURES, SMALLEST
from layerwise.experiments.applications import Application as Description
from layerwise.experiments.keras_import import keras

#: Address of the folders with the files of pretrained weights, and the file of each architecture without its top.
HOME = "https://storage.googleapis.com/tensorflow/keras-applications"
WEIGHT_FILES = {name: f"{name.lower()}_weights_tf_dim_ordering_tf_kernels_notop.h5" for name in ARCHITECTURES}


@keras.saving.register_keras_serializable(package="layerwise")
class Application(keras.Layer):
    """A model of ``keras.applications`` without its dense layers, from images in [0, 1] to features ``(batch, n)``.

    Images are resized to ``size`` × ``size``, grayscale images repeated in three channels, and preprocessed by the
    architecture's ``preprocess_input``. Global average pooling yields the features. See
    :class:`layerwise.experiments.applications.Application` for the parameters.
    """

    def __init__(
        self,
        architecture: str,
        weights: str | None = None,
        size: int = SMALLEST,
        width: float = 1.0,
        momentum: float = 0.99,
        trainable: bool = True,
        **kwargs: Any,
    ) -> None:
        Description(architecture, weights, size, width, momentum, trainable)
        super().__init__(trainable=trainable, **kwargs)
        self.architecture, self.size, self.width, self.momentum = architecture, size, width, momentum
        self.module = importlib.import_module(f"keras.applications.{ARCHITECTURES[architecture]}")
        try:
            base = getattr(self.module, architecture)(
                include_top=False, weights=weights, input_shape=(size, size, 3), pooling="avg"
            )
        except Exception as error:  # Keras raises a bare Exception if the download fails
            if weights is None:
                raise
            raise ValueError(
                f"the {weights} weights of {architecture} could not be loaded ({_one_line(error)}); run once with a "
                f"network, or put the file {WEIGHT_FILES[architecture]} from {HOME}/{ARCHITECTURES[architecture]} into "
                f"~/.keras/models, or set weights: null for random weights"
            ) from error
        self.base = base if width == 1 else keras.models.clone_model(base, clone_function=self._narrowed)
        self.base.trainable = trainable
        for layer in self.base.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = momentum

    def _narrowed(self, layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if "filters" in config:
            config["filters"] = max(1, round(self.width * config["filters"]))
        return type(layer).from_config(config)

    def build(self, input_shape):
        """Raise if the input is not images with 1 or 3 channels."""
        if len(input_shape) != 4 or input_shape[-1] not in (1, 3):
            raise ValueError(
                f"{self.architecture}: input must be images with 1 or 3 channels, got shape {tuple(input_shape[1:])}"
            )

    def call(self, x, training=False):
        """Return the features of a batch of images."""
        if x.shape[1:3] != (self.size, self.size):
            x = keras.ops.image.resize(x, (self.size, self.size))
        if x.shape[-1] == 1:
            x = keras.ops.repeat(x, 3, axis=-1)
        return self.base(self.module.preprocess_input(255.0 * x), training=training)

    def compute_output_shape(self, input_shape):
        """Return ``(batch, features)``."""
        return (input_shape[0], self.base.output_shape[-1])

    def get_config(self):
        """Return the constructor's arguments, without ``weights`` because a saved model stores its own weights."""
        arguments = {"architecture": self.architecture, "weights": None, "size": self.size, "width": self.width}
        return super().get_config() | arguments | {"momentum": self.momentum}


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
