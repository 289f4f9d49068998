"""Preparing datasets: stratified and seeded splits, scaling fitted on train only, reproducible and atomic output."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from layerwise.data import bundled
from layerwise.data.examples import Examples
from layerwise.pipeline.files import sha256

FILES = ("train.npz", "validation.npz", "test.npz", "dataset.json")


def stub(monkeypatch, examples):
    """Make the source 'iris' return other examples."""
    monkeypatch.setitem(bundled.LOADERS, "iris", lambda spec: examples)


def table(x, y=None, **more):
    y = np.arange(len(x)) % 2 if y is None else y
    return Examples("table", np.asarray(x, float), y, ["a", "b"], **more)


@pytest.mark.parametrize("source", ["iris", "wine", "breast_cancer", "digits"])
def test_splits_are_stratified(prepared, source):
    balance = prepared({"source": source, "test": 0.25, "validation": 0.25}).info["class_balance"]
    counts = np.array([balance[split] for split in ("train", "validation", "test")])
    share = counts.sum(axis=0) / counts.sum()
    assert (np.abs(counts - share * counts.sum(axis=1, keepdims=True)) <= 1).all()


def test_splits_hold_every_example_once_and_follow_the_seed(prepared):
    seeds = [prepared({"source": "digits", "seed": seed}, f"seed{seed}") for seed in (0, 1)]
    rows = [np.concatenate([made.arrays[split]["x"].reshape(-1, 64) for split in made.arrays]) for made in seeds]
    whole = bundled.digits({}).x.reshape(-1, 64)
    for images in rows:
        np.testing.assert_array_equal(np.unique(images, axis=0), np.unique(whole, axis=0))
        assert len(images) == len(whole)
    assert not np.array_equal(seeds[0].arrays["test"]["x"], seeds[1].arrays["test"]["x"])


def test_sizes_may_be_counts(prepared):
    counts = prepared({"source": "digits", "test": 300, "validation": 97}).info["counts"]
    assert counts == {"train": 1400, "validation": 97, "test": 300}


def test_folds_cover_everything_once(prepared, monkeypatch):
    stub(monkeypatch, table(np.arange(40)[:, None]))
    spec = {"source": "iris", "folds": 5, "scaling": "none", "seed": 4}
    tests = [prepared({**spec, "fold": fold}, f"fold{fold}").test for fold in range(5)]
    assert sorted(np.concatenate([x[:, 0] for x, _ in tests])) == list(range(40))
    assert all(np.bincount(y).tolist() == [4, 4] for _, y in tests)


def test_groups_are_never_split(prepared, monkeypatch):
    groups = np.repeat(np.arange(20), 5)
    stub(monkeypatch, table(np.arange(100)[:, None], np.arange(100) % 2, groups=groups, extras={"group": groups}))
    made = prepared({"source": "iris"})
    groups_of = [set(made.arrays[split]["group"]) for split in made.arrays]
    assert sum(map(len, groups_of)) == 20 and set.union(*groups_of) == set(range(20))


@pytest.mark.parametrize("scaling, low_high", [("standard", None), ("minmax", (0, 1))])
def test_scaling_is_fitted_on_train_only(prepared, monkeypatch, scaling, low_high):
    x = np.random.default_rng(0).normal(5, 3, size=(100, 3))
    part = np.repeat(["train", "validation", "test"], [60, 20, 20])
    stub(monkeypatch, table(x, part=part))
    before = prepared({"source": "iris", "scaling": scaling}, "before")
    x[60:] *= 1000
    stub(monkeypatch, table(x, part=part))
    after = prepared({"source": "iris", "scaling": scaling}, "after")
    assert after.info["scaling"] == before.info["scaling"]
    np.testing.assert_array_equal(after.train[0], before.train[0])
    if low_high:
        assert (after.train[0].min(), after.train[0].max()) == low_high
    else:
        np.testing.assert_allclose(after.train[0].mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(after.train[0].std(axis=0), 1, rtol=1e-6)
    scaler = after.info["scaling"]
    np.testing.assert_allclose(after.test[0] * scaler["scale"] + scaler["mean"], x[80:], rtol=1e-5)


def test_a_constant_feature_does_not_divide_by_zero(prepared, monkeypatch):
    stub(monkeypatch, table(np.column_stack([np.arange(40), np.full(40, 7)])))
    for scaling in ("standard", "minmax"):
        np.testing.assert_array_equal(prepared({"source": "iris", "scaling": scaling}, scaling).test[0][:, 1], 0)


def test_duplicates_across_splits_are_counted_and_dropped_from_the_earlier(prepared, monkeypatch):
    # train contains 1 twice and 2, which also occur in test, and 3, which also occurs in validation.
    x = np.array([0, 1, 1, 2, 3, 9, 3, 4, 5, 1, 2, 6])[:, None]
    part = np.repeat(["train", "validation", "test"], [6, 3, 3])
    stub(monkeypatch, table(x, part=part))
    kept = prepared({"source": "iris", "scaling": "none"}, "kept")
    dropped = prepared({"source": "iris", "scaling": "none", "duplicates": "drop"}, "dropped")
    counts = {"train_validation": 1, "train_test": 2, "validation_test": 0}
    assert kept.info["duplicates"] == {**counts, "policy": "keep", "dropped": 0}
    assert dropped.info["duplicates"] == {**counts, "policy": "drop", "dropped": 4}
    assert dropped.train[0][:, 0].tolist() == [0, 9] and len(dropped.test[0]) == 3


def test_iris_has_its_known_duplicate(prepared):
    """Flowers 102 and 143 are identical; with this seed they fall into validation and test."""
    duplicates = prepared({"source": "iris", "test": 0.3}).info["duplicates"]
    assert sum(duplicates[pair] for pair in ("train_validation", "train_test", "validation_test")) == 1


def test_label_noise_touches_a_share_of_train_only(prepared):
    clean, noisy = prepared({"source": "digits"}, "clean"), prepared({"source": "digits", "label_noise": 0.3}, "noisy")
    assert (clean.train[1] != noisy.train[1]).sum() == round(0.3 * len(clean.train[1]))
    assert noisy.train[1].min() >= 0 and noisy.train[1].max() <= 9
    np.testing.assert_array_equal(clean.validation[1], noisy.validation[1])
    np.testing.assert_array_equal(clean.test[1], noisy.test[1])


@pytest.mark.parametrize("source", ["iris", "digits", "spirals", "sunspots", "mnist1d"])
def test_the_bytes_are_the_same_every_time(prepared, source):
    folder = prepared({"source": source}).folder
    first = {file: sha256(folder / file) for file in FILES}
    prepared({"source": source})
    assert first == {file: sha256(folder / file) for file in FILES}


def run(*arguments, **options):
    command = [sys.executable, "-m", "layerwise.data", *arguments]
    return subprocess.run(command, capture_output=True, text=True, **options)


def test_docstrings_do_not_depend_on_the_hash_seed(tmp_path):
    code = (
        "import sys; from layerwise.data import docstrings, prepare;"
        "docstrings.PACKAGES = ('matplotlib', 'numpy');"
        "prepare.prepare('docstrings', {'source': 'docstrings'}, 'none', sys.argv[1])"
    )
    for seed in "12":
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, tmp_path / seed], check=True, env=environment)
    assert [sha256(tmp_path / "1" / file) for file in FILES] == [sha256(tmp_path / "2" / file) for file in FILES]


def test_digests_in_the_description_are_those_of_the_files(prepared):
    made = prepared({"source": "wine"})
    assert made.info["splits"] == {split: sha256(made.folder / f"{split}.npz") for split in made.arrays}
    assert made.info["inputs"][0]["file"] == "sklearn/datasets/data/wine_data.csv"


def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    """A limit on the file size makes writing fail as on a full disk."""
    arguments = ["--dataset", "digits", "--spec", '{"source": "digits"}', "--downloads", "none"]
    ran = run(
        "prepare",
        *arguments,
        "--output",
        tmp_path / "data",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert ran.returncode == 1 and ran.stderr.count("\n") == 1
    assert ran.stderr.startswith(f"error: {tmp_path / 'data'}: could not be written (File too large)")
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize(
    "spec, sentence",
    [
        ({"source": "iris", "test": 2}, "test: must leave at least 3 of 150 examples in each part, got 2"),
        ({"source": "iris", "test": 149}, "test: must leave at least 3 of 150 examples in each part, got 149"),
        (
            {"source": "iris", "validation": 0.001},
            "validation: must leave at least 3 of 120 examples in each part, got 0.001",
        ),
        (
            {"source": "wine", "folds": 60},
            "a stratified split needs at least 60 examples per class, but class 'class_2' has 48",
        ),
        (
            {"source": "sunspots", "window": 300},
            "train: too few steps for a window of 300 and a horizon of 1, got 221",
        ),
    ],
)
def test_impossible_splits_are_errors(prepared, tmp_path, spec, sentence):
    with pytest.raises(ValueError) as caught:
        prepared(spec)
    assert sentence in str(caught.value)
    assert not (tmp_path / "data" / "mine").exists()


def test_the_command_reports_a_mistake_in_one_sentence(tmp_path):
    ran = run("prepare", "--dataset", "x", "--spec", "{", "--downloads", ".", "--output", tmp_path / "out")
    assert (
        ran.returncode == 1 and ran.stderr.startswith("error: --spec: must be valid JSON (") and "got '{'" in ran.stderr
    )
    ran = run("prepare", "--dataset", "x", "--spec", '{"source": "irsi"}', "--downloads", ".", "--output", tmp_path)
    assert (ran.returncode, ran.stderr) == (1, "error: dataset: unknown source 'irsi'; did you mean 'iris'?\n")
    ran = run("fetch", "--source", "iris", "--downloads", tmp_path / "downloads")
    assert ran.returncode == 0 and ran.stdout == "iris: bundled, nothing to fetch\n"


def test_reading_a_split_imports_numpy_only():
    code = "import sys, layerwise.data; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"pandas", "sklearn", "scipy", "matplotlib", "tensorflow", "keras", "PIL", "pooch", "requests", "mlxtend"}
    assert "numpy" in ran.stdout.split() and not heavy & set(ran.stdout.split())


def test_no_path_of_the_machine_is_written(prepared):
    described = (prepared({"source": "wine"}).folder / "dataset.json").read_text()
    assert str(Path.home()) not in described and sys.prefix not in described


def test_kept_classes_are_relabeled(prepared):
    made = prepared({"source": "digits", "keep_classes": [7, 3], "test": 0.2})
    whole = bundled.digits({})
    assert made.info["class_names"] == ["7", "3"] and made.info["task"] == "binary"
    for split in made.arrays.values():
        for image, label in zip(split["x"], split["y"]):
            same = (whole.x == image).all(axis=(1, 2, 3))
            assert (whole.y[same] == [7, 3][label]).all()
    assert sum(made.info["counts"].values()) == np.isin(whole.y, [3, 7]).sum()


def test_training_subsets_are_nested_and_stratified(prepared):
    whole = prepared({"source": "digits"}, "whole")
    sizes = [prepared({"source": "digits", "train_size": size}, f"of{size}") for size in (10, 100)]
    few, more = ({image.tobytes() for image in made.arrays["train"]["x"]} for made in sizes)
    assert few < more < {image.tobytes() for image in whole.arrays["train"]["x"]}
    assert sizes[0].info["class_balance"]["train"] == [1] * 10
    assert all(8 <= count <= 12 for count in sizes[1].info["class_balance"]["train"])
    for split in ("validation", "test"):
        np.testing.assert_array_equal(sizes[0].arrays[split]["x"], whole.arrays[split]["x"])


@pytest.mark.parametrize(
    "spec, words",
    [
        ({"source": "digits", "keep_classes": [3, "sevn"]}, "keep_classes: unknown class 'sevn'"),
        (
            {"source": "digits", "keep_classes": [3, 3]},
            r"keep_classes: must be a list of at least two distinct classes, got \[3, 3\]",
        ),
        ({"source": "digits", "train_size": 9}, r"train_size: must be from 10 \(the classes\) to 1150 .*, got 9"),
        ({"source": "digits", "train_size": 2000}, r"train_size: must be from 10 \(the classes\) to 1150 .*, got 2000"),
    ],
)
def test_invalid_subsets_are_errors(prepared, spec, words):
    with pytest.raises(ValueError, match=words):
        prepared(spec)
