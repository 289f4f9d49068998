"""The pictures and tables of assignment 4: convolution by hand, networks and their costs, studies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from layerwise import config, models, nn
from layerwise.nn.kernels.convolution_geometry import window
from layerwise.plots import Picture, image_grid
from layerwise.plots.convolution import costs as draw_costs
from layerwise.plots.convolution import embeddings, number_grids, windows
from layerwise.plots.studies import lines, strips
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Dataset, Experiment, Report, Study
from layerwise.training import numpy_backend

NAMES = {"perceptron": "MLP", "convolutional": "convolutional network"}
WAYS = {
    "loops": "nested loops",
    "windows": "one product per window",
    "matrix": "all windows as rows of one matrix (im2col)",
    "layer": "the layer Conv2D",
}
MISTAKES = {"not turned": "kernel not turned round", "shared": "pooling shares the gradient out"}


# --- convolution by hand ------------------------------------------------------------------------------------------


def kernels(study: Study) -> list[Picture]:
    """Draw a photograph as five kernels see it: two that leave a picture, three that leave edges of either sign."""
    answers = study.group("answer")
    rough = {name: float(np.abs(np.diff(study[name], axis=1)).mean()) for name in ("picture", "answer.blur")}
    grey = [study["picture"], answers.pop("blur"), answers.pop("sharpen")]
    edges = np.stack(list(answers.values()))
    even = float(np.mean(np.abs(edges[-1][1:-1, 1:-1]) < 0.05))
    return [
        image_grid(
            np.repeat(np.clip(np.stack(grey), 0, 1)[..., None], 3, axis=-1),
            ["the picture", "blur", "sharpen"],
            columns=1,
            title=f"Blurring takes the mean step between neighbours from {rough['picture']:.3f} to "
            f"{rough['answer.blur']:.3f} gray levels of 1",
            alt="A photograph of a temple, from the top:",
        ),
        image_grid(
            np.clip(edges, -0.5, 0.5)[:, 1:-1, 1:-1],
            list(answers),
            columns=1,
            diverging=True,
            title=f"Where the picture is even, edges are silent: {100 * even:.0f} % of the last panel is below 0.05",
            alt="Its edges, blue where it brightens to the left or upward, vermillion where it darkens:",
        ),
    ]


def kernel_numbers(study: Study) -> Picture:
    """Draw the numbers of the kernels that were set by hand."""
    grids = study.group("kernel")
    shown = {name: np.round(grid, 2) for name, grid in grids.items()}
    silent = [name for name, grid in grids.items() if abs(grid.sum()) < 1e-12]
    return number_grids(shown, f"The weights of {len(silent)} kernels sum to 0: they answer to differences alone")


def ways(study: Study) -> pd.DataFrame:
    """Return a table of the four ways to compute one convolution."""
    rows = [
        {
            "way": words,
            "passes of Python loops": int(study[f"steps.{way}"]),
            "largest difference": f"{study[f'difference.{way}'].max():.1e}",
        }
        for way, words in WAYS.items()
    ]
    return pd.DataFrame(rows)


def geometry(length: int = 7, size: int = 3) -> Picture:
    """Draw padding and stride: the places of one window on one image, four ways."""
    cases = {
        f"{padding}, stride {stride}": window(length, size, stride, padding)
        for padding in ("valid", "same")
        for stride in (1, 2)
    }
    sizes = [f"{case.count} × {case.count}" for case in cases.values()]
    return windows(cases, f"A {size} × {size} window on {length} × {length} pixels leaves {', '.join(sizes)}")


def worked(study: Study) -> list[Picture]:
    """Draw a small convolution and a small max-pooling with every number, forward and back."""
    s = study.group("worked")
    met = int(np.count_nonzero(s["dy"]))
    reached = int(np.count_nonzero(s["dunpooled"]))
    return [
        number_grids(
            {"X": s["x"], "W": s["w"], "Y": s["y"], "∂L/∂Y": s["dy"], "∂L/∂W": s["dw"], "∂L/∂X": s["dx"]},
            f"{met} places of Y have a gradient; each adds its window of X to ∂L/∂W and its multiple of W to ∂L/∂X",
        ),
        number_grids(
            {"X": s["x"], "Y": s["pooled"], "∂L/∂Y": s["dpooled"], "∂L/∂X": s["dunpooled"]},
            f"Of {s['x'].size} pixels {reached} get a gradient: the largest of each square",
        ),
    ]


def checks(study: Study) -> Picture:
    """Draw how far the derived gradients, and two mistaken ones, are from finite differences."""
    errors, wrong = study.group("error"), study.group("wrong")
    largest = max(float(values.max()) for values in errors.values())
    least = min(float(values.min()) for values in wrong.values())
    named = {"kernel": "∂L/∂W", "input": "∂L/∂X", "pooling": "∂L/∂X of max-pooling"}
    return strips(
        {named[name]: values for name, values in errors.items()}
        | {MISTAKES[name]: values for name, values in wrong.items()},
        "relative error",
        f"The derived gradients stay below {largest:.0e}, the mistaken ones above {least:.1f}".replace("e-", "e−"),
        log=True,
    )


# --- networks and what they cost ----------------------------------------------------------------------------------


def multiply_adds(model: nn.Sequential | nn.Layer) -> int:
    """Count the multiply-adds of one example's forward pass.

    Those of the dense layers and convolutions: each number of a kernel is used once at every place of the output.
    Biases, activations, normalisation and pooling are left out, as is usual (He et al. 2016).

    Raises
    ------
    ValueError
        For another layer that has a kernel.
    """
    total = 0
    for layer in model.walk():
        if "kernel" not in layer.params:
            continue
        if not isinstance(layer, (nn.Dense, nn.Conv1D, nn.Conv2D)):
            raise ValueError(f"multiply_adds: {layer} is not counted; accepted are Dense, Conv1D and Conv2D")
        places = math.prod(size or 1 for size in layer.compute_output_shape(layer.input_shape)[1:-1])
        total += layer.params["kernel"].size * places
    return total


def plain(experiments: Iterable[Experiment]) -> list[Experiment]:
    """Return the experiments that train layers of `layerwise.nn` from fresh weights, on a whole dataset as it is."""
    return [
        e
        for e in experiments
        if "start" not in e.spec
        and all(hasattr(nn, name) and "Random" not in name for name in config.layer_names(e.spec["model"]))
        and not {"keep_classes", "train_size"} & set(e.dataset.info.get("preparation", {}))
    ]


def network(experiment: Experiment) -> nn.Sequential:
    """Build the model of an experiment in NumPy, untrained, whichever backend trained it."""
    info = experiment.dataset.info
    made = models.layers(experiment.spec, numpy_backend.NAMES, info["classes"], experiment.name)
    return nn.Sequential([nn.Input(tuple(info["shape"])), *(layer for _, layer in made)], seed=0)


def layers(experiments: Sequence[Experiment]) -> pd.DataFrame:
    """Return a table of the networks: their layers with weights, parameters and multiply-adds."""
    rows = []
    for experiment in experiments:
        model = network(experiment)
        deep = sum("kernel" in layer.params for layer in model.walk())
        rows.append(
            {
                "network": experiment.title,
                "layers": " → ".join(_short(layer) for layer in model.layers if _short(layer)),
                "with weights": deep,
                "parameters": f"{model.count_params():,}",
                "multiply-adds": f"{multiply_adds(model):,}",
            }
        )
    return pd.DataFrame(rows)


def _short(layer: nn.Layer) -> str:
    """Write a layer in a word: ``C8`` a convolution of 8 filters, ``D10`` a dense layer, ``P`` a pooling."""
    if isinstance(layer, nn.Residual):
        branch, shortcut = (" ".join(filter(None, map(_short, path))) for path in (layer.branch, layer.shortcut))
        return f"[{branch} + {shortcut or 'x'}]"
    if isinstance(layer, (nn.Conv1D, nn.Conv2D)):
        return f"C{layer.filters}{'/2' if max(layer.strides) == 2 else ''}"
    if isinstance(layer, nn.Dense):
        return f"D{layer.units}"
    return "P" if "Pooling" in type(layer).__name__ else ""


def prices(page: Report, experiments: Sequence[Experiment]) -> pd.DataFrame:
    """Return what each network of a report costs in each backend, beside its test accuracy.

    Time is the median over the runs of the CPU seconds of training, divided by the epochs; memory is the largest of
    any of its training processes.
    """
    measured = page.summary.query("metric == 'accuracy' and split == 'test'").to_dict("records")
    scores = {(row["experiment"], row["backend"]): row for row in measured}
    rows = []
    for experiment in experiments:
        work = multiply_adds(network(experiment))
        for backend in experiment.backends:
            told = [run for run in experiment.provenance if run["backend"] == backend]
            score = scores[experiment.name, backend]
            rows.append(
                {
                    "network": experiment.title.partition(", ")[2] or experiment.title,
                    "backend": backend,
                    "mean": score["mean"],
                    "low": score["low"],
                    "high": min(score["high"], 1.0),
                    "parameters": told[0]["parameters"],
                    "multiply_adds": work,
                    "seconds": float(np.median([run["seconds"]["fit"]["cpu"] / run["epochs"] for run in told])),
                    "memory": max(run["peak_memory_bytes"] for run in told) / 1e6,
                }
            )
    return pd.DataFrame(rows)


def costs(table: pd.DataFrame) -> Picture:
    """Draw what `prices` found; the title names the most accurate network and the one with the fewest numbers."""
    means = table.groupby("network", sort=False).mean(numeric_only=True).reset_index().to_dict("records")
    best, smallest = max(means, key=lambda row: row["mean"]), min(means, key=lambda row: row["parameters"])
    words = (
        f"Most accurate is {best['network']}, {100 * best['mean']:.1f} % for {best['multiply_adds'] / 1e6:.2g} million "
        "multiply-adds"
    )
    if smallest is not best:
        words += (
            f"; with the fewest parameters, {smallest['parameters']:,.0f}, {smallest['network']} reaches "
            f"{100 * smallest['mean']:.1f} %"
        )
    return draw_costs(table, words)


def price_list(table: pd.DataFrame) -> pd.DataFrame:
    """Return what `prices` found as a table to read."""
    return pd.DataFrame(
        {
            "network": table["network"],
            "backend": table["backend"].map(BACKEND_NAMES),
            "accuracy": [f"{100 * value:.1f} %" for value in table["mean"]],
            "parameters": [f"{value:,}" for value in table["parameters"]],
            "multiply-adds": [f"{value:,}" for value in table["multiply_adds"]],
            "CPU s/epoch": [f"{value:.2f}" for value in table["seconds"]],
            "peak memory": [f"{value:,.0f} MB" for value in table["memory"]],
        }
    )


# --- why convolution, why residual --------------------------------------------------------------------------------


def _over(study: Study, measure: str) -> tuple[np.ndarray, np.ndarray]:
    """Return settings as numbers ``(n,)`` and values ``(seeds, n)`` of the arrays ``measure.<setting>``."""
    group = study.group(measure)
    return np.array([float(setting) for setting in group]), np.stack(list(group.values()), axis=1)


def signals(dataset: Dataset, label: int = 3, count: int = 3) -> Picture:
    """Draw a few training signals of one class: the same template, each time somewhere else."""
    x, y = dataset.split("train")
    chosen = x[y == label][:count, :, 0]
    peaks = ", ".join(str(int(signal.argmax())) for signal in chosen)
    return lines(
        {f"signal {k + 1}": (np.arange(len(signal)), signal) for k, signal in enumerate(chosen)},
        "step",
        "value",
        f"{count} signals of the digit {dataset.names[label]} have their highest value at steps {peaks}",
    )


def ladder(experiments: Sequence[Experiment]) -> Picture:
    """Draw the test accuracy of every NumPy run of some experiments, in the order of the configuration."""
    accuracy = {
        experiment.title.partition(", ")[2]: np.array(
            [experiment.metrics["numpy", seed]["splits"]["test"]["accuracy"] for seed in experiment.healthy("numpy")]
        )
        for experiment in experiments
    }
    steps = " → ".join(f"{100 * values.mean():.0f} %" for values in accuracy.values())
    return strips(accuracy, "test accuracy", f"{experiments[0].dataset.info['title']}, from top to bottom: {steps}")


def disturbed(study: Study) -> Picture:
    """Draw one test digit as it is, moved, and with its pixels shuffled."""
    pictures = study.group("picture")
    shift = int(study["shifts"].max())
    captions = ["as it is", f"moved by {shift} pixels", "pixels shuffled"]
    kept = np.isclose(pictures["plain"].sum(), pictures["shuffled"].sum(), rtol=1e-5)
    title = "Shuffling keeps every gray level and loses every neighbor" if kept else "Shuffling loses ink"
    return image_grid(np.stack(list(pictures.values())), captions, 3, title, alt="One test digit three times:")


def moved(study: Study) -> Picture:
    """Draw test accuracy against how far the test digits are moved."""
    series = {NAMES[name]: _over(study, f"moved.{name}") for name in NAMES}
    means = {name: values.mean(axis=0) for name, (_, values) in series.items()}
    shifts = series["MLP"][0]
    gap = means["convolutional network"] - means["MLP"]
    widest = int(np.argmax(gap))
    return lines(
        series,
        "test digits moved by (pixels)",
        "test accuracy",
        f"Moved by {shifts[widest]:g} pixels, the MLP gets {100 * means['MLP'][widest]:.0f} % right, the "
        f"convolutional network {100 * means['convolutional network'][widest]:.0f} %",
        marked=True,
        limits=(0, 1),
    )


def samples(study: Study) -> Picture:
    """Draw test accuracy against training images, with pixels as they are and shuffled."""
    series = {}
    for name, words in NAMES.items():
        series[words] = _over(study, f"plain.{name}")
        series[f"{words}, shuffled"] = _over(study, f"shuffled.{name}")
    least, most = (
        [100 * series[name][1][:, k].mean() for name in (NAMES["convolutional"], NAMES["perceptron"])] for k in (0, -1)
    )
    counts = series["MLP"][0]
    lost = 100 * series["convolutional network, shuffled"][1][:, -1].mean()
    return lines(
        series,
        "training images",
        "test accuracy",
        f"Convolution is ahead by {least[0] - least[1]:.1f} points with {counts[0]:g} images and "
        f"{most[0] - most[1]:.1f} with {counts[-1]:,.0f}; with shuffled pixels it falls to {lost:.0f} %",
        log="x",
        marked=True,
    )


def stacks(study: Study) -> list[Picture]:
    """Draw training loss over depth, and over epochs at the greatest depth, of plain and residual stacks."""
    depths = study["depths"]
    kinds = ("plain", "residual")
    series = {kind: _over(study, f"last.{kind}") for kind in kinds}
    plain_best = int(np.argmin(series["plain"][1].mean(axis=0)))
    last = {kind: series[kind][1][:, -1].mean() for kind in kinds}
    deep = {kind: study[f"loss.{kind}.{depths[-1]}"] for kind in kinds}
    epochs = np.arange(1, deep["plain"].shape[1] + 1)
    return [
        lines(
            series,
            "convolutions in the stack",
            "training loss after the last epoch (nats)",
            f"Plain stacks learn best with {depths[plain_best]} convolutions; at {depths[-1]} their loss is "
            f"{last['plain']:.2f}, with shortcuts {last['residual']:.2f}",
            log="xy",
            marked=True,
        ),
        lines(
            {kind: (epochs, values) for kind, values in deep.items()},
            "epoch",
            "training loss (nats)",
            f"{depths[-1]} convolutions: the residual stack's loss is below the plain one's last after epoch "
            f"{_overtakes(deep['residual'].mean(axis=0), deep['plain'].mean(axis=0)[-1])}",
            marked=True,
        ),
    ]


def _overtakes(curve: np.ndarray, level: float) -> str:
    """Return the first epoch in which a curve is below a level, in words."""
    below = np.flatnonzero(curve < level)
    return str(below[0] + 1) if len(below) else "none"


def gradient_norms(study: Study) -> list[Picture]:
    """Draw the norm of the gradient at each convolution before training, and the first's over the last's by depth."""
    depths = study["depths"]
    kinds = ("plain", "residual")
    norms = {kind: study[f"norm.{kind}.{depths[-1]}"] for kind in kinds}
    ratios = {kind: _over(study, f"ratio.{kind}") for kind in kinds}
    ends = {kind: ratios[kind][1][:, -1].mean() for kind in kinds}
    growth = {kind: ends[kind] / ratios[kind][1][:, 0].mean() for kind in kinds}
    at = np.arange(1, norms["plain"].shape[1] + 1)
    return [
        lines(
            {kind: (at, values) for kind, values in norms.items()},
            "layer, from the input",
            "norm of the gradient at its kernel",
            f"{depths[-1]} plain convolutions multiply the gradient by {ends['plain']:.0f} on its way back, with "
            f"shortcuts by {ends['residual']:.1f}",
            log="y",
        ),
        lines(
            ratios,
            "convolutions in the stack",
            "gradient at the first ÷ at the last layer",
            f"From {depths[0]} to {depths[-1]} convolutions this grows {growth['plain']:.0f}-fold without shortcuts, "
            f"{growth['residual']:.1f}-fold with them",
            log="xy",
            marked=True,
        ),
    ]


# --- inside a trained network -------------------------------------------------------------------------------------


def _words(layer: str) -> str:
    """Write the framework's name of a layer as a reader would: ``conv2d_1`` is the 2nd convolution."""
    kinds = {
        "conv2d": "convolution",
        "max_pooling2d": "pooling",
        "average_pooling2d": "pooling",
        "dense": "dense layer",
        "residual": "block",
    }
    kind, _, number = layer.rpartition("_")
    if kind not in kinds:
        kind, number = layer, "0"
    return f"{kinds[kind]} {int(number) + 1}" if kind in kinds else layer


def feature_maps(study: Study, most: int = 8) -> list[Picture]:
    """Draw one image as each layer sees it: the first channels of every convolution and pooling."""
    pictures = []
    for layer, maps in study.group("map").items():
        if layer == "pixels":
            continue
        channels = maps.shape[-1]
        silent = int(np.sum(maps.max(axis=(0, 1)) <= 0))
        pictures.append(
            image_grid(
                maps.transpose(2, 0, 1)[:most],
                None,
                columns=most,
                title=f"{_words(layer).capitalize()}, {maps.shape[0]} × {maps.shape[1]} pixels: "
                f"{channels - silent} of {channels} channels answer",
                alt=f"The first {min(most, channels)} channels, dark where they answer.",
                together=False,
            )
        )
    return pictures


def filters(study: Study) -> Picture:
    """Draw the filters of the first convolution."""
    kernel = study["filters"]
    signed = float(np.mean([(part > 0).any() and (part < 0).any() for part in kernel[:, :, 0].transpose(2, 0, 1)]))
    return image_grid(
        kernel[:, :, 0].transpose(2, 0, 1),
        None,
        columns=8,
        title=f"{100 * signed:.0f} % of the first filters weigh some pixels up and others down: differences",
        diverging=True,
        alt="Weights as images, blue above and vermillion below zero.",
    )


def nearest(study: Study) -> Picture:
    """Draw how often the nearest training image is of the same class, by layer."""
    shares = {_words(layer): values for layer, values in study.group("nearest").items()}
    best = max(shares, key=lambda layer: shares[layer].mean())
    return strips(
        shares,
        "nearest neighbor of the same class (share)",
        f"By pixels the nearest image is of the same class in {100 * shares['pixels'].mean():.1f} % of cases, after "
        f"{best} in {100 * shares[best].mean():.1f} %",
    )


def planes(study: Study, names: Sequence[str]) -> list[Picture]:
    """Draw the images in the plane by PCA and by t-SNE, layer by layer."""
    shares = {layer: float(share) for layer, share in study.group("share").items()}
    last = list(shares)[-1]
    titles = {
        "pca": f"PCA: two components carry {100 * shares['pixels']:.0f} % of the variance of the pixels, "
        f"{100 * shares[last]:.0f} % of {_words(last)}'s",
        "tsne": "t-SNE: a neighbor in the plane is of the same class for "
        + ", ".join(f"{100 * _agreement(points, study['y']):.0f}" for points in study.group("tsne").values())
        + " % of the images, from left to right",
    }
    return [
        embeddings({_words(layer): points for layer, points in study.group(kind).items()}, study["y"], names, title)
        for kind, title in titles.items()
    ]


def _agreement(points: np.ndarray, y: np.ndarray) -> float:
    """Return the share of points ``(n, 2)`` whose nearest other point is of the same class."""
    distance = ((points[:, None] - points) ** 2).sum(axis=-1)
    np.fill_diagonal(distance, np.inf)
    return float(np.mean(y[distance.argmin(axis=1)] == y))
