"""Maps of what a network looks at, by every method, and how far each can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from layerwise import interpret
from layerwise.studies.inputs import Data
from layerwise.studies.runs import Trained

Runs = Mapping[str, Trained]
Map = Callable[..., np.ndarray]


def _flat(method: Map, **settings: Any) -> Map:
    """Return the method with its channels summed: a number a pixel."""
    return lambda model, x, target: method(model, x, target, **settings).sum(axis=-1)


def methods(samples: int = 15, steps: int = 32, size: int = 5, stride: int = 2) -> dict[str, Map]:
    """Return each method as it is compared and drawn: ``(model, images, classes)`` → ``(n, height, width)``, signed.

    Parameters
    ----------
    samples, steps : int
        Of SmoothGrad and of integrated gradients.
    size, stride : int
        Of the window that covers.
    """
    return {
        "gradient": _flat(interpret.saliency),
        "gradient_times_input": _flat(interpret.gradient_times_input),
        "SmoothGrad": _flat(interpret.smooth_gradient, samples=samples),
        "integrated_gradients": _flat(interpret.integrated_gradients, steps=steps),
        "guided_backpropagation": _flat(interpret.guided_backpropagation),
        "GradCAM": interpret.grad_cam,
        "occlusion": lambda model, x, target: interpret.occlusion(model, x, target, size=size, stride=stride),
    }


METHODS = methods()
#: Methods whose sign says in which direction to move a pixel, not what it contributed: their size is their relevance.
SENSITIVITIES = ("gradient", "SmoothGrad", "guided_backpropagation")


def relevance(name: str, found: np.ndarray) -> np.ndarray:
    """Return a method's map as a ranking of pixels, the most relevant with the highest number."""
    return np.abs(found) if name in SENSITIVITIES else found


def split(data: Data, name: str = "test") -> tuple[np.ndarray, np.ndarray]:
    """Return images and classes of one split of the only dataset, in a random order: some come sorted by class."""
    [(dataset, splits)] = data.items()
    x, y = splits[name]
    if x.ndim != 4:
        raise ValueError(f"dataset '{dataset}': its examples have shape {x.shape[1:]}; this study is about images")
    order = np.random.default_rng(0).permutation(len(y))
    return x[order], y[order]


def maps(
    data: Data, runs: Runs, mistakes: int = 5, images: int = 20, steps: Sequence[int] = (4, 16, 64, 256)
) -> dict[str, np.ndarray]:
    """Attribute the winning score by every method, and check that integrated gradients are complete.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        The runs of one experiment on it; the first one's maps are kept.
    mistakes : int
        At most so many mistakes on the test split to explain, the most confident first.
    images : int
        Test images on which completeness is measured, with every run.
    steps : sequence of int
        Points of the integral.

    Returns
    -------
    dict
        ``x`` (classes, height, width): the first test image of each class that the network gets right; ``map.<method>``
        of the same shape; ``wrong`` (mistakes, height, width), their ``truth`` and ``said`` (mistakes,), and
        integrated gradients ``for_truth`` and ``for_said``; ``error.<steps>`` (runs · images,): relative error of
        completeness.
    """
    x, y = split(data)
    [trained] = runs.values()
    models = list(trained.models())
    first = models[0]
    scores = interpret.probe(first).outputs(x)
    winner = scores.argmax(axis=1)
    right = [int(np.flatnonzero((y == k) & (winner == k))[0]) for k in np.unique(y[winner == y])]
    sure = np.sort(scores, axis=1)
    margin = np.where(winner != y, sure[:, -1] - sure[:, -2], -np.inf)
    wrong = np.argsort(-margin, kind="stable")[: min(mistakes, int(np.sum(winner != y)))]
    integrated = METHODS["integrated_gradients"]
    return {
        "x": x[right].mean(axis=-1),
        "y": y[right],
        **{f"map.{name}": method(first, x[right], y[right]) for name, method in METHODS.items()},
        "wrong": x[wrong].mean(axis=-1),
        "truth": y[wrong],
        "said": winner[wrong],
        "for_truth": integrated(first, x[wrong], y[wrong]) if len(wrong) else x[wrong, ..., 0],
        "for_said": integrated(first, x[wrong], winner[wrong]) if len(wrong) else x[wrong, ..., 0],
        **{
            f"error.{n}": np.concatenate([_completeness_error(model, x[:images], n) for model in models]) for n in steps
        },
    }


def _completeness_error(model: Any, x: np.ndarray, steps: int) -> np.ndarray:
    return interpret.completeness(model, x, interpret.integrated_gradients(model, x, steps=steps))


def trust(data: Data, runs: Runs, images: int = 30, points: int = 14) -> dict[str, np.ndarray]:
    """Put every method to the tests: removal and insertion, agreement, randomised weights.

    Two orders that look at no network stand beside them: ``random``, and ``ink``, the image itself.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        The runs of one experiment on it.
    images : int
        Test images, the first ones.
    points : int
        Of each curve.

    Returns
    -------
    dict
        ``share`` (points + 1,); ``deletion.<order>``, ``insertion.<order>`` (runs, points + 1): mean probability of
        the class; ``deletion_area.<order>``, ``insertion_area.<order>`` (runs,), their means;
        ``agreement.<one>.<other>`` (runs,): mean rank correlation of two methods, or of one and ``ink``; ``layers``
        (n,): names of those randomised, the last first; ``randomised.<method>`` (runs, n + 1): rank correlation with
        the original map as more layers are, and ``destroyed.<method>`` (runs,) with all of them; ``x`` (height,
        width), ``cascade.<method>`` (n + 1, height, width): one image.
    """
    x, _ = split(data)
    x = x[:images]
    [trained] = runs.values()
    found: dict[str, list[Any]] = {}
    names: list[str] = []
    pictures: dict[str, list[np.ndarray]] = {}
    for seed, model in enumerate(trained.models()):
        classes = interpret.probe(model).targets(x)
        original = {name: relevance(name, method(model, x, classes)) for name, method in METHODS.items()}
        _removal(found, model, x, classes, original, points, seed)
        for a, b in combinations([*original, "ink"], 2):
            both = (original.get(name, x.sum(axis=-1)) for name in (a, b))
            found.setdefault(f"agreement.{a}.{b}", []).append(interpret.rank_correlation(*both).mean())
        similar = {name: [1.0] for name in METHODS}
        stages = [("", None), *interpret.cascade(model, seed)]
        names = [name for name, _ in stages[1:]]
        for _, changed in stages[1:]:
            for name, method in METHODS.items():
                now = relevance(name, method(changed, x, classes))
                similar[name].append(float(interpret.rank_correlation(original[name], now).mean()))
                if seed == 0:
                    pictures.setdefault(name, [original[name][0]]).append(now[0])
        for name, values in similar.items():
            found.setdefault(f"randomised.{name}", []).append(values)
            found.setdefault(f"destroyed.{name}", []).append(values[-1])
    return {
        "share": np.linspace(0, 1, points + 1),
        "x": x[0].mean(axis=-1),
        "layers": np.array(names),
        **{name: np.array(values) for name, values in found.items()},
        **{f"cascade.{name}": np.stack(stages) for name, stages in pictures.items()},
    }


def _removal(
    found: dict[str, list[Any]],
    model: Any,
    x: np.ndarray,
    classes: np.ndarray,
    maps: Mapping[str, np.ndarray],
    points: int,
    seed: int,
) -> None:
    """Add the deletion and insertion curves of one network to what was found."""
    blind = {"random": np.random.default_rng(seed).random(x.shape[:-1]), "ink": x.sum(axis=-1)}
    for name, order in {**maps, **blind}.items():
        for kind in ("deletion", "insertion"):
            _, curve = interpret.removal_curve(model, x, order, classes, steps=points, insert=kind == "insertion")
            found.setdefault(f"{kind}.{name}", []).append(curve.mean(axis=0))
            found.setdefault(f"{kind}_area.{name}", []).append(curve.mean())


def backends(
    data: Data, runs: Runs, images: int = 20, noise: float = 0.05, within: float = 1e-4
) -> dict[str, np.ndarray]:
    """Attribute with NumPy and, on the same weights, with Keras.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        NumPy runs of one experiment on it.
    images : int
        Test images, the first ones.
    noise : float
        Grey level of noise added to them. Without it many pooling windows hold equal values, and which of them is the
        largest, and gets the gradient, is settled by rounding.
    within : float
        Maps count as the same that are no further apart.

    Returns
    -------
    dict
        ``noisy.<method>``, ``plain.<method>`` (runs, images): how far the maps are apart, as a share of their length,
        with noise and without; ``same`` (runs,): share of all maps of noisy images that are within the limit;
        ``outputs`` (runs, images): the same distance of the scores; ``x``, ``numpy`` and ``keras`` (5, height, width):
        images and their integrated gradients in both, first run.
    """
    import layerwise.keras_import  # noqa: F401  # before to_keras imports Keras
    from layerwise.nn import to_keras

    x, _ = split(data)
    x = x[:images]
    noisy = x + np.float32(noise) * np.random.default_rng(0).random(x.shape, dtype=np.float32)
    [trained] = runs.values()
    quick = methods(samples=3, steps=8, size=7, stride=7)
    apart: dict[str, list[np.ndarray]] = {}
    kept: dict[str, np.ndarray] = {}
    for model in trained.models():
        twin = to_keras(model, compile=False)
        classes = interpret.probe(model).targets(x)
        scores = [interpret.probe(each).outputs(noisy) for each in (model, twin)]
        apart.setdefault("outputs", []).append(_apart(*scores))
        for name, method in quick.items():
            for kind, shown in (("noisy", noisy), ("plain", x)):
                both = [method(each, shown, classes) for each in (model, twin)]
                apart.setdefault(f"{kind}.{name}", []).append(_apart(*both))
                if (name, kind) == ("integrated_gradients", "noisy") and len(apart["outputs"]) == 1:
                    kept = {"x": x[:5].mean(axis=-1), "numpy": both[0][:5], "keras": both[1][:5]}
    stacked = {name: np.stack(values) for name, values in apart.items()}
    same = np.mean([stacked[f"noisy.{name}"] < within for name in METHODS], axis=(0, 2))
    return {**stacked, "same": same, **kept}


def _apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return ‖first − second‖ / ‖first‖ for each example."""
    a, b = (array.reshape(len(array), -1).astype(float) for array in (first, second))
    return np.linalg.norm(a - b, axis=1) / np.maximum(np.linalg.norm(a, axis=1), 1e-12)
