"""Preparing a dataset: split it, drop duplicates, scale or encode it, and write the splits with a description."""

from __future__ import annotations

import hashlib
import importlib
import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.data import catalogue, sampling, text
from layerwise.data.examples import Examples
from layerwise.data.splits import pack_texts
from layerwise.pipeline.files import sha256, write_json, write_npz
from layerwise.suggest import nearest

SPLITS = ("train", "validation", "test")


def prepare(name: str, spec: dict[str, Any], downloads: str | os.PathLike[str], output: str | os.PathLike[str]) -> None:
    """Write ``{train,validation,test}.npz`` and ``dataset.json`` into the folder ``output``, all four or none.

    Parameters
    ----------
    name : str
        Name of the dataset, as in ``config/datasets.yaml``.
    spec : dict
        Its specification; see `layerwise.data.catalogue`.
    downloads : path
        Folder in which `layerwise.data.download.fetch` stores published files.
    output : path

    Raises
    ------
    ValueError
        If the specification or the data are invalid.
    OSError
        If a file cannot be read or written.
    """
    spec = catalogue.complete(spec, f"dataset '{name}'")
    examples = loader(spec, downloads)(spec)
    if found := message(spec, examples):
        print(found)
    if spec.get("keep_classes"):
        examples = of_classes(examples, spec["keep_classes"], f"dataset '{name}': keep_classes")
    if examples.class_names is None and spec.get("label_noise"):
        raise ValueError(f"dataset '{name}': label_noise must be 0 for a regression, got {spec['label_noise']}")
    part, duplicates = without_duplicates(examples, assign(examples, spec, name), spec.get("duplicates", "keep"))
    if spec.get("train_size"):
        part = with_fewer(examples, part, spec["train_size"], spec["seed"], f"dataset '{name}': train_size")
    for split in SPLITS:
        if split not in part:
            raise ValueError(
                f"dataset '{name}': no examples are left for {split}; add examples or change the split sizes"
            )
    examples.y = with_label_noise(examples.y, part == "train", spec.get("label_noise", 0.0), spec.get("seed", 0))
    columns, fitted = encode(examples, part, spec)
    arrays = {split: rows_of(examples, columns, part == split) for split in SPLITS}
    write(Path(output), arrays, {**described(name, spec, examples, arrays), **fitted, "duplicates": duplicates})


def message(spec: dict[str, Any], examples: Examples) -> str:
    """Return what was found in a user's table and what was done about it, one line each; empty for other datasets."""
    if examples.columns is None:
        return ""
    from layerwise.data import tables

    return tables.message(spec["csv"], len(examples.y), examples.class_names, examples.findings)


def of_classes(examples: Examples, names: Sequence[Any], where: str) -> Examples:
    """Return the examples of the classes ``names``, relabeled from 0 in that order."""
    known = examples.class_names
    if known is None:
        raise ValueError(f"{where}: must not be set for a regression, got {names}")
    for name in map(str, names):
        if name not in known:
            raise ValueError(f"{where}: unknown class '{name}'{nearest(name, known)}")
    numbers = np.full(len(known), -1)
    numbers[[known.index(str(name)) for name in names]] = np.arange(len(names))
    y = numbers[examples.y]
    keep = y >= 0
    return replace(
        examples,
        x=examples.x[keep] if isinstance(examples.x, np.ndarray) else list(itertools.compress(examples.x, keep)),
        y=y[keep],
        class_names=[str(name) for name in names],
        part=None if examples.part is None else examples.part[keep],
        groups=None if examples.groups is None else examples.groups[keep],
        extras={name: values[keep] for name, values in examples.extras.items()},
    )


def with_fewer(examples: Examples, part: np.ndarray, size: int, seed: int, where: str) -> np.ndarray:
    """Keep a stratified subset of ``size`` training examples; subsets of increasing size are nested."""
    rows = np.random.default_rng([seed, 2]).permutation(np.flatnonzero(part == "train"))
    labels = np.zeros(len(rows)) if examples.class_names is None else examples.y[rows]
    rank = np.empty(len(rows))  # relative position of each example within its class
    for label in np.unique(labels):
        members = labels == label
        rank[members] = np.arange(members.sum()) / members.sum()
    least = len(np.unique(labels))
    if not least <= size <= len(rows):
        raise ValueError(
            f"{where}: must be from {least} (the classes) to {len(rows)} (the training examples), got {size}"
        )
    part = part.copy()
    part[rows[np.argsort(rank, kind="stable")[size:]]] = "dropped"
    return part


def rows_of(examples: Examples, columns: dict[str, np.ndarray], mask: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays of the split selected by ``mask``; for a text dataset they include the texts."""
    arrays = {name: column[mask] for name, column in {**columns, **examples.extras}.items()}
    if examples.kind == "text":
        arrays["text"], arrays["text_offsets"] = pack_texts(itertools.compress(examples.x, mask))
    return arrays


def described(
    name: str, spec: dict[str, Any], examples: Examples, arrays: dict[str, dict[str, np.ndarray]]
) -> dict[str, Any]:
    """Return the contents of ``dataset.json`` except for what is fitted on the training split."""
    source_name, source = catalogue.source_of(spec)
    classes, balance = examples.class_names, None
    if classes is not None:
        balance = {split: np.bincount(arrays[split]["y"], minlength=len(classes)).tolist() for split in SPLITS}
    return {
        "name": name,
        "title": spec["title"] or (name if source.origin == "user" else source.title),
        "source": source_name,
        "task": "regression" if classes is None else "binary" if len(classes) == 2 else "multiclass",
        "kind": examples.kind,
        "shape": list(arrays["train"]["x"].shape[1:]),
        "classes": None if classes is None else len(classes),
        "class_names": classes,
        "feature_names": examples.feature_names,
        "counts": {split: len(arrays[split]["y"]) for split in SPLITS},
        "class_balance": balance,
        "inputs": examples.inputs,
        "licence": spec.get("licence", source.licence),
        "citation": spec.get("citation", source.citation),
        "preparation": {key: value for key, value in spec.items() if value is not None},
    }


def loader(spec: dict[str, Any], downloads: str | os.PathLike[str]) -> Callable[[dict[str, Any]], Examples]:
    """Return the function that loads the source of a specification, importing only the source's module."""
    name, source = catalogue.source_of(spec)
    module = importlib.import_module(f"layerwise.data.{source.module}")
    return partial(module.load, name, Path(downloads) / name) if source.origin == "published" else module.LOADERS[name]


def assign(examples: Examples, spec: dict[str, Any], name: str) -> np.ndarray:
    """Return the name of each example's split ``(n,)``, predefined by the source or drawn at random.

    Splits are stratified by class, and groups are kept together. ``validation`` is a part of the examples that remain
    after the test split.
    """
    n = len(examples.y)
    part = np.full(n, "pool", dtype="<U10") if examples.part is None else examples.part.astype("<U10")
    if (part == "pool").any():
        where = f"dataset '{name}': test"
        folds = spec["folds"]
        pool = np.flatnonzero(part == "pool")
        test = (
            _fold(examples, pool, folds, spec["fold"], spec["seed"], where)
            if folds
            else _draw(examples, pool, spec["test"], spec["seed"], where)
        )
        part[pool] = "learn"
        part[test] = "test"
    if (part == "learn").any():
        where = f"dataset '{name}': validation"
        learn = np.flatnonzero(part == "learn")
        validation = _draw(examples, learn, spec["validation"], spec["seed"], where)
        part[learn] = "train"
        part[validation] = "validation"
    return part


def _draw(examples: Examples, rows: np.ndarray, size: float | int, seed: int, where: str) -> np.ndarray:
    """Draw a sample of size ``size`` (a fraction or a count) from ``rows``."""
    count = size if isinstance(size, int) else round(size * len(rows))
    labels = examples.y[rows] if examples.class_names is not None else None
    least = 1 if labels is None else len(np.unique(labels))
    if count < least or len(rows) - count < least:
        raise ValueError(f"{where}: must leave at least {least} of {len(rows)} examples in each part, got {size}")
    if examples.groups is not None:
        folds = max(2, round(len(rows) / count))
        return _fold(examples, rows, folds, 0, seed, where)
    _check_rarest(examples, rows, 2, where)
    return rows[sampling.stratified_sample(len(rows), count, labels, seed)]


def _fold(examples: Examples, rows: np.ndarray, folds: int, fold: int, seed: int, where: str) -> np.ndarray:
    """Return the ``fold``-th of ``folds`` shuffled parts of ``rows``."""
    # Imported here because the import takes longer than preparing most datasets, and few have folds or groups.
    from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold

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
            f"{where}: a stratified split needs at least {least} examples per class, "
            f"but class '{examples.class_names[label]}' has {count}"
        )


def without_duplicates(examples: Examples, part: np.ndarray, policy: str) -> tuple[np.ndarray, dict[str, Any]]:
    """Count the duplicates between splits and, if ``policy`` is "drop", drop them from the earlier split.

    Returns
    -------
    part : ndarray
        The split of each example, "dropped" for the dropped ones. The test split is never changed, so that results
        stay comparable.
    counts : dict
        For each pair of splits, the number of examples of the second that also occur in the first; the policy; the
        number dropped.
    """
    keys = np.array([_key(example) for example in examples.x], dtype=np.uint64)
    keys_of = {split: keys[part == split] for split in SPLITS}
    pairs = [("train", "validation"), ("train", "test"), ("validation", "test")]
    counts: dict[str, Any] = {
        f"{first}_{second}": int(np.isin(keys_of[second], keys_of[first]).sum()) for first, second in pairs
    }
    part = part.copy()
    if policy == "drop":
        for first, second in pairs:
            part[(part == first) & np.isin(keys, keys_of[second])] = "dropped"
    return part, {**counts, "policy": policy, "dropped": int((part == "dropped").sum())}


def _key(example: np.ndarray | str) -> int:
    """Return the first 64 bits of the SHA-256 digest of an example, enough to tell billions apart."""
    content = example.encode("utf-8") if isinstance(example, str) else np.ascontiguousarray(example).tobytes()
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big")


def with_label_noise(y: np.ndarray, train: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Replace a share of the training labels with a different class, drawn uniformly."""
    rows = np.flatnonzero(train)
    rng = np.random.default_rng([seed, 1])
    wrong = rng.choice(rows, round(share * len(rows)), replace=False)
    noisy = y.copy()
    if len(wrong):
        classes = int(y.max()) + 1
        noisy[wrong] = (y[wrong] + rng.integers(1, classes, size=len(wrong))) % classes
    return noisy


def encode(examples: Examples, part: np.ndarray, spec: dict[str, Any]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return ``x`` and ``y`` as stored, and the scaling and vocabulary fitted on the training split.

    Images stay bytes, texts become word ids, tables and series are scaled. Regression targets are scaled too: the
    targets of a forecast like its series, others by a scaler of their own, stored as ``scaling.target``.
    """
    x, y = examples.x, examples.y
    scaling: dict[str, Any] = {"name": "none", "mean": None, "scale": None}
    fitted: dict[str, Any] = {}
    if not isinstance(x, np.ndarray):
        texts = list(itertools.compress(x, part == "train"))
        words = text.vocabulary(texts, spec["min_count"], spec["max_words"])
        length = min(spec["max_length"], max(len(text.words(example)) for example in texts))
        columns = {"x": text.encode(x, words, length), "y": y.astype(np.int32)}
        return columns, {"scaling": scaling | {"target": None}, "vocabulary": words}
    if examples.columns is not None:
        x, scaling, fitted = encode_table(examples, part, spec["scaling"])
    elif examples.kind != "image":
        rows = x[part == "train"] if examples.reference is None else examples.reference
        scaling = fitted_scaler(spec["scaling"] or "standard", rows)
        x = scaled(x, scaling)
    if examples.class_names is not None:
        return {"x": x, "y": y.astype(np.int32)}, {**fitted, "scaling": scaling | {"target": None}}
    target = scaling
    if examples.reference is None:
        target = fitted_scaler(spec["scaling"] or "standard", y[part == "train"])
    return {"x": x, "y": scaled(y, target)}, {**fitted, "scaling": scaling | {"target": target}}


def encode_table(
    examples: Examples, part: np.ndarray, scaling: str
) -> tuple[np.ndarray, dict[str, Any], dict[str, Any]]:
    """Return the features of a user's table, their scaling, and the preprocessing fitted on the training split."""
    from layerwise.data import columns, tables

    raw = np.asarray(examples.x)
    fitted = tables.fit(examples.columns or [], raw[part == "train"], scaling)
    values = [tables.coded(*pair, raw[:, place]) for place, pair in enumerate(zip(examples.columns or [], fitted))]
    names = [name for column in fitted for name in columns.names(column)]
    pairs = [(column, name == column["name"]) for column in fitted for name in columns.names(column)]
    numbers = {
        key: [column.get(key, neutral) if scaled else neutral for column, scaled in pairs]
        for key, neutral in (("mean", 0.0), ("scale", 1.0))
    }
    description = {"feature_names": names, "columns": fitted, "findings": examples.findings}
    return columns.features(fitted, values), {"name": scaling, **numbers}, description


def scaled(values: np.ndarray, scaler: dict[str, Any]) -> np.ndarray:
    """Return ``(values - mean) / scale`` as float32, computed in float64."""
    return ((values - np.array(scaler["mean"])) / np.array(scaler["scale"])).astype(np.float32)


def fitted_scaler(name: str, rows: np.ndarray) -> dict[str, Any]:
    """Fit ``(x - mean) / scale`` along the last axis of ``rows``; a constant column has scale 1."""
    columns = rows.reshape(-1, rows.shape[-1])
    mean, scale = np.zeros(columns.shape[1]), np.ones(columns.shape[1])
    if name == "standard":
        mean, scale = mean_and_deviation(columns)
    elif name == "minmax":
        mean, scale = least_and_range(columns)
    return {"name": name, "mean": mean.tolist(), "scale": scale.tolist()}


def mean_and_deviation(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and standard deviation of each column; the deviation of a column constant up to rounding is 1.

    The second term of the two-pass variance corrects for the rounding of the mean (Chan, Golub & LeVeque 1983,
    eq. 1.7).
    """
    n, unit = len(columns), np.finfo(np.float64).eps
    mean = columns.sum(axis=0, dtype=np.float64) / n
    centered = columns - mean
    variance = ((centered**2).sum(axis=0) - centered.sum(axis=0) ** 2 / n) / n
    constant = variance <= n * unit * variance + (n * mean * unit) ** 2
    return mean, np.where(constant, 1.0, np.sqrt(variance))


def least_and_range(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the minimum and range of each column; the range of a column constant up to rounding is 1."""
    least, largest = columns.min(axis=0).astype(np.float64), columns.max(axis=0).astype(np.float64)
    distance = largest - least
    return least, np.where(distance < 10 * np.finfo(np.float64).eps, 1.0, distance)


def write(output: Path, arrays: dict[str, dict[str, np.ndarray]], info: dict[str, Any]) -> None:
    """Write the splits and ``dataset.json`` to a temporary folder, then move them into ``output``."""
    output.mkdir(parents=True, exist_ok=True)
    for leftover in output.glob(".partial-*"):  # from a process that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(prefix=".partial-", dir=output))
    try:
        for split in SPLITS:
            write_npz(temporary / f"{split}.npz", **arrays[split])
        info = {**info, "splits": {split: sha256(temporary / f"{split}.npz") for split in SPLITS}}
        write_json(temporary / "dataset.json", info)
        for name in (*(f"{split}.npz" for split in SPLITS), "dataset.json"):
            os.replace(temporary / name, output / name)
    except OSError as error:
        raise OSError(f"{output}: could not be written ({error.strerror or error}); no files were left") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
