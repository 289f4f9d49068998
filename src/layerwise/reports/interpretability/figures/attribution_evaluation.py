"""Evaluating attributions."""

from __future__ import annotations

import numpy as np

from layerwise.numbers import signed
from layerwise.plots import Picture
from layerwise.plots.explanations import map_table, matrix, pairs
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.interpretability.figures.labels import METHODS, SHORT, capitalized


def randomization(study: Study) -> list[Picture]:
    """Draw the maps as the weights are shuffled layer by layer, and their correlation with the original maps."""
    layers = [str(name) for name in study["layers"]]
    curves = study.group("randomised")
    ends = {name: values.mean(axis=0)[-1] for name, values in curves.items()}
    most, least = (pick(ends, key=lambda name: ends[name]) for pick in (max, min))
    stages = ["trained", *(f"+ {name}" for name in layers)]
    cascade = map_table(
        {SHORT[name]: maps for name, maps in study.group("cascade").items()},
        stages,
        f"With all weights shuffled, the map of {METHODS[most]} resembles the original most",
        "Maps of one image as the layers of the network are shuffled from the last to the first.",
        outlines=np.stack([study["x"]] * len(stages)),
        width=3.75,
    )
    picture = lines(
        {METHODS[name]: (np.arange(len(stages)), values) for name, values in curves.items()},
        "shuffled layers, from the last to the first",
        "rank correlation with the original map",
        f"With all weights shuffled: {METHODS[most]} {signed(f'{ends[most]:.2f}')}, {METHODS[least]} "
        f"{signed(f'{ends[least]:.2f}')}",
        marked=True,
    )
    axes = picture.axes[0]
    axes.legend().remove()
    axes.set_xticks(range(len(stages)), stages, fontsize=7.5)
    picture.set_figheight(4.1)
    picture.legend(loc="outside lower left", ncols=2, fontsize=7.5, frameon=False)
    return [cascade, picture]


def deletion(study: Study) -> list[Picture]:
    """Draw the area under the deletion and insertion curves of every order of pixels, and some deletion curves."""
    deletion, insertion = (study.group(f"{kind}_area") for kind in ("deletion", "insertion"))
    order = sorted(deletion, key=lambda name: deletion[name].mean())
    methods = [name for name in order if name not in ("random", "ink")]
    better = sum(deletion[name].mean() < deletion["ink"].mean() for name in methods)
    chosen = [methods[0], "ink", methods[-1], "random"]
    areas = pairs(
        {
            "deletion (lower is better)": {METHODS[name]: deletion[name] for name in order},
            "insertion (higher is better)": {METHODS[name]: insertion[name] for name in order},
        },
        "mean probability along the curve",
        f"{better} of {len(methods)} methods have a smaller deletion area than the ink; {METHODS[order[0]]} has the "
        "smallest",
    )
    curves = lines(
        {METHODS[name]: (100 * study["share"], study[f"deletion.{name}"]) for name in chosen},
        "pixels deleted (%), the most relevant first",
        "probability of the class",
        f"Half of the probability is lost after {_half(study, chosen[0]):.0f}% of the pixels by {METHODS[chosen[0]]}, "
        f"{_half(study, 'random'):.0f}% in random order",
        limits=(0, 1),
    )
    return [areas, curves]


def _half(study: Study, order: str) -> float:
    """Return the percentage of pixels at which a deletion curve falls to half of its initial value."""
    mean = study[f"deletion.{order}"].mean(axis=0)
    return 100 * float(np.interp(0.5 * mean[0], mean[::-1], study["share"][::-1]))


def agreement(study: Study) -> Picture:
    """Draw the rank correlations between the methods, and with the ink."""
    names = [name for name in METHODS if name != "random"]
    values = np.eye(len(names))
    for pair, correlation in study.group("agreement").items():
        i, j = (names.index(name) for name in pair.split("."))
        values[i, j] = values[j, i] = correlation.mean()
    methods = values[:-1, :-1][np.tril_indices(len(names) - 1, -1)]
    first, second = np.unravel_index(np.argmax(np.tril(values[:-1, :-1], -1)), (len(names) - 1,) * 2)
    return matrix(
        values,
        [SHORT[name] for name in names],
        f"{capitalized(METHODS[names[second]])} and {METHODS[names[first]]} agree most ({values[first, second]:.2f}); "
        f"the median of all pairs is {signed(f'{np.median(methods):.2f}')}",
        "Rank correlation of the maps",
    )
