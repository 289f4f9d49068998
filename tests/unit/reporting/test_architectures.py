"""What belongs together among the experiments of assignment 4, and what its pictures say."""

import numpy as np
import pytest

from layerwise.files import write_json, write_npz
from layerwise.reporting import architectures
from layerwise.reporting.artifacts import Report

LADDER = {"scratch10": [0.5, 0.6], "scratch50": [0.8, 0.8], "tuned10": [0.7, 0.7], "tuned50": [0.8, 0.9]}


@pytest.fixture
def page(tmp_path):
    """A page with a ladder of labels, a network of Keras's, and augmentation with and without its plain twin."""
    names = [f"few_{name}" for name in LADDER] + ["cnn", "cnn_augmented", "lonely_augmented", "large"]
    model = [{"layer": "Dense", "units": "classes"}]
    spec = {"dataset": "digits", "model": model, "backends": ["numpy"], "seeds": 2, "title": "a network"}
    specs = {name: dict(spec) for name in names}
    specs["large"] = spec | {"model": [{"layer": "Application", "architecture": "VGG16", "weights": "imagenet"}]}
    for name in names:
        accuracies = LADDER.get(name.removeprefix("few_"), [0.9, 0.9])
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


def test_pairs_and_ladders(page):
    assert [(a.name, b.name) for a, b in architectures.augmented(page)] == [("cnn", "cnn_augmented")]
    ladders = architectures.ladders(page)
    assert {task: {mode: sorted(found) for mode, found in modes.items()} for task, modes in ladders.items()} == {
        "few": {"scratch": [10, 50], "tuned": [10, 50]}
    }


def test_transfer_says_what_leads_with_the_fewest_labels(page):
    modes = architectures.ladders(page)["few"]
    picture = architectures.transfer(modes)
    assert picture.title == "With 10 labels weights taken over and trained on reach 70 %, random ones 55 %"
    swapped = architectures.transfer({"scratch": modes["tuned"], "frozen": modes["scratch"]})
    assert swapped.title == "With 10 labels nothing is more accurate than random weights, 70 %"


def test_the_table_of_large_networks(page):
    large = architectures.mainstream(page)
    row = architectures.trained(large).iloc[0]
    assert [e.name for e in large] == ["large"]
    assert row["network"] == f"{large[0].title}, from imagenet"
    assert (row["guessing"], row["test accuracy"]) == ("70%", "90.00%")
    assert (row["weights"], row["CPU s/run"], row["epochs"]) == ("1,234", "7", 2)


def test_versions_show_each_layer(page):
    picture = architectures.versions(page["cnn"].dataset, each=3)
    assert picture.title.startswith("One image, 12 to learn from; ")
    assert "bent 3" in picture.alt
