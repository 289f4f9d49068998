import numpy as np
import pytest
from studies import splits

from layerwise.pipeline.files import write_json, write_npz
from layerwise.reporting.artifacts import Report

FEW_LABELS = {"scratch10": [0.5, 0.6], "scratch50": [0.8, 0.8], "tuned10": [0.7, 0.7], "tuned50": [0.8, 0.9]}


@pytest.fixture
def images():
    """Return one dataset of 12 × 12 images of three classes: a bright row, a bright column, a bright corner."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 0.4, (130, 12, 12, 1)), np.arange(130) % 3
    for image, k in zip(x, y):
        image[(slice(4, 6), slice(0, 6), slice(0, 4))[k], (slice(None), slice(4, 6), slice(0, 4))[k]] += 0.6
    return {"shapes": splits(x, y)}


@pytest.fixture
def page(tmp_path):
    """Return a report with transfer learning, and augmentation with and without a baseline."""
    names = [f"few_{name}" for name in FEW_LABELS] + ["cnn", "cnn_augmented", "lonely_augmented"]
    model = [{"layer": "Dense", "units": "classes"}]
    spec = {"dataset": "digits", "model": model, "backends": ["numpy"], "seeds": 2, "title": "a network"}
    specs = {name: dict(spec) for name in names}
    for name in names:
        accuracies = FEW_LABELS.get(name.removeprefix("few_"), [0.9, 0.9])
        for seed, accuracy in enumerate(accuracies):
            run = tmp_path / "runs" / name / "numpy" / f"seed-{seed}"
            metrics = {"status": "ok", "splits": {"test": {"accuracy": accuracy}}}
            write_json(run / "metrics.json", metrics)
            (run / "history.csv").write_text("epoch,loss,accuracy\n1,0.5,0.5\n2,0.4,0.6\n")
            provenance = {"backend": "numpy", "parameters": 1234, "seconds": {"fit": {"cpu": 7.0}}}
            write_json(run / "provenance.json", provenance)
    images = np.random.default_rng(0).integers(0, 255, (4, 8, 8, 1), dtype=np.uint8)
    write_npz(tmp_path / "data/digits/train.npz", x=images, y=np.arange(4))
    info = {"counts": {"train": 4, "test": 10}, "class_balance": {"test": [3, 7]}, "kind": "image"}
    write_json(tmp_path / "data/digits/dataset.json", info)
    return Report("assignment4", specs, tmp_path)
