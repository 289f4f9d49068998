"""Interpretability of trained models: attribution methods and their evaluation, for NumPy and Keras models.

Every function takes a built ``layerwise.nn.Sequential`` or ``keras.Sequential`` (preferably one that ends in logits)
and arrays. Examples are tables ``(n, d)``, images ``(n, height, width, channels)``, series ``(n, steps, channels)`` or
words ``(n, steps)``. ``target`` is a class, one for all examples or one per example; by default the predicted class.
``layer`` names a layer to attribute to the output of, instead of the input; for words, use the Embedding and sum over
its vectors.

Gradient-based attributions, of the shape of ``x`` (or of the layer's output)::

    saliency(model, x, target=None, layer=None)
    gradient_times_input(model, x, target=None, layer=None)
    smooth_gradient(model, x, target=None, layer=None, noise=0.15, samples=25, seed=0)
    integrated_gradients(model, x, target=None, layer=None, baseline=0.0, steps=64)
    completeness(model, x, attributions, target=None, layer=None, baseline=0.0)         -> (n,), relative error
    guided_backpropagation(model, x, target=None, layer=None)
    grad_cam(model, x, target=None, layer=None, upsample=True)                      -> (n, rows, columns)
    hires_cam(model, x, target=None, layer=None, upsample=True)                     -> (n, rows, columns)

Perturbation, input synthesis and embeddings::

    occlusion(model, x, target=None, size=3, stride=1, value=0.0)                   -> (n, rows, columns)
    permutation_importance(model, x, y, repeats=10, seed=0)                         -> (d, repeats), tables
    partial_dependence(model, x, feature, target=1, points=25)                      -> (points,), (n, points), tables
    maximise_activation(model, target, layer=None, steps=200, …)                    -> (targets, …), inputs
    fool(model, x, target, sure=0.99, rate=0.1, steps=300, bounds=(0, 1))           -> inputs like x
    embed(model, x, layer=None)                                                     -> (n, d)
    nearest_neighbours(model, x, candidates, layer=None, count=5)                   -> (n, count) indices, cosines

Evaluation of attributions::

    randomised(model, layers=None, seed=0)                                          -> Probe, usable as a model
    cascade(model, seed=0)                                                          -> (layer, Probe), last layer first
    rank_correlation(first, second, where=None)                                     -> (n,)
    removal_curve(model, x, attributions, target=None, baseline=0.0, steps=14, insert=False, where=None)
    infidelity(model, x, contributions, target=None, baseline=0.0, where=None, …)   -> (n,), 0 to 1

Access to outputs and gradients of a model; every function accepts a probe instead of a model::

    probe(model).names, .outputs(x), .score(x, target), .gradient(x, target), .split(layer) -> (head, tail)
"""

from layerwise.interpret.embedding import embed, nearest_neighbours
from layerwise.interpret.gradients import (
    completeness,
    grad_cam,
    gradient_times_input,
    guided_backpropagation,
    hires_cam,
    integrated_gradients,
    saliency,
    smooth_gradient,
)
from layerwise.interpret.perturbation import occlusion, partial_dependence, permutation_importance
from layerwise.interpret.probes import Probe, probe
from layerwise.interpret.synthesis import fool, maximise_activation
from layerwise.interpret.trust import cascade, infidelity, randomised, rank_correlation, removal_curve

__all__ = [
    "Probe",
    "cascade",
    "completeness",
    "embed",
    "fool",
    "grad_cam",
    "gradient_times_input",
    "guided_backpropagation",
    "hires_cam",
    "infidelity",
    "integrated_gradients",
    "maximise_activation",
    "nearest_neighbours",
    "occlusion",
    "partial_dependence",
    "permutation_importance",
    "probe",
    "randomised",
    "rank_correlation",
    "removal_curve",
    "saliency",
    "smooth_gradient",
]
