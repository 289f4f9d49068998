"""Every mistake in a specification is named, with what is accepted."""

import re
from pathlib import Path

import pytest
import yaml

from layerwise.data import catalogue
from layerwise.experiments import config as configuration


@pytest.mark.parametrize(
    "spec, sentence",
    [
        ({}, "here: got none of them; exactly one of the keys source, csv, npz, images, text, ucr, series is"),
        ({"source": "iris", "csv": "a.csv"}, "here: got source and csv; exactly one of"),
        ("iris", "here: got 'iris'; accepted is a mapping"),
        ({"source": "minst"}, "here: unknown source 'minst'; did you mean 'mnist'?"),
        ({"source": ["iris"]}, "here: unknown source ['iris']"),
        ({"source": "iris", "validaton": 0.2}, "here.validaton: unknown key; did you mean 'validation'?"),
        ({"source": "mnist", "test": 0.2}, "here.test: unknown key"),
        ({"source": "iris", "test": 1.5}, "here.test: got 1.5; accepted is a fraction between 0 and 1, or a whole"),
        ({"source": "iris", "test": 0}, "here.test: got 0; accepted"),
        ({"source": "iris", "test": True}, "here.test: got True; accepted"),
        ({"source": "iris", "seed": -1}, "here.seed: got -1; accepted is a whole number, at least 0"),
        ({"source": "iris", "scaling": "robust"}, "here.scaling: got 'robust'; accepted is 'none' or 'standard' or"),
        ({"source": "mnist5k", "scaling": "standard"}, "here.scaling: got 'standard'; accepted is 'none'"),
        ({"source": "moons", "noise": "high"}, "here.noise: got 'high'; accepted is a number, at least 0"),
        ({"source": "moons", "noise": float("nan")}, "here.noise: got nan; accepted is a number, at least 0"),
        ({"source": "moons", "label_noise": 1}, "here.label_noise: got 1; accepted is a fraction, at least 0 and"),
        ({"source": "blobs", "classes": 1}, "here.classes: got 1; accepted is a whole number, at least 2"),
        ({"source": "movie_reviews", "folds": 10, "fold": 10}, "here.fold: got 10; accepted is 0 to 9"),
        ({"csv": "a.csv"}, "here.label: missing; accepted is a text"),
        ({"csv": "a.csv", "label": "y", "drop": "id"}, "here.drop: got 'id'; accepted is a list of texts"),
        ({"npz": "a.npz", "label": "y"}, "here.label: unknown key"),
        ({"images": "a", "size": 0}, "here.size: got 0; accepted is a whole number, at least 1"),
        ({"text": "a.tsv", "labels": "y"}, "here.labels: unknown key; did you mean 'label'?"),
        ({"ucr": "a_TRAIN.tsv", "test": 0.1}, "here.test: unknown key"),
        ({"series": "a.csv", "window": 12}, "here.value: missing; accepted is a text"),
    ],
)
def test_mistakes_are_named(spec, sentence):
    with pytest.raises(ValueError) as caught:
        catalogue.complete(spec, "here")
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("source", catalogue.SOURCES)
def test_every_source_is_described_and_needs_no_key(source):
    described = catalogue.SOURCES[source]
    assert catalogue.complete({"source": source})["source"] == source
    assert described.title and described.licence and described.citation


def test_user_files_are_known_to_a_workflow():
    assert catalogue.user_files({"csv": "a.csv", "label": "y"}) == ["a.csv"]
    assert catalogue.user_files({"npz": "a.npz"}) == ["a.npz"]
    assert catalogue.user_files({"ucr": "in/TRAINS_TRAIN.tsv"}) == ["in/TRAINS_TRAIN.tsv", "in/TRAINS_TEST.tsv"]
    assert catalogue.user_files({"ucr": "a.tsv"}) == ["a.tsv"]
    assert catalogue.user_files({"source": "iris"}) == []


def test_a_workflow_watches_the_folders_of_images(tmp_path):
    (tmp_path / "pictures/test/cat").mkdir(parents=True)
    root = str(tmp_path / "pictures")
    assert catalogue.user_files({"images": root}) == [root, f"{root}/test", f"{root}/test/cat"]


def test_the_configuration_is_accepted_and_every_key_explained():
    config = Path(__file__).parents[3] / "config"
    datasets = yaml.safe_load((config / "datasets.yaml").read_text())["datasets"]
    datasets = configuration.expand({"datasets": datasets, "experiments": {}, "reports": {}})["datasets"]
    for name, spec in datasets.items():
        catalogue.complete(spec, name)
    explained = set(re.findall(r"`(\w+)`", (config / "README.md").read_text()))
    described = {**catalogue.SOURCES, **catalogue.USER_DATA}
    keys = {key for source in described.values() for key in source.keys}
    assert not keys - explained and not set(catalogue.SOURCES) - explained
