"""The pictures of the interpretability page, each from one study's arrays, its finding computed."""

from __future__ import annotations

import numpy as np

from layerwise import plots
from layerwise.numbers import power_of_ten
from layerwise.plots import Picture
from layerwise.plots.explanations import glyphs, map_table, matrix, pairs, ranked, responses
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study

NAMES = {
    "gradient": "gradient",
    "gradient_times_input": "gradient × input",
    "SmoothGrad": "SmoothGrad",
    "integrated_gradients": "integrated gradients",
    "guided_backpropagation": "guided backprop",
    "GradCAM": "Grad-CAM",
    "occlusion": "occlusion",
    "random": "random order",
    "ink": "the ink itself",
}
SHORT = {**NAMES, "integrated_gradients": "integrated"}


def named(groups: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the groups of a study under the names of their methods."""
    return {NAMES[method]: values for method, values in groups.items()}


def _sentence(name: str) -> str:
    """Return a name as a sentence begins: Grad-CAM and SmoothGrad keep their capitals."""
    return name[0].upper() + name[1:]


def classes(study: Study, labels: np.ndarray) -> list[str]:
    """Return the names of classes."""
    return [study.dataset.names[k] for k in labels]


# --- maps -------------------------------------------------------------------------------------------------------------


def gallery(study: Study) -> Picture:
    """Draw every method's map of one image a class."""
    x = study["x"]
    found = study.group("map")
    inside = {name: float(np.abs(m)[x > 0.1].sum() / np.abs(m).sum()) for name, m in found.items()}
    most, least = (pick(inside, key=lambda name: inside[name]) for pick in (max, min))
    return map_table(
        {"image": x, **{SHORT[name]: maps for name, maps in found.items()}},
        classes(study, study["y"]),
        f"On ink falls {100 * inside[most]:.0f} % of {NAMES[most]}, but {100 * inside[least]:.0f} % of {NAMES[least]}; "
        f"ink is {100 * np.mean(x > 0.1):.0f} % of the pixels",
        "Maps of the winning score by pixel.",
        plain=["image"],
        outlines=x,
    )


def complete(study: Study) -> Picture:
    """Draw how the error of completeness falls with the points of the integral."""
    errors = study.group("error")
    steps = np.array([int(n) for n in errors])
    values = 100 * np.stack(list(errors.values()), axis=1)
    largest = values.max(axis=0)
    return lines(
        {"mean of all images": (steps, values.mean(axis=0)), "worst image": (steps, largest)},
        "points of the integral",
        "missing from the sum (%)",
        f"With {steps[-1]} points the attributions sum to the score within {largest[-1]:.2f} % on every image",
        log="xy",
        marked=True,
        reference=("1 %", 1.0),
    )


def mistaken(study: Study) -> list[Picture]:
    """Draw why mistakes are made, if there are any: what speaks for the class said, and what for the true one."""
    if not len(study["wrong"]):
        return []
    x, said, truth = study["wrong"], classes(study, study["said"]), classes(study, study["truth"])
    both = [np.corrcoef(a[ink], b[ink])[0, 1] for a, b, ink in zip(study["for_said"], study["for_truth"], x > 0.1)]
    picture = map_table(
        {"image": x, "for the said": study["for_said"], "for the true": study["for_truth"]},
        [f"{a} as {b}" for a, b in zip(truth, said)],
        f"What speaks for the wrong class {_relation(float(np.mean(both)))} the true one: correlation "
        f"{np.mean(both):+.2f} on ink",
        "Integrated gradients of two scores of the same image.",
        plain=["image"],
        outlines=x,
        width=3.75,
    )
    return [picture]


def _relation(correlation: float) -> str:
    """Say what a correlation means for two scores."""
    if abs(correlation) < 0.2:
        return "says little about"
    return "also speaks for" if correlation > 0 else "speaks against"


# --- trust ------------------------------------------------------------------------------------------------------------


def cascade(study: Study) -> list[Picture]:
    """Draw what is left of each map as the weights are shuffled, layer by layer."""
    layers = [str(name) for name in study["layers"]]
    curves = study.group("randomised")
    ends = {name: values.mean(axis=0)[-1] for name, values in curves.items()}
    most, least = (pick(ends, key=lambda name: ends[name]) for pick in (max, min))
    stages = ["trained", *(f"+ {name}" for name in layers)]
    drawn = map_table(
        {SHORT[name]: maps for name, maps in study.group("cascade").items()},
        stages,
        f"With every weight shuffled, {NAMES[most]} still draws the digit",
        "Maps of one image by a network whose layers are shuffled from the last to the first.",
        outlines=np.stack([study["x"]] * len(stages)),
        width=3.75,
    )
    picture = lines(
        {NAMES[name]: (np.arange(len(stages)), values) for name, values in curves.items()},
        "layers shuffled, the last first",
        "rank correlation with the trained map",
        f"{_sentence(NAMES[most])} keeps {ends[most]:.2f} of its ranking, {NAMES[least]} {ends[least]:.2f}",
        marked=True,
    )
    axes = picture.axes[0]
    axes.legend().remove()
    axes.set_xticks(range(len(stages)), stages, fontsize=7.5)
    picture.set_figheight(4.1)
    picture.legend(loc="outside lower left", ncols=2, fontsize=7.5, frameon=False)
    return [drawn, picture]


def labels(study: Study) -> Picture:
    """Draw how alike maps are when the labels were shuffled, beside what another start alone changes."""
    control, shuffled = named(study.group("control")), named(study.group("shuffled"))
    left = {name: values.mean() for name, values in shuffled.items()}
    most = max(left, key=lambda name: left[name])
    return pairs(
        {"true labels, another start": control, "shuffled labels": shuffled},
        "rank correlation of the maps",
        f"Maps of a network that learned nothing true: {most} keeps {left[most]:.2f} of the ranking",
    )


def removal(study: Study) -> list[Picture]:
    """Draw the area under the deletion and the insertion curve of every order, and some of the curves."""
    deletion, insertion = (study.group(f"{kind}_area") for kind in ("deletion", "insertion"))
    order = sorted(deletion, key=lambda name: deletion[name].mean())
    methods = [name for name in order if name not in ("random", "ink")]
    better = sum(deletion[name].mean() < deletion["ink"].mean() for name in methods)
    chosen = [methods[0], "ink", methods[-1], "random"]
    areas = pairs(
        {
            "deletion (low is good)": {NAMES[name]: deletion[name] for name in order},
            "insertion (high is good)": {NAMES[name]: insertion[name] for name in order},
        },
        "mean probability along the curve",
        f"{better} of {len(methods)} methods find what to delete better than the ink itself does; "
        f"{NAMES[order[0]]} does best",
    )
    curves = lines(
        {NAMES[name]: (100 * study["share"], study[f"deletion.{name}"]) for name in chosen},
        "pixels deleted (%), the most relevant first",
        "probability of the class",
        f"Half of the probability is gone after {_half(study, chosen[0]):.0f} % of the pixels by {NAMES[chosen[0]]}, "
        f"{_half(study, 'random'):.0f} % at random",
        limits=(0, 1),
    )
    return [areas, curves]


def _half(study: Study, order: str) -> float:
    """Return the share of pixels, in per cent, at which a deletion curve passes half of its start."""
    mean = study[f"deletion.{order}"].mean(axis=0)
    return 100 * float(np.interp(0.5 * mean[0], mean[::-1], study["share"][::-1]))


def agreement(study: Study) -> Picture:
    """Draw how far the methods agree with one another, and with the ink."""
    names = [name for name in NAMES if name != "random"]
    values = np.eye(len(names))
    for pair, correlation in study.group("agreement").items():
        i, j = (names.index(name) for name in pair.split("."))
        values[i, j] = values[j, i] = correlation.mean()
    methods = values[:-1, :-1][np.tril_indices(len(names) - 1, -1)]
    first, second = np.unravel_index(np.argmax(np.tril(values[:-1, :-1], -1)), (len(names) - 1,) * 2)
    return matrix(
        values,
        [SHORT[name] for name in names],
        f"{_sentence(NAMES[names[second]])} and {NAMES[names[first]]} agree most ({values[first, second]:.2f}); "
        f"the median of all pairs is {np.median(methods):.2f}",
        "Rank correlation of the maps",
    )


def marker(study: Study) -> list[Picture]:
    """Draw the planted marker, each method's map of it, and how often the map points at it."""
    count = 5
    x = study["x"][:count]
    found = study.group("map")
    says = [f"{a} marked {b}" for a, b in zip(classes(study, study["y"]), classes(study, study["claimed"]))]
    near, exact = study.group("near"), study.group("found")
    whole = [NAMES[name] for name, values in exact.items() if values.min() == 1]
    worst = min(near, key=lambda name: near[name].mean())
    return [
        map_table(
            {"image": x, **{SHORT[name]: maps[:count] for name, maps in found.items()}},
            says[:count],
            f"{len(whole)} of {len(found)} methods have their strongest pixel in the marker in every image",
            "Digits with a white block of the class at the upper edge, and the maps of the class it stands for.",
            plain=["image"],
            outlines=x,
            width=4.6,
        ),
        pairs(
            {
                "in the marker": {NAMES[name]: 100 * values for name, values in exact.items()},
                "at most 3 pixels off": {NAMES[name]: 100 * values for name, values in near.items()},
            },
            "images whose strongest pixel is there (%)",
            f"{_sentence(NAMES[worst])} misses: it is near the marker in {100 * near[worst].mean():.0f} % of images",
            limits=(-4, 104),
            reference=("near by chance", 100 * float(study["chance"][1])),
        ),
    ]


def backends(study: Study) -> list[Picture]:
    """Draw NumPy's and Keras's maps, and how far they are apart on images with and without faint noise."""
    noisy, plain = (named(study.group(kind)) for kind in ("noisy", "plain"))
    largest = max(values.max() for values in noisy.values())
    picture = pairs(
        {
            "faint noise": {name: np.log10(values.max(axis=1)) for name, values in noisy.items()},
            "exact images": {name: np.log10(values.max(axis=1)) for name, values in plain.items()},
        },
        "largest distance of two maps (relative)",
        f"On the same weights NumPy and Keras draw the same map: apart by at most {largest:.0e} where no pixels tie",
    )
    axes = picture.axes[0]
    ticks = range(-7, 1, 2)
    axes.set_xticks(ticks, [power_of_ten(t) for t in ticks])
    apart = np.abs(study["numpy"] - study["keras"]).max()
    maps = map_table(
        {"image": study["x"], "NumPy": study["numpy"], "Keras": study["keras"]},
        [""] * len(study["x"]),
        f"Integrated gradients by both: no pixel differs by more than {apart:.0e}, the largest is "
        f"{np.abs(study['numpy']).max():.2g}",
        "Images, and their maps by NumPy and by Keras with the same weights.",
        plain=["image"],
        outlines=study["x"],
        width=3.75,
    )
    return [maps, picture]


# --- inside -----------------------------------------------------------------------------------------------------------


def synthesis(study: Study) -> list[Picture]:
    """Draw what excites each class, noise that fools, and digits before and in disguise."""
    names = study.dataset.names
    wanted = [names[k] for k in study["wanted"]]
    shared = {kind: 100 * study[f"shared.{kind}"].mean() for kind in ("excites", "noise", "disguised")}
    return [
        plots.image_grid(
            study["excites"],
            names,
            together=False,
            title=f"Made to excite a class: {shared['excites']:.0f} % are that class for other networks as well",
            alt="Images made by regularized gradient ascent, one a class:",
        ),
        plots.image_grid(
            study["noise"],
            [f"“{name}”" for name in names],
            title=f"Noise, taken for a digit with {100 * study['sure.noise'].mean():.0f} % probability; other networks "
            f"agree on {shared['noise']:.0f} %",
            alt="Images of noise, each with the class it is taken for:",
        ),
        plots.image_grid(
            study["start"],
            names,
            title=f"{len(names)} digits that the network reads rightly, before their disguise",
            alt="Test images:",
        ),
        plots.image_grid(
            study["disguised"],
            [f"{a} as {b}" for a, b in zip(names, wanted)],
            title=f"In disguise: changed by {100 * study['change'].mean():.0f} % of their length; other networks fall "
            f"for {shared['disguised']:.0f} %",
            alt="Digits changed until they are taken for the next one:",
        ),
    ]


def filters(study: Study) -> list[Picture]:
    """Draw the first filters and what every convolution makes of one image and would like to see."""
    layers = list(study.group("maps"))
    kernels = study["filters"]
    sided = int(np.sum((kernels.min(axis=(1, 2)) < 0) & (kernels.max(axis=(1, 2)) > 0)))
    pictures = [
        plots.image_grid(
            kernels,
            None,
            4,
            f"{sided} of {len(kernels)} filters of {kernels.shape[1]} × {kernels.shape[2]} pixels weigh one side of an "
            "edge against the other",
            diverging=True,
            together=False,
            alt="First layer's kernels:",
        )
    ]
    for name in layers:
        maps = study[f"maps.{name}"]
        dark = np.mean(maps <= 0)
        pictures.append(
            plots.image_grid(
                maps,
                None,
                4,
                f"{name}: {len(maps)} maps of one image, {100 * dark:.0f} % of their cells silent",
                together=False,
                alt="Feature maps of one image:",
            )
        )
    last = layers[-1]
    excites = study[f"excites.{last}"]
    found = int(np.sum(np.ptp(excites, axis=(1, 2)) > 0.5))
    pictures.append(
        plots.image_grid(
            excites,
            None,
            4,
            f"{last}: what excites each map; {found} of {len(excites)} found a pattern, the others no slope to climb",
            together=False,
            alt="Images made to excite each map:",
        )
    )
    return pictures


def space(study: Study) -> list[Picture]:
    """Draw pixels and the network's space by principal components and by t-SNE."""
    pictures = []
    y, names = study["y"], study.dataset.names
    for kind, words in (("pixels", "In pixels"), ("network", "Before the last layer")):
        points, shares = plots.principal_components(study[f"space.{kind}"])
        pictures.append(
            glyphs(
                points,
                y,
                names,
                f"{words}: two principal components, {100 * shares.sum():.0f} % of the variance",
                "Test images as points, each drawn as its class.",
            )
        )
    for kind, words in (("pixels", "t-SNE of the pixels"), ("network", "t-SNE before the last layer")):
        same = 100 * _nearest_same(study[f"tsne.{kind}"], y)
        pictures.append(
            glyphs(
                study[f"tsne.{kind}"],
                y,
                names,
                f"{words}: the nearest point is of the same class for {same:.0f} %",
                "Test images as points, each drawn as its class.",
            )
        )
    return pictures


def _nearest_same(points: np.ndarray, y: np.ndarray) -> float:
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    return float(np.mean(y[distance.argmin(axis=1)] == y))


def neighbours(study: Study) -> Picture:
    """Draw images and the training images nearest to them."""
    near, truth, said = study["near"], classes(study, study["truth"]), classes(study, study["said"])
    wrong = study["truth"] != study["said"]
    precedent = np.mean(study["classes"][wrong] == study["said"][wrong][:, None]) if wrong.any() else 0.0
    columns = [a if a == b else f"{a} read {b}" for a, b in zip(truth, said)]
    return map_table(
        {"image": study["x"], **{f"neighbor {k + 1}": near[:, k] for k in range(near.shape[1])}},
        columns,
        f"Of the neighbors of mistakes, {100 * precedent:.0f} % are of the class that was wrongly said",
        "Test images, and below each the training images nearest to it.",
        plain=["image", *(f"neighbor {k + 1}" for k in range(near.shape[1]))],
        width=6.4,
    )


# --- tables -----------------------------------------------------------------------------------------------------------


def importance(study: Study, most: int = 12) -> Picture:
    """Draw odds ratios, permutation importance and integrated gradients of the same features side by side."""
    log_odds = np.log(study["odds"])
    order = np.argsort(-np.abs(log_odds.mean(axis=0)), kind="stable")[:most]
    names = study.dataset.info["feature_names"]
    outcome = study.dataset.names[1]
    ways = {
        f"log of the odds ratio ({outcome})": log_odds[:, order],
        "accuracy lost when shuffled (%)": 100 * study["permutation"][:, order],
        "mean |integrated gradient|": study["gradients"][:, order],
    }
    lost = 100 * study["permutation"].mean(axis=0)
    top = int(np.argmax(lost))
    return ranked(
        ways,
        [names[j] for j in order],
        f"Shuffling “{names[top]}” costs most, {lost[top]:.1f} % accuracy; {np.sum(lost < 0.5)} of {len(lost)} "
        "features can be shuffled for less than half a per cent",
        {},
    )


def dependence(study: Study) -> Picture:
    """Draw partial dependence and individual curves."""
    names = study.dataset.info["feature_names"]
    swings = {int(column): study[f"swing.{column}"].mean() for column in study["features"]}
    first = max(swings, key=lambda column: swings[column])
    panels = {
        names[column]: (study[f"grid.{column}"], study[f"curves.{column}"], study[f"mean.{column}"])
        for column in swings
    }
    return responses(
        panels,
        f"log-odds of {study.dataset.names[1]}",
        f"“{names[first]}” moves the mean log-odds by {swings[first]:.1f} over its range",
    )
