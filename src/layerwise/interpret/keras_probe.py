"""The probe for Keras models, the counterpart of :class:`layerwise.interpret.probes.NumpyProbe`."""

from __future__ import annotations

import keras
import tensorflow as tf

from layerwise.interpret.probes import Probe


@tf.custom_gradient
def guided_relu(x, **_):
    """Return ReLU(x) with a gradient that passes only positive gradients at positive inputs."""
    return tf.nn.relu(x), lambda dy: tf.where((x > 0) & (dy > 0), dy, tf.zeros_like(dy))


class KerasProbe(Probe):
    """A range of the layers of a :class:`keras.Sequential`."""

    def _run(self, x):
        for layer in self.layers:
            x = layer(x, training=False)
        return x

    def _forward(self, x):
        return self._run(tf.convert_to_tensor(x)).numpy()

    def _backward(self, x, seed):
        x = tf.convert_to_tensor(x)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            y = self._run(x)
        if not x.dtype.is_floating:
            return None
        return tape.gradient(y, x, output_gradients=tf.convert_to_tensor(seed(y.numpy()))).numpy()

    def _prepared(self, x):
        integer_input = bool(self.layers) and isinstance(self.layers[0], keras.layers.Embedding)
        return x if integer_input else x.astype("float32", copy=False)

    def _inside(self, layer):
        return layer._flatten_layers()

    def copy(self):
        """See :meth:`Probe.copy`."""
        other = keras.models.clone_model(self.model)
        other.set_weights(self.model.get_weights())
        return type(self)(other, self.start, self.stop)

    def guided(self):
        """See :meth:`Probe.guided`."""
        other = self.copy()
        for layer in other.model._flatten_layers():
            if getattr(layer, "activation", None) is keras.activations.relu:
                layer.activation = guided_relu
            elif isinstance(layer, keras.layers.ReLU):
                layer.call = guided_relu
        return other
