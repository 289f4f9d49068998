"""The dataset in the key ``dataset``: its kind, which decides the page, and the values that depend on its size."""

from __future__ import annotations

import functools
import json
import math
import re
from pathlib import Path
from typing import NamedTuple

from layerwise.data import catalogue
from layerwise.experiments.config import Config
from layerwise.reports import ALL_REPORTS
from layerwise.suggest import nearest

# Kind of dataset, as written in ``for`` → the page that can be built for such a dataset alone.
PAGES = {kind: name for name, report in ALL_REPORTS.items() for kind in report.data}


class Subject(NamedTuple):
    """The dataset in the key ``dataset``.

    Attributes
    ----------
    kind : {"table", "images", "text", "ucr", "series"}
        Kind of dataset, which decides the page; "ucr" are labeled series, "series" is one to forecast.
    name : str
        Its name in ``datasets``.
    spec : dict
        Its specification.
    values : dict
        Key of ``for`` → value with which entries are created for this dataset.
    message : str
        What was found in a user's file and what was done about it.
    """

    kind: str
    name: str
    spec: Config
    values: Config
    message: str = ""


def subject(config: Config) -> Subject | None:
    """Return the dataset in the key ``dataset``, or None if it is not set.

    ``dataset`` is a name in ``datasets``, or the specification of a new one, ``{csv: my.csv, label: species}``. A
    user's table or arrays are read, because the models depend on the task and the number of rows.

    Raises
    ------
    ValueError
        If the dataset does not exist, or a user's table or arrays cannot be used.
    """
    chosen = config.get("dataset")
    if chosen is None:
        return None
    if isinstance(chosen, str) and chosen not in config["datasets"]:
        hint = f"{nearest(chosen, config['datasets'])}; write your own table as {{csv: FILE, label: COLUMN}}"
        raise ValueError(f"dataset: unknown dataset '{chosen}'{hint}")
    spec = config["datasets"][chosen] if isinstance(chosen, str) else chosen
    key, source = catalogue.source_of(spec, "dataset")
    if isinstance(chosen, str):
        name = chosen
    else:
        title = re.sub("_?TRAIN", "", Path(str(spec[key])).stem) or "data"
        name, spec = "user_" + re.sub(r"\W", "_", title), {"title": title, **spec}
    if source.kind not in ("table", "any"):
        kinds = {"image": "images", "text": "text", "series": "series" if source.task == "regression" else "ucr"}
        kind = kinds[source.kind]
        return Subject(kind, name, spec, {kind: name})
    kind, values, message = _examined(json.dumps(spec))
    return Subject(kind, name, spec, {key: name if value is None else value for key, value in values.items()}, message)


@functools.cache
def _examined(text: str) -> tuple[str, Config, str]:
    """Return the kind, the values and the message of a table or arrays, None for the dataset's name in the values."""
    from layerwise.data import prepare  # reads with pandas, which most runs do not need here

    spec = catalogue.complete(json.loads(text), "dataset")
    try:
        examples = prepare.loader(spec, "")(spec)
    except (OSError, ValueError) as error:
        raise ValueError(f"dataset: {error}") from None
    rows, names = len(examples.y), examples.class_names
    if examples.kind != "table":
        kind = "images" if examples.kind == "image" else "ucr"
        return kind, {kind: None}, ""
    tasks = ["regression"] if names is None else ["classification", "binary" if len(names) == 2 else "multiclass"]
    values: Config = {**dict.fromkeys(["table", *tasks]), **training_values(rows)}
    values["class_weight"] = spec.get("class_weight", "none")
    if spec["folds"] and "fold" not in json.loads(text):
        values["fold"] = list(range(spec["folds"]))
    return "table", values, prepare.message(spec, examples)


def training_values(rows: int) -> Config:
    """Return the batch size, epochs and patience for a table: about a hundred updates per epoch, fewer epochs if large.

    The batch size is a power of two from 16 to 1024.
    """
    large = rows > 100_000
    size = 2 ** round(math.log2(min(max(rows / 100, 16), 1024)))
    return {"batch_size": size, "epochs": 20 if large else 100, "patience": 3 if large else 10}


def page(config: Config) -> str | None:
    """Return the report about the dataset in the key ``dataset``, or None if it is not set."""
    selected = subject(config)
    return None if selected is None else PAGES[selected.kind]
