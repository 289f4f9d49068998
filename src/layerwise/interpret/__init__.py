"""What a trained model looks at, and how far to trust the picture; NumPy and Keras models alike.

Every function takes a built ``layerwise.nn.Sequential`` or ``keras.Sequential`` (best one that ends in logits) and
arrays; examples are tables ``(n, d)``, images ``(n, height, width, channels)``, series ``(n, steps, channels)`` or
words ``(n, steps)``. ``target`` is a class, one for all or one each; by default the class that wins. ``layer`` names
the layer at whose output to attribute instead of the input: for words, the Embedding, and then sum over its vectors.

Gradients, of the shape of ``x`` (or of the layer's output)::

    saliency(model, x, target=None, layer=None)
    gradient_times_input(model, x, target=None, layer=None)
    smooth_gradient(model, x, target=None, layer=None, noise=0.15, samples=25, seed=0)
    integrated_gradients(model, x, target=None, layer=None, baseline=0.0, steps=64)
    completeness(model, x, attributions, target=None, layer=None, baseline=0.0)         -> (n,), relative error
    guided_backpropagation(model, x, target=None, layer=None)
    grad_cam(model, x, target=None, layer=None, upsample=True)                      -> (n, rows, columns)

The model itself::

    probe(model).names, .outputs(x), .score(x, target), .gradient(x, target), .split(layer) -> (head, tail)
"""

from layerwise.interpret.gradients import (
    completeness,
    grad_cam,
    gradient_times_input,
    guided_backpropagation,
    integrated_gradients,
    saliency,
    smooth_gradient,
)
from layerwise.interpret.probes import Probe, probe

__all__ = [
    "Probe",
    "completeness",
    "grad_cam",
    "gradient_times_input",
    "guided_backpropagation",
    "integrated_gradients",
    "probe",
    "saliency",
    "smooth_gradient",
]
