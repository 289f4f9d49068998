"""Data augmentation."""

from __future__ import annotations

import numpy as np

from layerwise import nn
from layerwise.plots import Picture, compare_curves, image_grid
from layerwise.reporting.artifacts import Dataset, Experiment, Report

#: Augmentation layers by name, strong enough for their effect to be visible.
WAYS = {
    "shifted": lambda: nn.RandomTranslation(0.15, 0.15, fill_mode="constant"),
    "rotated": lambda: nn.RandomRotation(0.08, fill_mode="constant"),
    "zoomed": lambda: nn.RandomZoom(0.3, 0.3, fill_mode="constant"),
    "distorted": lambda: nn.RandomElasticTransform(alpha=34.0, sigma=4.0),
}


def versions(dataset: Dataset, each: int = 5) -> Picture:
    """Draw random versions of one training image, one row per augmentation layer."""
    image = dataset.split("train")[0][:1]
    rows, captions = [], []
    for name, make in WAYS.items():
        layer = make()
        layer.rng = np.random.default_rng(0)
        rows.append(layer(np.repeat(image, each, axis=0), training=True))
        captions += [f"{name} {k + 1}" for k in range(each)]
    images = np.concatenate(rows)
    change = np.abs(images - image).mean(axis=(1, 2, 3)).reshape(len(WAYS), each).mean(axis=1)
    largest = list(WAYS)[int(np.argmax(change))]
    title = f"One image gives {len(images)} training examples; the {largest} ones differ most from it"
    return image_grid(images, captions, each, title, alt="Random versions of one training image:")


def augmented(page: Report) -> list[tuple[Experiment, Experiment]]:
    """Return pairs of experiments, without and with augmentation."""
    pairs = [(name.removesuffix("_augmented"), name) for name in page.specs if name.endswith("_augmented")]
    return [(page[plain], page[name]) for plain, name in pairs if plain in page]


def training_curves(plain: Experiment, other: Experiment) -> list[Picture]:
    """Draw the training and validation accuracy of both experiments over the epochs, in one backend."""
    backend = next(name for name in plain.backends if name in other.backends)
    histories = {
        words: e.histories[e.histories["backend"] == backend]
        for words, e in (("no augmentation", plain), ("augmentation", other))
    }
    return [compare_curves(histories, column) for column in ("accuracy", "val_accuracy")]
