"""The pictures and tables of assignment 4 about augmentation, transfer and Keras's mainstream architectures."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from layerwise import nn
from layerwise.plots import Picture, compare_curves, image_grid
from layerwise.plots.studies import lines
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Dataset, Experiment, Report

#: What a layer does to a digit, strongly enough to be seen.
WAYS = {
    "shifted": lambda: nn.RandomTranslation(0.15, 0.15, fill_mode="constant"),
    "turned": lambda: nn.RandomRotation(0.08, fill_mode="constant"),
    "zoomed": lambda: nn.RandomZoom(0.3, 0.3, fill_mode="constant"),
    "bent": lambda: nn.RandomElasticTransform(alpha=34.0, sigma=4.0),
}
MODES = {
    "scratch": "random weights",
    "tuned": "weights taken over and trained on",
    "frozen": "weights taken over and frozen",
}


def versions(dataset: Dataset, each: int = 5) -> Picture:
    """Draw one training image as each layer of augmentation shows it, a row a layer."""
    image = dataset.split("train")[0][:1]
    rows, captions = [], []
    for name, make in WAYS.items():
        layer = make()
        layer.rng = np.random.default_rng(0)
        rows.append(layer(np.repeat(image, each, axis=0), training=True))
        captions += [f"{name} {k + 1}" for k in range(each)]
    pictures = np.concatenate(rows)
    spread = np.abs(pictures - image).mean(axis=(1, 2, 3)).reshape(len(WAYS), each).mean(axis=1)
    most = list(WAYS)[int(np.argmax(spread))]
    title = f"One image, {len(pictures)} to learn from; {most}, it differs most from itself"
    return image_grid(pictures, captions, each, title, alt="One training image, changed at random:")


def augmented(page: Report) -> list[tuple[Experiment, Experiment]]:
    """Return the experiments with augmentation, each after the one without."""
    pairs = [(name.removesuffix("_augmented"), name) for name in page.specs if name.endswith("_augmented")]
    return [(page[plain], page[name]) for plain, name in pairs if plain in page]


def courses(plain: Experiment, other: Experiment) -> list[Picture]:
    """Draw training and validation accuracy of both, over the epochs and of one backend."""
    backend = next(name for name in plain.backends if name in other.backends)
    histories = {
        words: e.histories[e.histories["backend"] == backend]
        for words, e in (("no augmentation", plain), ("augmentation", other))
    }
    return [compare_curves(histories, column) for column in ("accuracy", "val_accuracy")]


def ladders(page: Report) -> dict[str, dict[str, dict[int, Experiment]]]:
    """Return what was trained on → how it began → number of labels → experiment."""
    found: dict[str, dict[str, dict[int, Experiment]]] = {}
    for experiment in page:
        if match := re.fullmatch(rf"(\w+)_({'|'.join(MODES)})(\d+)", experiment.name):
            task, mode, labels = match.groups()
            found.setdefault(task, {}).setdefault(mode, {})[int(labels)] = experiment
    return {task: modes for task, modes in found.items() if "scratch" in modes and len(modes) > 1}


def transfer(modes: dict[str, dict[int, Experiment]]) -> Picture:
    """Draw the test accuracy of the NumPy runs over the number of labels."""
    series = {}
    for mode in MODES:
        ladder = dict(sorted(modes.get(mode, {}).items()))
        values = [
            [e.metrics["numpy", seed]["splits"]["test"]["accuracy"] for seed in e.healthy("numpy")]
            for e in ladder.values()
        ]
        if ladder:
            series[MODES[mode]] = np.array([*ladder], float), np.array(values).T
    first = {name: values[:, 0].mean() for name, (_, values) in series.items()}
    fewest = int(next(iter(series.values()))[0][0])
    scratch = first[MODES["scratch"]]
    best = max(first, key=lambda name: first[name])
    words = (
        f"{best} reach {100 * first[best]:.0f} %, random ones {100 * scratch:.0f} %"
        if best != MODES["scratch"]
        else f"nothing is more accurate than random weights, {100 * scratch:.0f} %"
    )
    return lines(
        series,
        "labeled images",
        "test accuracy",
        f"With {fewest} labels {words}",
        log="x",
        marked=True,
        legend="upper left",
    )


def mainstream(page: Report) -> list[Experiment]:
    """Return the experiments with an architecture of ``keras.applications``."""
    return [e for e in page if any(layer["layer"] == "Application" for layer in e.spec["model"])]


def trained(experiments: Iterable[Experiment]) -> pd.DataFrame:
    """Return what each experiment was, what it cost and what it reached on the test split."""
    rows = []
    for e in experiments:
        info = e.dataset.info
        given = next((layer.get("weights") for layer in e.spec["model"] if "weights" in layer), None)
        for backend in e.backends:
            seconds = [run["seconds"]["fit"]["cpu"] for run in e.provenance if run["backend"] == backend]
            rows.append(
                {
                    "network": f"{e.title}, from {given}" if given else e.title,
                    "backend": BACKEND_NAMES[backend],
                    "weights": f"{e.parameters:,}",
                    "images": f"{info['counts']['train']:,}",
                    "epochs": int(e.histories["epoch"].max()),
                    "seeds": len(e.seeds),
                    "CPU s/run": f"{np.mean(seconds):,.0f}",
                    "test accuracy": f"{e.mean('accuracy', backend=backend):.2%}",
                    "guessing": f"{max(info['class_balance']['test']) / info['counts']['test']:.0%}",
                }
            )
    return pd.DataFrame(rows)
