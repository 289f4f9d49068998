"""Inside a network: what excites it, what fools it, what its layers compute, whom it thinks alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise import interpret
from layerwise.studies.attribution import Runs, split
from layerwise.studies.inputs import Data


def synthesis(data: Data, runs: Runs, sure: float = 0.99) -> dict[str, np.ndarray]:
    """Make images that excite each class, with regularisation, and images that fool the network.

    Whether another network sees the same in an image, one trained from other first weights, tells what the image shows
    of the class and what of the network alone.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        The runs of one experiment on it.
    sure : float
        How sure of its class the network shall be.

    Returns
    -------
    dict
        ``excites`` (classes, height, width): images made with regularisation, first run; ``noise``: made from noise,
        without; ``start`` and ``disguised``: test images and the same, changed to be taken for the ``wanted`` class
        (classes,). For each of these kinds ``sure.<kind>`` (runs,): mean probability of the class, and
        ``shared.<kind>`` (runs,): share of them that the other networks take for it too. ``change`` (runs,): mean
        Euclidean length of the disguise, as a share of the image's.
    """
    x, y = split(data)
    [trained] = runs.values()
    models = list(trained.models())
    classes = np.arange(int(y.max()) + 1)
    wanted = (classes + 1) % len(classes)
    found: dict[str, list[Any]] = {}
    kept: dict[str, np.ndarray] = {}
    for seed, model in enumerate(models):
        said = interpret.probe(model).targets(x)
        start = np.stack([x[_shown(y, said, int(k), seed)] for k in classes])
        noise = np.random.default_rng(seed).random(start.shape, dtype=np.float32) * np.float32(0.5)
        made = {
            "excites": interpret.maximise_activation(model, classes, seed=seed),
            "noise": interpret.fool(model, noise, classes, sure),
            "disguised": interpret.fool(model, start, wanted, sure),
        }
        others = [interpret.probe(other) for other in models if other is not model]
        for kind, images in made.items():
            asked = wanted if kind == "disguised" else classes
            found.setdefault(f"sure.{kind}", []).append(interpret.probe(model).confidence(images, asked).mean())
            shared = [np.mean(other.targets(images) == asked) for other in others]
            found.setdefault(f"shared.{kind}", []).append(np.mean(shared) if shared else np.nan)
        length = np.linalg.norm((made["disguised"] - start).reshape(len(start), -1), axis=1)
        found.setdefault("change", []).append(np.mean(length / np.linalg.norm(start.reshape(len(start), -1), axis=1)))
        if seed == 0:
            kept = {"start": start.mean(axis=-1), **{kind: images.mean(axis=-1) for kind, images in made.items()}}
    return {**{name: np.array(values) for name, values in found.items()}, **kept, "wanted": wanted}


def _shown(y: np.ndarray, said: np.ndarray, k: int, run: int) -> int:
    """Return an image of class ``k`` that the network reads rightly, another for each run as far as they last.

    A network that reads none rightly is shown any image of the class.
    """
    own = np.flatnonzero(y == k)
    right = own[said[own] == k]
    chosen = right if len(right) else own
    return int(chosen[run % len(chosen)])


def layers(data: Data, runs: Runs) -> dict[str, np.ndarray]:
    """Look at the filters of the first convolution, and at what each convolution makes of one image.

    Returns
    -------
    dict
        ``x`` (height, width): one test image; ``filters`` (maps, height, width), the first layer's; ``maps.<layer>``
        (maps, rows, columns) and ``excites.<layer>`` (maps, height, width): the image that excites each map most.
        ``dead.<layer>`` (1,): share of the maps that are zero on every test image.
    """
    x, _ = split(data)
    [trained] = runs.values()
    model = next(trained.models())
    whole = interpret.probe(model)
    arrays = {"x": x[0].mean(axis=-1)}
    for place, name in enumerate(whole.convolutions):
        head, _ = whole.split(name)
        outputs = head.outputs(x[:200])
        if place == 0:
            kernel = whole.weights()[name][0]
            arrays["filters"] = np.moveaxis(kernel.mean(axis=2), -1, 0)
        arrays[f"maps.{name}"] = np.moveaxis(outputs[0], -1, 0)
        arrays[f"dead.{name}"] = np.array([np.mean(outputs.max(axis=(0, 1, 2)) <= 0)])
        units = range(outputs.shape[-1])
        made = interpret.maximise_activation(model, units, name, steps=80, decay=0.02, blur=0.5, seed=place)
        arrays[f"excites.{name}"] = made.mean(axis=-1)
    return arrays


def space(data: Data, runs: Runs, images: int = 500, neighbours: int = 5, mistakes: int = 4) -> dict[str, np.ndarray]:
    """Look at the space before the last layer: near whom does it put an image, and how does it part the classes.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        The runs of one experiment on it.
    images : int
        Test images, the first ones.
    neighbours : int
        Training images nearest to each.
    mistakes : int
        Mistakes of the first run whose neighbours are kept, and as many images it gets right.

    Returns
    -------
    dict
        ``pixels``, ``network`` (runs,): share of an image's nearest training images that are of its class, measured
        in pixels and in the network's space; ``y`` (images,); ``space.<name>`` (images, d) and ``tsne.<name>``
        (images, 2) of ``pixels`` and ``network``, first run; ``x`` (n, height, width),
        ``truth``, ``said`` (n,), ``near`` (n, neighbours, height, width), ``classes`` (n, neighbours): images and their
        neighbours.
    """
    from sklearn.manifold import TSNE
    from sklearn.neighbors import NearestNeighbors

    x, y = split(data)
    xt, yt = split(data, "train")
    x, y = x[:images], y[:images]
    [trained] = runs.values()
    flat = NearestNeighbors(n_neighbors=neighbours, metric="cosine").fit(_flat(xt)).kneighbors(_flat(x))[1]
    share: list[float] = []
    arrays: dict[str, np.ndarray] = {}
    for model in trained.models():
        near, _ = interpret.nearest_neighbours(model, x, xt, count=neighbours)
        share.append(float(np.mean(yt[near] == y[:, None])))
        if not arrays:
            said = interpret.probe(model).targets(x)
            wrong = np.flatnonzero(said != y)[:mistakes]
            shown = np.concatenate([np.flatnonzero(said == y)[: 2 * mistakes - len(wrong)], wrong])
            arrays = {
                "x": x[shown].mean(axis=-1),
                "truth": y[shown],
                "said": said[shown],
                "near": xt[near[shown]].mean(axis=-1),
                "classes": yt[near[shown]],
            }
            for name, vectors in (("pixels", _flat(x)), ("network", interpret.embed(model, x))):
                arrays[f"space.{name}"] = vectors
                arrays[f"tsne.{name}"] = TSNE(init="pca", perplexity=30, max_iter=500, random_state=0).fit_transform(
                    vectors
                )
    return {
        "network": np.array(share),
        "pixels": np.full(len(share), np.mean(yt[flat] == y[:, None])),
        "y": y,
        **arrays,
    }


def _flat(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1)
