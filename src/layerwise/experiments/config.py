"""The configuration: checked key by key, then expanded into the runs that the workflow makes."""

from __future__ import annotations

import fnmatch
import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from layerwise.data import catalogue
from layerwise.reports import REPORTS, study_module, study_modules
from layerwise.suggest import nearest

Config = dict[str, Any]

# What ``for`` calls a dataset that a page may be made about alone: that page.
PAGES = {kind: name for name, report in REPORTS.items() for kind in report.data}

# What the files list under the name of its report.
BY_REPORT = ("studies", "claims")

SPOKEN = {
    "numpy": "NumPy",
    "keras": "Keras",
    "mlp": "MLP",
    "cnn": "CNN",
    "fcn": "FCN",
    "resnet": "ResNet",
    "mnist5k": "MNIST-5k",
    "xor": "XOR",
    "bayesian": "Bayesian",
    "tpe": "TPE",
    "hyperband": "Hyperband",
    "gunpoint": "GunPoint",
    "ecg200": "ECG200",
    "ecg5000": "ECG5000",
    "italypowerdemand": "ItalyPowerDemand",
    "swedishleaf": "SwedishLeaf",
}
"""How sentences write the words of a name."""


def check(config: Config, schema: str | Path, files: Sequence[str | Path] = ()) -> None:
    """Check a configuration against its JSON schema and against itself.

    Parameters
    ----------
    config : dict
        The merged configuration.
    schema : path
        JSON schema, written in YAML.
    files : sequence of path
        The files it was merged from, the last one winning; a message names the one that holds the fault.

    Raises
    ------
    ValueError
        With one sentence: the file, the key, the value received and what is accepted.
    """
    rules = yaml.safe_load(Path(schema).read_text(encoding="utf-8"))
    errors = sorted(
        jsonschema.Draft202012Validator(rules).iter_errors(config), key=lambda e: (len(e.path), str(e.path))
    )
    for error in errors:
        path, sentence = _sentence(error)
        raise ValueError(f"{place(_as_written(config, path), files)}: {sentence}")
    for path, sentence in _contradictions(config):
        raise ValueError(f"{place(_as_written(config, path), files)}: {sentence}")


def _as_written(config: Config, path: list[Any]) -> list[Any]:
    """Return the path of a key in the files, where studies and claims stand under their report."""
    if len(path) < 2 or path[0] not in BY_REPORT:
        return path
    return [path[0], config[path[0]][path[1]]["report"], *path[1:]]


def place(path: Sequence[Any], files: Sequence[str | Path]) -> str:
    """Return ``file: dotted.key`` for messages, the file being the last one that sets the key or its nearest parent."""
    dotted = ".".join(map(str, path))
    for depth in range(len(path), 0, -1):
        for file in reversed(files):
            node: Any = _parsed(Path(file))
            try:
                for key in path[:depth]:
                    node = node[_written(node, key)]
            except (KeyError, IndexError, TypeError):
                continue
            return f"{file}: {dotted}"
    return f"configuration: {dotted}" if dotted else "configuration"


@functools.cache
def _parsed(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8")) or {}


def _written(node: Any, key: Any) -> Any:
    """Return the key as the file has it: ``flower_tanh{units}`` for ``flower_tanh4``."""
    if isinstance(node, dict) and key not in node:
        return next((k for k in node if "{" in str(k) and fnmatch.fnmatch(key, re.sub(r"{\w+}", "*", k))), key)
    return key


_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


def _sentence(error: jsonschema.ValidationError) -> tuple[list[Any], str]:
    """Turn a schema error into the key it is about and a sentence."""
    path: list[Any] = list(error.absolute_path)
    value: Any = error.instance
    limit: Any = error.validator_value
    if error.validator == "additionalProperties":
        accepted = error.schema["properties"]  # type: ignore[index]
        unknown = next(key for key in value if key not in accepted)
        return [*path, unknown], f"unknown key{nearest(unknown, accepted)}"
    if error.validator == "pattern":
        return path, f"'{value}' is not a usable name; letters, digits and _ are, starting with a letter"
    if error.validator == "required":
        missing = next(key for key in limit if key not in value)
        return path, f"the key '{missing}' is missing"
    if error.validator == "enum":
        return path, f"got {value!r}{nearest(value, map(str, limit))}"
    if error.validator == "type":
        kinds = [limit] if isinstance(limit, str) else limit
        hint = " (YAML reads 1e-4 as text: write 1.0e-4)" if _is_number(value) and "number" in kinds else ""
        return path, f"expected {' or '.join(_KINDS[kind] for kind in kinds)}, got {value!r}{hint}"
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "greater than",
        "maximum": "at most",
        "exclusiveMaximum": "less than",
        "minItems": "a list of at least length",
    }
    if error.validator in words:
        return path, f"must be {words[str(error.validator)]} {limit}, got {value!r}"
    if error.context:
        return _sentence(max(error.context, key=lambda e: len(e.absolute_path)))
    return path, error.message


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return isinstance(value, str)


def _contradictions(config: Config) -> Iterator[tuple[list[Any], str]]:
    """Yield what a schema cannot say: names that nothing defines."""
    for report, names in config["reports"].items():
        if report not in REPORTS:
            yield ["reports", report], f"unknown report{nearest(report, REPORTS)}"
        for i, name in enumerate(names):
            if name not in config["experiments"]:
                yield ["reports", report, i], f"unknown experiment '{name}'{nearest(name, config['experiments'])}"
    for name, spec in config["experiments"].items():
        if spec["dataset"] not in config["datasets"]:
            dataset = spec["dataset"]
            yield ["experiments", name, "dataset"], f"unknown dataset '{dataset}'{nearest(dataset, config['datasets'])}"
        if "start" in spec:
            yield from ((["experiments", name, "start"], sentence) for sentence in _false_start(config, name))
    for name, spec in config.get("studies", {}).items():
        for i, dataset in enumerate(spec.get("datasets", [])):
            if dataset not in config["datasets"]:
                found = f"unknown dataset '{dataset}'{nearest(dataset, config['datasets'])}"
                yield ["studies", name, "datasets", i], found
        for i, sweep in enumerate(spec.get("sweeps", [])):
            if sweep not in (known := config.get("sweeps", {})):
                yield ["studies", name, "sweeps", i], f"unknown sweep '{sweep}'{nearest(sweep, known)}"


def _false_start(config: Config, name: str) -> Iterator[str]:
    """Yield what keeps an experiment from starting with the weights of another."""
    known = config["experiments"]
    chain = [name]
    while start := known[chain[-1]].get("start"):
        first = start["experiment"]
        if first not in known:
            yield f"unknown experiment '{first}'{nearest(first, known)}"
            return
        if first in chain:
            yield f"goes in a circle: {' from '.join([*chain, first])}"
            return
        chain.append(first)
    first = chain[1]
    for backend in backends(config, name):
        if backend not in backends(config, first):
            yield f"'{first}' is not trained in {backend}; give both experiments the same backends"
    there, here = len(seeds(config, first)), len(seeds(config, name))
    if there < here:
        yield f"'{first}' has {there} seeds, this experiment {here}; give it no more"


def typed(value: Any) -> Any:
    """Return what ``--config`` gave with its numbers, truths and nulls: in lists and mappings Snakemake leaves text."""
    if isinstance(value, Mapping):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    read = yaml.safe_load(value) if isinstance(value, str) and value.strip() else value
    return value if isinstance(read, Mapping | list) else read


def subject(config: Config) -> tuple[str, str, Config] | None:
    """Return what the key ``dataset`` asks a page about: its kind as ``for`` calls it, its name, its specification.

    ``dataset`` is a name of ``datasets``, or the description of a new one, ``{csv: my.csv, label: species}``. The kind
    of tables and arrays is "dataset"; others are "images", "text", "ucr" (series with classes) and "series".

    Raises
    ------
    ValueError
        If there is no such dataset.
    """
    chosen = config.get("dataset")
    if chosen is None:
        return None
    if isinstance(chosen, str) and chosen not in config["datasets"]:
        hint = f"{nearest(chosen, config['datasets'])}; a table of your own is {{csv: FILE, label: COLUMN}}"
        raise ValueError(f"dataset: unknown dataset '{chosen}'{hint}")
    spec = config["datasets"][chosen] if isinstance(chosen, str) else chosen
    key, source = catalogue.source_of(spec, "dataset")
    forecast = source.task == "regression"
    kinds = {"image": "images", "text": "text", "series": "series" if forecast else "ucr"}
    kind = kinds.get(source.kind, "dataset")
    if isinstance(chosen, str):
        return kind, chosen, spec
    title = re.sub("_?TRAIN", "", Path(str(spec[key])).stem) or "data"
    return kind, "user_" + re.sub(r"\W", "_", title), {"title": title, **spec}


def page(config: Config) -> str | None:
    """Return the report about the one dataset asked for, if the key ``dataset`` asks for it."""
    asked = subject(config)
    return None if asked is None else PAGES[asked[0]]


def about(config: Config) -> Config:
    """Return the configuration of the report about one dataset alone, if the key ``dataset`` asks for it.

    What is made ``for: {dataset: […]}`` of assignment 1, or of another kind ``for: {text: […]}``, is made for it; a
    table also with features as they are. Every other experiment, study and report is left out.

    Raises
    ------
    ValueError
        If there is no such dataset.
    """
    asked = subject(config)
    if asked is None:
        return config
    kind, name, spec = asked
    made: Config = {}
    for part in ("experiments", "studies", "claims"):
        entries = {
            key: entry
            for key, entry in (config.get(part) or {}).items()
            if kind in entry.get("for", {}) and _drawn_on(PAGES[kind], key, entry, config)
        }
        made[part] = {key: {**entry, "for": {**entry["for"], kind: [name]}} for key, entry in entries.items()}
    raw = {f"{name}_raw": {**spec, "scaling": "none"}} if kind == "dataset" else {}
    return {
        **config,
        **made,
        "sweeps": {},
        "datasets": {**config["datasets"], name: spec, **raw},
        "reports": {report: [] for report in config["reports"]}
        | {PAGES[kind]: [_fill(key, {kind: name}) for key in made["experiments"]]},
    }


def _drawn_on(report: str, name: str, entry: Config, config: Config) -> bool:
    """Whether a report draws an entry: a study or claim says so itself, the report names its experiments."""
    named = any(fnmatch.fnmatch(name, pattern) for pattern in config["reports"][report])
    return entry["report"] == report if "report" in entry else named or "user" in entry["for"].values()


def expand(config: Config) -> Config:
    """Return the configuration with each entry that has a ``for`` key made into one for each of its values.

    What is made ``for: {images: user}`` is made for a dataset that `about` was asked for, and otherwise left out.
    The experiment ``flower_tanh{units}: {for: {units: [1, 2]}, …}`` becomes ``flower_tanh1`` and ``flower_tanh2``, and
    ``{units}`` is replaced throughout; so do datasets, studies and claims. A report may name them all by a pattern,
    ``flower_tanh*``. Studies whose name matches a pattern of ``skip_studies`` are left out.
    """
    entries = {part: _with_report(part, config.get(part) or {}) for part in BY_REPORT}
    config = about({**config, **entries, "datasets": _each(config.get("datasets") or {})})
    experiments = _each(config["experiments"])
    studies = {
        name: spec
        for name, spec in _each(config.get("studies") or {}).items()
        if not any(fnmatch.fnmatch(name, pattern) for pattern in config.get("skip_studies", []))
    }
    reports = {
        report: [match for name in names for match in (fnmatch.filter(experiments, name) or [name])]
        for report, names in config["reports"].items()
    }
    parts = {part: _each(config.get(part) or {}) for part in ("sweeps", "claims")}
    return {**config, **parts, "experiments": experiments, "studies": studies, "reports": reports}


def _with_report(part: str, reports: Config) -> Config:
    """Return the entries that the files list by report, by name, each with its report.

    Raises
    ------
    ValueError
        If there is no such report, two of them have an entry of the same name, or something is no mapping.
    """
    made: Config = {}
    for report, entries in _mapping(part, reports).items():
        if report not in REPORTS:
            raise ValueError(f"{part}.{report}: unknown report{nearest(report, REPORTS)}")
        for name, entry in _mapping(f"{part}.{report}", entries or {}).items():
            if name in made:
                raise ValueError(f"{part}.{report}.{name}: {made[name]['report']} has an entry of that name too")
            for key in ("report", "module"):
                if key in _mapping(f"{part}.{report}.{name}", entry):
                    raise ValueError(
                        f"{part}.{report}.{name}.{key}: unknown key; where and how an entry is named says it"
                    )
            made[name] = {"report": report, **entry}
            if part == "studies":
                made[name]["module"] = _study_module(report, name)
    return made


def _study_module(report: str, study: str) -> str:
    module = study_module(report, study)
    if module is None:
        hint = nearest(study, study_modules(report))
        raise ValueError(
            f"studies.{report}.{study}: a study has the name of its module in src/layerwise/reports/{report}/studies, "
            f"or that name, an underscore and more{hint}"
        )
    return module


def _mapping(place: str, value: Any) -> Config:
    if not isinstance(value, dict):
        raise ValueError(f"{place}: expected a mapping, got {value!r}")
    return value


def _each(entries: Config) -> Config:
    """Return the entries, one with a ``for`` key made into one for each combination of its values."""
    made: Config = {}
    for name, spec in entries.items():
        choices = spec.get("for") if isinstance(spec, dict) else None
        if isinstance(choices, dict) and "user" in choices.values():
            continue
        if not isinstance(choices, dict) or not all(isinstance(values, list) and values for values in choices.values()):
            made[name] = spec  # nothing to expand, or for the schema to refuse
            continue
        for values in itertools.product(*choices.values()):
            chosen = dict(zip(choices, values))
            rest = {key: value for key, value in spec.items() if key != "for"}
            made[_fill(name, chosen)] = _fill(rest, chosen)
    return made


def _fill(value: Any, chosen: Mapping[str, Any]) -> Any:
    """Replace ``{key}`` by its value: as it is where it stands alone, as text in a name, as words in a sentence."""
    if isinstance(value, dict):
        return {key: _fill(item, chosen) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, chosen) for item in value]
    if not isinstance(value, str):
        return value
    for key, item in chosen.items():
        if value == f"{{{key}}}":
            return item
        value = value.replace(f"{{{key}}}", _spoken(item) if " " in value else str(item))
    return value


def _spoken(item: Any) -> str:
    """Return what a sentence calls it: ``mnist5k_cnn`` is the MNIST-5k CNN, ``user_my_table`` my table."""
    return " ".join(SPOKEN.get(word, word) for word in str(item).removeprefix("user_").split("_"))


def backends(config: Config, experiment: str) -> list[str]:
    """Return the backends in which an experiment is trained."""
    return config["experiments"][experiment].get("backends", config["backends"])


def published(config: Config, experiment: str) -> Config:
    """Return the anchors measured on an experiment's dataset, ``movie_reviews`` standing for all its folds."""
    dataset = config["experiments"][experiment]["dataset"]
    anchors = (config.get("anchors") or {}).items()
    return {name: anchor for name, anchor in anchors if re.fullmatch(rf"{anchor['dataset']}(_\d+)?", dataset)}


def seeds(config: Config, experiment: str) -> range:
    """Return the seeds with which an experiment is trained in each backend."""
    return range(config["experiments"][experiment].get("seeds", config["seeds"]))


def seed_groups(config: Config, experiment: str) -> list[range]:
    """Return the seeds of an experiment in the groups that one process trains, ``seeds_per_job`` at a time."""
    every, size = seeds(config, experiment), config["seeds_per_job"]
    return [every[start : start + size] for start in range(0, len(every), size)]


def layer_names(model: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the names of all layers of a model, those inside nested branches included."""
    names: set[str] = set()
    for layer in model:
        names.add(layer["layer"])
        for value in layer.values():
            for branch in value if isinstance(value, list) and value and isinstance(value[0], list) else [value]:
                if isinstance(branch, list) and branch and isinstance(branch[0], Mapping) and "layer" in branch[0]:
                    names |= layer_names(branch)
    return names
