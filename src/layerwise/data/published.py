"""Reading the downloaded files of published sources, with the splits of their authors."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from layerwise.data.examples import DIGITS, Examples
from layerwise.data.published_files import MANIFEST
from layerwise.data.windows import cut
from layerwise.pipeline.files import read_json, sha256

CLOTHES = [
    "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
]  # fmt: skip
OBJECTS = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
POLARITY = ["negative", "positive"]
QUESTIONS = {
    "ABBR": "abbreviation", "DESC": "description", "ENTY": "entity", "HUM": "human", "LOC": "location", "NUM": "number",
}  # fmt: skip
MONTH = 30 * 24  # the months of the ETT benchmark: 30 days of 24 hours


def load(name: str, folder: Path, spec: dict[str, Any]) -> Examples:
    """Load a published source after verifying its files."""
    inputs = verified(name, folder)
    examples = READERS[name](spec, folder)
    examples.inputs = inputs
    return examples


def verified(source: str, folder: Path) -> list[dict[str, str]]:
    """Return name and digest of each downloaded file of a source after checking its SHA-256.

    Raises
    ------
    FileNotFoundError
        If the source was not downloaded into ``folder``.
    ValueError
        If a file is missing or was changed since.
    """
    if not (folder / MANIFEST).exists():
        raise FileNotFoundError(
            f"{folder / MANIFEST}: no such file; run python -m layerwise.data fetch --source {source}"
        )
    entries = read_json(folder / MANIFEST)["files"]
    for entry in entries:
        path = folder / entry["file"]
        if not path.exists() or sha256(path) != entry["sha256"]:
            raise ValueError(f"{path}: missing or changed since the download; delete {folder} and fetch it again")
    return [{"file": f"{source}/{entry['file']}", "sha256": entry["sha256"]} for entry in entries]


def idx(class_names: list[str], spec: dict[str, Any], folder: Path) -> Examples:
    """Read MNIST or Fashion-MNIST: 60,000 + 10,000 images ``(28, 28, 1)`` in the IDX format (LeCun)."""
    x = [np.fromfile(folder / f"{part}-images-idx3-ubyte", np.uint8, offset=16) for part in ("train", "t10k")]
    y = [np.fromfile(folder / f"{part}-labels-idx1-ubyte", np.uint8, offset=8) for part in ("train", "t10k")]
    pixels = np.concatenate(x).reshape(-1, 28, 28, 1)
    return Examples("image", pixels, np.concatenate(y).astype(int), class_names, part=official(len(y[0]), len(y[1])))


def cifar10(spec: dict[str, Any], folder: Path) -> Examples:
    """Read CIFAR-10: 50,000 + 10,000 images ``(32, 32, 3)``; a record is the label, then the R, G and B planes."""
    batches = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    records = np.concatenate([np.fromfile(folder / f"{batch}.bin", np.uint8) for batch in batches]).reshape(-1, 3073)
    pixels = np.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    return Examples("image", pixels, records[:, 0].astype(int), OBJECTS, part=official(50_000, 10_000))


def movie_reviews(spec: dict[str, Any], folder: Path) -> Examples:
    """Read 5,331 negative and 5,331 positive sentences without a published split (10-fold CV in the literature)."""
    files = [(folder / f"rt-polarity.{sign}").read_text(encoding="latin-1") for sign in ("neg", "pos")]
    sentences = [[line.strip() for line in file.split("\n") if line.strip()] for file in files]
    y = np.repeat([0, 1], [len(lines) for lines in sentences])
    return Examples("text", sentences[0] + sentences[1], y, POLARITY)


def trec(spec: dict[str, Any], folder: Path) -> Examples:
    """Read 5,452 + 500 questions in six answer types; a line is ``TYPE:subtype question``."""
    files = [(folder / name).read_text(encoding="latin-1") for name in ("train_5500.label", "TREC_10.label")]
    lines = [[line for line in file.split("\n") if line.strip()] for file in files]
    pairs = [line.split(" ", 1) for line in lines[0] + lines[1]]
    kinds = list(QUESTIONS)
    y = np.array([kinds.index(label.split(":")[0]) for label, _ in pairs])
    texts = [question.strip() for _, question in pairs]
    return Examples("text", texts, y, list(QUESTIONS.values()), part=official(len(lines[0]), len(lines[1])))


def sms_spam(spec: dict[str, Any], folder: Path) -> Examples:
    """Read 5,574 messages, 747 of them spam; the first 30% are for training, as in the paper."""
    content = (folder / "SMSSpamCollection").read_text(encoding="utf-8")
    pairs = [line.split("\t", 1) for line in content.split("\n") if line.strip()]
    learn = round(0.3 * len(pairs))
    y = np.array([int(label == "spam") for label, _ in pairs])
    part = official(learn, len(pairs) - learn)
    return Examples("text", [message for _, message in pairs], y, ["ham", "spam"], part=part)


def imdb(spec: dict[str, Any], folder: Path) -> Examples:
    """Read 25,000 + 25,000 movie reviews, replacing the line breaks ``<br />`` with spaces."""
    with open(folder / "reviews.jsonl", encoding="utf-8") as file:
        reviews = [json.loads(line) for line in file]
    y = np.array([int("/pos/" in path) for path, _ in reviews])
    part = np.array(["learn" if path.startswith("train/") else "test" for path, _ in reviews])
    return Examples("text", [text.replace("<br />", " ") for _, text in reviews], y, POLARITY, part=part)


def ucr(name: str, spec: dict[str, Any], folder: Path) -> Examples:
    """Read a dataset of the UCR archive: labeled univariate series of equal length."""
    tables = [np.loadtxt(folder / f"{name}_{part}.tsv", ndmin=2) for part in ("TRAIN", "TEST")]
    rows = np.concatenate(tables)
    labels, y = np.unique(rows[:, 0].astype(int), return_inverse=True)
    names = [f"class {label}" for label in labels]
    return Examples("series", rows[:, 1:, None], y, names, part=official(len(tables[0]), len(tables[1])))


def etth1(spec: dict[str, Any], folder: Path) -> Examples:
    """Read hourly oil temperature and six loads of a transformer, split into 12, 4 and 4 months (Zhou et al. 2021)."""
    table = pd.read_csv(folder / "ETTh1.csv", index_col="date", parse_dates=True)
    borders = {"train": (0, 12 * MONTH), "validation": (12 * MONTH, 16 * MONTH), "test": (16 * MONTH, 20 * MONTH)}
    hours = np.arange(len(table))
    examples = cut(table.to_numpy(), hours, borders, spec["window"], spec["horizon"])
    examples.feature_names = list(table.columns)
    return examples


def official(learn: int, test: int) -> np.ndarray:
    """Return the published split: ``learn`` examples for training and validation, then ``test`` for testing."""
    return np.repeat(["learn", "test"], [learn, test])


READERS: dict[str, Callable[[dict[str, Any], Path], Examples]] = {
    "mnist": partial(idx, DIGITS),
    "fashion_mnist": partial(idx, CLOTHES),
    "cifar10": cifar10,
    "movie_reviews": movie_reviews,
    "trec": trec,
    "sms_spam": sms_spam,
    "imdb": imdb,
    "ucr_gunpoint": partial(ucr, "GunPoint"),
    "ucr_ecg200": partial(ucr, "ECG200"),
    "ucr_ecg5000": partial(ucr, "ECG5000"),
    "ucr_italypowerdemand": partial(ucr, "ItalyPowerDemand"),
    "ucr_swedishleaf": partial(ucr, "SwedishLeaf"),
    "etth1": etth1,
}
