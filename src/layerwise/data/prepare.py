"""From a source to ``train``, ``validation`` and ``test`` files: split, drop duplicates, scale or encode, describe."""

from __future__ import annotations

import hashlib
import importlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold, train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from layerwise.data import catalogue, text
from layerwise.data.examples import Examples
from layerwise.data.splits import pack_texts
from layerwise.files import sha256, write_json, write_npz

SPLITS = ("train", "validation", "test")


def prepare(name: str, spec: dict[str, Any], downloads: str | os.PathLike[str], output: str | os.PathLike[str]) -> None:
    """Write ``{train,validation,test}.npz`` and ``dataset.json`` into the folder ``output``, all four or none.

    Parameters
    ----------
    name : str
        The dataset's name, as in ``config/datasets.yaml``.
    spec : dict
        Its specification; see `layerwise.data.catalogue`.
    downloads : path
        The folder below which `layerwise.data.download.fetch` leaves published files.
    output : path

    Raises
    ------
    ValueError, OSError
        If the specification, the data or the disk do not allow it; the message says where.
    """
    spec = catalogue.complete(spec, f"dataset '{name}'")
    source_name, source = catalogue.source_of(spec)
    examples = loader(spec, downloads)(spec)
    part = assign(examples, spec, name)
    part, duplicates = without_duplicates(examples, part, spec.get("duplicates", "keep"))
    for split in SPLITS:
        if not (part == split).any():
            raise ValueError(f"dataset '{name}': no example is left for {split}; give it more, or change the splits")
    if examples.class_names is None and spec.get("label_noise"):
        raise ValueError(f"dataset '{name}': label_noise: got {spec['label_noise']} for a regression; accepted is 0")
    y = with_label_noise(examples.y, part == "train", spec.get("label_noise", 0.0), spec.get("seed", 0))
    columns, described = encode(examples, part, spec)
    columns["y"], described["scaling"]["target"] = targets(examples, y, part, spec, described["scaling"])
    arrays = {
        split: {key: column[part == split] for key, column in {**columns, **examples.extras}.items()}
        for split in SPLITS
    }  # fmt: skip
    if examples.kind == "text":
        for split in SPLITS:
            texts = [example for example, own in zip(examples.x, part) if own == split]
            arrays[split]["text"], arrays[split]["text_offsets"] = pack_texts(texts)
    classes = examples.class_names
    info = {
        "name": name,
        "title": spec["title"] or (name if source.home == "own" else source.title),
        "source": source_name,
        "task": "regression" if classes is None else "binary" if len(classes) == 2 else "multiclass",
        "kind": examples.kind,
        "shape": list(columns["x"].shape[1:]),
        "classes": None if classes is None else len(classes),
        "class_names": classes,
        "feature_names": examples.feature_names,
        "counts": {split: len(arrays[split]["y"]) for split in SPLITS},
        "class_balance": None
        if classes is None
        else {split: np.bincount(arrays[split]["y"], minlength=len(classes)).tolist() for split in SPLITS},
        **described,
        "duplicates": duplicates,
        "inputs": examples.inputs,
        "licence": spec.get("licence", source.licence),
        "citation": spec.get("citation", source.citation),
        "preparation": {key: value for key, value in spec.items() if value is not None},
    }
    write(Path(output), arrays, info)


def loader(spec: dict[str, Any], downloads: str | os.PathLike[str]) -> Callable[[dict[str, Any]], Examples]:
    """Return the function that loads the source of a specification; only its module is imported."""
    name, source = catalogue.source_of(spec)
    module = importlib.import_module(f"layerwise.data.{source.module}")
    return partial(module.load, name, Path(downloads) / name) if source.home == "published" else module.LOADERS[name]


def assign(examples: Examples, spec: dict[str, Any], name: str) -> np.ndarray:
    """Return the split of each example, as text ``(n,)``: the source's own where it has one, else drawn.

    Classes are spread evenly (stratified) and groups stay whole. ``validation`` is a part of what remains for
    learning after the test split is taken.
    """
    n = len(examples.y)
    part = np.full(n, "pool", dtype="<U10") if examples.part is None else examples.part.astype("<U10")
    if (part == "pool").any():
        where = f"dataset '{name}': test"
        folds = spec["folds"]
        pool = np.flatnonzero(part == "pool")
        taken = (
            _fold(examples, pool, folds, spec["fold"], spec["seed"], where)
            if folds
            else _draw(examples, pool, spec["test"], spec["seed"], where)
        )
        part[pool] = "learn"
        part[taken] = "test"
    if (part == "learn").any():
        where = f"dataset '{name}': validation"
        learn = np.flatnonzero(part == "learn")
        taken = _draw(examples, learn, spec["validation"], spec["seed"], where)
        part[learn] = "train"
        part[taken] = "validation"
    return part


def _draw(examples: Examples, rows: np.ndarray, size: float | int, seed: int, where: str) -> np.ndarray:
    """Draw ``size`` (a fraction or a count) of ``rows``."""
    count = size if isinstance(size, int) else round(size * len(rows))
    labels = examples.y[rows] if examples.class_names is not None else None
    enough = 1 if labels is None else len(np.unique(labels))
    if count < enough or len(rows) - count < enough:
        raise ValueError(f"{where}: got {size} of {len(rows)} examples; at least {enough} must be on either side")
    if examples.groups is not None:
        folds = max(2, round(len(rows) / count))
        return _fold(examples, rows, folds, 0, seed, where)
    _check_rarest(examples, rows, 2, where)
    return train_test_split(rows, test_size=count, stratify=labels, random_state=seed)[1]


def _fold(examples: Examples, rows: np.ndarray, folds: int, fold: int, seed: int, where: str) -> np.ndarray:
    """Return the ``fold``-th of ``folds`` shuffled parts of ``rows``."""
    groups = None if examples.groups is None else examples.groups[rows]
    if examples.class_names is None:
        splitter = KFold(folds, shuffle=True, random_state=seed)
    elif groups is None:
        _check_rarest(examples, rows, folds, where)
        splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    else:
        splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    parts = list(splitter.split(np.zeros(len(rows)), examples.y[rows], groups))
    return rows[parts[fold][1]]


def _check_rarest(examples: Examples, rows: np.ndarray, least: int, where: str) -> None:
    if examples.class_names is None:
        return
    label, count = min(Counter(examples.y[rows].tolist()).items(), key=lambda item: item[1])
    if count < least:
        raise ValueError(
            f"{where}: class '{examples.class_names[label]}' has {count} example(s) left; "
            f"drawing a stratified split needs at least {least}"
        )


def without_duplicates(examples: Examples, part: np.ndarray, policy: str) -> tuple[np.ndarray, dict[str, Any]]:
    """Count the examples that occur again in another split; drop them from the earlier one if so asked.

    Returns
    -------
    part : ndarray
        With "dropped" for those left out. The test split stays whole, so that results stay comparable.
    counts : dict
        For each pair of splits, how many examples of the second also occur in the first; policy; number dropped.
    """
    keys = np.array([hashlib.sha256(_bytes(example)).hexdigest() for example in examples.x])
    inside = {split: set(keys[part == split]) for split in SPLITS}
    pairs = [("train", "validation"), ("train", "test"), ("validation", "test")]
    counts: dict[str, Any] = {
        f"{first}_{second}": int(sum(key in inside[first] for key in keys[part == second])) for first, second in pairs
    }
    part = part.copy()
    if policy == "drop":
        for first, second in pairs:
            again = np.array([key in inside[second] for key in keys])
            part[(part == first) & again] = "dropped"
    return part, {**counts, "policy": policy, "dropped": int((part == "dropped").sum())}


def _bytes(example: np.ndarray | str) -> bytes:
    return example.encode("utf-8") if isinstance(example, str) else np.ascontiguousarray(example).tobytes()


def with_label_noise(y: np.ndarray, train: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Replace a share of the training labels by another class, drawn evenly; validation and test stay true."""
    rows = np.flatnonzero(train)
    rng = np.random.default_rng([seed, 1])
    wrong = rng.choice(rows, round(share * len(rows)), replace=False)
    noisy = y.copy()
    if len(wrong):
        classes = int(y.max()) + 1
        noisy[wrong] = (y[wrong] + rng.integers(1, classes, size=len(wrong))) % classes
    return noisy


def encode(examples: Examples, part: np.ndarray, spec: dict[str, Any]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return ``{"x": …}`` as it is stored, and what dataset.json says of it; learned from training examples only."""
    x = examples.x
    unscaled = {"name": "none", "mean": None, "scale": None}
    if not isinstance(x, np.ndarray):
        learned = [example for example, split in zip(x, part) if split == "train"]
        words = text.vocabulary(learned, spec["min_count"], spec["max_words"])
        length = min(spec["max_length"], max(len(text.words(example)) for example in learned))
        return {"x": text.encode(x, words, length)}, {"scaling": unscaled, "vocabulary": words}
    if examples.kind == "image":
        return {"x": x}, {"scaling": unscaled}
    rows = x[part == "train"] if examples.reference is None else examples.reference
    scaler = fitted_scaler(spec["scaling"] or "standard", rows.reshape(-1, x.shape[-1]))
    scaled = ((x - scaler["mean"]) / scaler["scale"]).astype(np.float32)
    return {"x": scaled}, {
        "scaling": {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in scaler.items()}
    }


def fitted_scaler(name: str, rows: np.ndarray) -> dict[str, Any]:
    """Fit ``(x - mean) / scale`` to the columns of ``rows``; a column that never changes keeps the scale 1."""
    if name == "standard":
        standard = StandardScaler().fit(rows)
        return {"name": name, "mean": standard.mean_, "scale": standard.scale_}
    if name == "minmax":
        minmax = MinMaxScaler().fit(rows)
        return {"name": name, "mean": minmax.data_min_, "scale": 1 / minmax.scale_}
    return {"name": "none", "mean": np.zeros(rows.shape[1]), "scale": np.ones(rows.shape[1])}


def targets(
    examples: Examples, y: np.ndarray, part: np.ndarray, spec: dict[str, Any], scaling: dict[str, Any]
) -> tuple[np.ndarray, dict[str, Any] | None]:
    """Return the targets as stored; those of a regression are scaled like the inputs: ``stored = (y - mean) / scale``.

    A forecast has the scale of its series, any other regression one fitted on the training targets.
    """
    if examples.class_names is not None:
        return y.astype(np.int32), None
    scaler = (
        scaling
        if examples.reference is not None
        else fitted_scaler(spec["scaling"] or "standard", y[part == "train"].reshape(-1, y.shape[-1]))
    )
    mean, scale = np.asarray(scaler["mean"]), np.asarray(scaler["scale"])
    return ((y - mean) / scale).astype(np.float32), {"mean": mean.tolist(), "scale": scale.tolist()}


def write(output: Path, arrays: dict[str, dict[str, np.ndarray]], info: dict[str, Any]) -> None:
    """Write the splits and ``dataset.json`` beside ``output`` first, so that a full disk leaves nothing behind."""
    output.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".partial-", dir=output))
    try:
        for split in SPLITS:
            write_npz(temporary / f"{split}.npz", **arrays[split])
        info = {**info, "splits": {split: sha256(temporary / f"{split}.npz") for split in SPLITS}}
        write_json(temporary / "dataset.json", info)
        for name in (*(f"{split}.npz" for split in SPLITS), "dataset.json"):
            os.replace(temporary / name, output / name)
    except OSError as error:
        raise OSError(f"{output}: could not be written ({error.strerror or error}); nothing was left there") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
