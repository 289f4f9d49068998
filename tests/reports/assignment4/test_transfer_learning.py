import numpy as np
import pytest
from studies import check_pictures, check_same, stored
from tiny_runs import SPEC

from layerwise.experiments import run as training
from layerwise.pipeline.files import write_json, write_npz
from layerwise.reports.assignment4.figures.transfer_learning import draw
from layerwise.reports.assignment4.studies.transfer_learning import run
from layerwise.reports.trained import gather

QUICK = {"labels": [3, 9], "updates": [2, 4], "batch_size": 3, "seeds": 2}


@pytest.fixture
def pretrained(images, tmp_path):
    """Return two trained runs on the same images."""
    [(name, splits)] = images.items()
    for split, (x, y) in splits.items():
        write_npz(tmp_path / f"{split}.npz", x=x, y=y)
    x, y = splits["train"]
    classes = int(y.max()) + 1
    info = {"name": name, "shape": list(x.shape[1:]), "classes": classes, "task": "multiclass"}
    write_json(tmp_path / "dataset.json", info)
    inputs = training.read_inputs(*(tmp_path / file for file in ("train.npz", "validation.npz", "dataset.json")))
    spec = {**SPEC, "model": [{"layer": "Conv2D", "filters": 2, "kernel_size": 3}, {"layer": "Flatten"}]}
    spec["model"] += [{"layer": "Dense", "units": "classes"}]
    spec |= {"epochs": 1, "loss": {"name": "SparseCategoricalCrossentropy", "from_logits": True}}
    folder = tmp_path / "runs" / "first" / "numpy"
    training.train_seeds(training.Job("first", spec, "numpy", inputs), range(2), folder)
    return gather([folder / f"seed-{seed}" for seed in range(2)], [tmp_path / "dataset.json"])


def test_the_study_is_reproducible_and_drawn(images, pretrained, tmp_path):
    arrays = run(images, pretrained, **QUICK)
    check_same(arrays, run(images, pretrained, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, images, arguments=QUICK)))


def test_arms_differ_only_in_the_initial_weights(images, pretrained):
    """Without training (a learning rate near zero), fine-tuning and feature extraction are the same network."""
    arrays = run(images, pretrained, learning_rate=1e-12, **QUICK)
    for count in QUICK["labels"]:
        np.testing.assert_array_equal(arrays[f"tuned.{count}"], arrays[f"frozen.{count}"])
        assert len(arrays[f"scratch.{count}"]) == 2
