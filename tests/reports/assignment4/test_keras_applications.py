import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment4.figures.keras_applications import draw, pretraining, summary
from layerwise.reports.assignment4.studies.keras_applications import run

QUICK = {"architectures": ["VGG16"], "weights": None, "width": 0.05, "pretraining_epochs": 1, "labels": 6}
QUICK |= {"batch_size": 3, "epochs": 1, "head_updates": 2, "seeds": 1}


@pytest.fixture
def two(images):
    """Return the same images as a dataset for pretraining and as one with few labels."""
    [splits] = images.values()
    return {"source": splits, "target": splits}


def test_without_imagenet_weights_the_network_is_pretrained_and_says_so(two, tmp_path, monkeypatch, capsys):
    def fail(*arguments, **more):
        raise Exception("URL fetch failure: no network")

    monkeypatch.setattr("keras.src.applications.vgg16.file_utils.get_file", fail)
    arguments = QUICK | {"weights": "imagenet"}
    arrays = run(two, **arguments)
    assert "could not be loaded" in (message := capsys.readouterr().out)
    assert "~/.keras/models" in message and message.count("\n") == 1
    check_same(arrays, run(two, **QUICK))
    study = stored(tmp_path, arrays | {"scratch.VGG16": np.array([0.3, 0.4])}, two, arguments=arguments)
    assert pretraining(study).startswith("As ImageNet weights could not be loaded, the same architectures")
    assert pretraining(stored(tmp_path, arrays, two, arguments=QUICK)).startswith("To avoid a download")
    check_pictures([draw(stored(tmp_path, arrays, two, arguments=QUICK))])
    assert list(summary(study)["network"]) == ["VGG16"]
