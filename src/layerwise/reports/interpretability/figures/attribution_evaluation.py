"""Evaluating attributions."""

from __future__ import annotations

import numpy as np

from layerwise.numbers import signed
from layerwise.plots import Picture
from layerwise.plots.explanations import map_table, matrix, pairs
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.interpretability.figures.labels import METHODS, SHORT, capitalized, with_method_names


def randomization(study: Study) -> list[Picture]:
    """Draw the maps as the weights are shuffled layer by layer, and their correlation with the original maps."""
    stages = ["trained", *(f"+ {name}" for name in study["layers"])]
    destroyed = {name: values.mean() for name, values in study.group("destroyed.absolute").items()}
    most = max(destroyed, key=lambda name: destroyed[name])
    cascade = map_table(
        {SHORT[name]: maps for name, maps in study.group("cascade").items()},
        stages,
        f"With all weights shuffled, the map of {METHODS[most]} resembles the original most",
        "Maps of one image as the layers of the network are shuffled from the last to the first.",
        outlines=np.stack([study["x"]] * len(stages)),
        width=3.75,
    )
    return [cascade, *(_correlations(study, sign, words) for sign, words in SIGNS.items())]


SIGNS = {"signed": "signed maps", "absolute": "absolute values"}


def _correlations(study: Study, sign: str, words: str) -> Picture:
    """Draw the correlation with the original maps of those of another trained network and of shuffled weights."""
    control, destroyed = (study.group(f"{kind}.{sign}") for kind in ("control", "destroyed"))
    lower = sum(destroyed[name].mean() < control[name].mean() for name in control)
    most = max(destroyed, key=lambda name: destroyed[name].mean())
    return pairs(
        {"another trained network": with_method_names(control), "all weights shuffled": with_method_names(destroyed)},
        f"rank correlation, {words}",
        f"{capitalized(words)}: shuffled weights change {lower} of {len(control)} maps more than other initial weights "
        f"do; {METHODS[most]} least ({signed(f'{destroyed[most].mean():.2f}')})",
    )


def infidelity(study: Study) -> Picture:
    """Draw the infidelity of every method, of the ink and of random contributions."""
    values = study.group("infidelity")
    order = sorted(values, key=lambda name: values[name].mean())
    better = sum(values[name].mean() < values["ink"].mean() for name in order if name not in ("ink", "random"))
    return pairs(
        {"infidelity (lower is better)": {METHODS[name]: values[name] for name in order}},
        "unexplained share of the decrease",
        f"{better} of {len(order) - 2} methods explain the decrease better than the ink; {METHODS[order[0]]} best",
    )


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
        "inked pixels deleted (%), the most relevant first",
        "probability of the class",
        f"Half of the probability is lost after {_half(study, chosen[0]):.0f}% of the ink by {METHODS[chosen[0]]}, "
        f"{_half(study, 'random'):.0f}% in random order",
        limits=(0, 1),
    )
    curves.axes[0].legend().remove()
    curves.legend(loc="outside upper left", ncols=2, fontsize=7.5, frameon=False)
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
