"""Data augmentation."""

from __future__ import annotations

import numpy as np

from layerwise import nn
from layerwise.plots import Picture, compare_curves, image_grid
from layerwise.reporting.artifacts import Dataset, Experiment, Report

#: What a layer does to a digit, strongly enough to be seen.
WAYS = {
    "shifted": lambda: nn.RandomTranslation(0.15, 0.15, fill_mode="constant"),
    "turned": lambda: nn.RandomRotation(0.08, fill_mode="constant"),
    "zoomed": lambda: nn.RandomZoom(0.3, 0.3, fill_mode="constant"),
    "bent": lambda: nn.RandomElasticTransform(alpha=34.0, sigma=4.0),
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


def training_curves(plain: Experiment, other: Experiment) -> list[Picture]:
    """Draw training and validation accuracy of both, over the epochs and of one backend."""
    backend = next(name for name in plain.backends if name in other.backends)
    histories = {
        words: e.histories[e.histories["backend"] == backend]
        for words, e in (("no augmentation", plain), ("augmentation", other))
    }
    return [compare_curves(histories, column) for column in ("accuracy", "val_accuracy")]
