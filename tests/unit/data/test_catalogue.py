"""Every mistake in a dataset specification is reported with the key and its valid values."""

import re
from pathlib import Path

import pytest
import yaml

from layerwise.data import catalogue
from layerwise.experiments import expansion


@pytest.mark.parametrize(
    "spec, sentence",
    [
        ({}, "here: must have exactly one of the keys source, csv, npz, images, text, ucr, series, got none of them"),
        (
            {"source": "iris", "csv": "a.csv"},
            "here: must have exactly one of the keys source, csv, npz, images, text, ucr, series, got source and csv",
        ),
        (
            "iris",
            "here: must be a mapping with one of the keys source, csv, npz, images, text, ucr, series, got 'iris'",
        ),
        ({"source": "minst"}, "here: unknown source 'minst'; did you mean 'mnist'?"),
        ({"source": ["iris"]}, "here: unknown source ['iris']"),
        ({"source": "iris", "validaton": 0.2}, "here.validaton: unknown key; did you mean 'validation'?"),
        ({"source": "mnist", "test": 0.2}, "here.test: unknown key"),
        (
            {"source": "iris", "test": 1.5},
            "here.test: must be a fraction between 0 and 1 or a number of examples ≥ 1, got 1.5",
        ),
        ({"source": "iris", "test": 0}, "here.test: must be a fraction between 0 and 1 or a number of examples ≥ 1"),
        ({"source": "iris", "test": True}, "here.test: must be a fraction between 0 and 1 or a number of examples ≥ 1"),
        ({"source": "iris", "seed": -1}, "here.seed: must be an integer from 0 to 2³² − 1, got -1"),
        (
            {"source": "iris", "scaling": "robust"},
            "here.scaling: must be 'none' or 'standard' or 'minmax', got 'robust'",
        ),
        ({"source": "mnist5k", "scaling": "standard"}, "here.scaling: must be 'none', got 'standard'"),
        ({"source": "moons", "noise": "high"}, "here.noise: must be a finite number ≥ 0, got 'high'"),
        ({"source": "moons", "noise": float("nan")}, "here.noise: must be a finite number ≥ 0, got nan"),
        ({"source": "moons", "label_noise": 1}, "here.label_noise: must be a fraction in [0, 1), got 1"),
        ({"source": "blobs", "classes": 1}, "here.classes: must be an integer ≥ 2, got 1"),
        ({"source": "movie_reviews", "folds": 10, "fold": 10}, "here.fold: must be from 0 to 9, got 10"),
        ({"csv": "a.csv"}, "here.label: missing; must be a non-empty string"),
        ({"csv": "a.csv", "label": "y", "drop": "id"}, "here.drop: must be a list of distinct strings, got 'id'"),
        ({"npz": "a.npz", "label": "y"}, "here.label: unknown key"),
        ({"csv": "a.csv", "label": 2}, "here.label: must be a non-empty string, got 2; write it in quotes"),
        ({"npz": "a.npz", "seed": 2**32}, "here.seed: must be an integer from 0 to 2³² − 1, got 4294967296"),
        ({"npz": "a.npz", "class_names": ["x", "x", "y"]}, "here.class_names: must be a list of distinct strings, got"),
        ({"images": "a", "size": 0}, "here.size: must be an integer from 1 to 1024, got 0"),
        ({"text": "a.tsv", "labels": "y"}, "here.labels: unknown key; did you mean 'label'?"),
        ({"ucr": "a_TRAIN.tsv", "test": 0.1}, "here.test: unknown key"),
        ({"series": "a.csv", "window": 12}, "here.value: missing; must be a non-empty string"),
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


def test_the_configuration_is_valid_and_every_key_documented():
    config = Path(__file__).parents[3] / "config"
    datasets = yaml.safe_load((config / "datasets.yaml").read_text())["datasets"]
    datasets = expansion.expand({"datasets": datasets, "experiments": {}, "reports": {}})["datasets"]
    for name, spec in datasets.items():
        catalogue.complete(spec, name)
    documented = set(re.findall(r"`(\w+)`", (config / "README.md").read_text()))
    described = {**catalogue.SOURCES, **catalogue.USER_DATA}
    keys = {key for source in described.values() for key in source.keys}
    assert not keys - documented and not set(catalogue.SOURCES) - documented
