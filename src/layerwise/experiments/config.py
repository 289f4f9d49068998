"""The configuration: validated key by key, then expanded into the runs of the workflow."""

from __future__ import annotations

import ast
import fnmatch
import functools
import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import yaml

from layerwise.data import catalogue
from layerwise.reports import ALL_REPORTS, study_module, study_modules
from layerwise.suggest import nearest, suggestion

Config = dict[str, Any]

# Kind of dataset, as written in ``for`` → the page that can be built for such a dataset alone.
PAGES = {kind: name for name, report in ALL_REPORTS.items() for kind in report.data}

# Sections whose entries are listed under the name of their report in the files.
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
    "GradCAM": "Grad-CAM",
    "gunpoint": "GunPoint",
    "ecg200": "ECG200",
    "ecg5000": "ECG5000",
    "italypowerdemand": "ItalyPowerDemand",
    "swedishleaf": "SwedishLeaf",
}
"""How the parts of a name are written in sentences."""


def check(config: Config, schema: str | Path, files: Sequence[str | Path] = ()) -> None:
    """Check a configuration against its JSON schema and for consistency.

    Parameters
    ----------
    config : dict
        The merged configuration.
    schema : path
        JSON schema, written in YAML.
    files : sequence of path or dict
        The files it was merged from, later ones overriding earlier ones; messages name the file with the error. A dict
        holds the values of ``--config``.

    Raises
    ------
    ValueError
        If it is invalid. The message names the file, the key and the value.
    """
    for file in files:
        if not isinstance(file, Mapping):
            _parsed(Path(file))  # refuses keys that are set twice
    rules = yaml.safe_load(Path(schema).read_text(encoding="utf-8"))
    errors = sorted(_Validator(rules).iter_errors(config), key=lambda e: (len(e.path), str(e.path)))
    for error in errors:
        path, sentence = _sentence(error)
        raise ValueError(f"{place(_as_written(config, path), files)}: {sentence}")
    for path, sentence in _inconsistencies(config):
        raise ValueError(f"{place(_as_written(config, path), files)}: {sentence}")


_Validator = jsonschema.validators.extend(  # to JSON schema, 2.0 is an integer too
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


def _as_written(config: Config, path: list[Any]) -> list[Any]:
    """Return the path of a key in the files: studies and claims are listed under their report, a new dataset alone."""
    if len(path) < 2:
        return path
    if path[0] in BY_REPORT:
        report = config.get(path[0], {}).get(path[1], {}).get("report")
        return [path[0], report, *path[1:]] if report else path
    if path[0] == "datasets" and isinstance(config.get("dataset"), Mapping) and str(path[1]).startswith("user_"):
        return ["dataset", *path[2:]]
    return path


def located(config: Config, error: ValueError, files: Sequence[str | Path | Config]) -> str:
    """Return the message of an error, ``dotted.key: sentence``, with the file that sets the key."""
    dotted, _, sentence = str(error).partition(": ")
    return f"{place(_as_written(config, dotted.split('.')), files)}: {sentence}" if sentence else str(error)


def place(path: Sequence[Any], files: Sequence[str | Path | Config]) -> str:
    """Return ``file: dotted.key`` for messages, where the file is the last one that sets the key or its parent."""
    dotted = ".".join(map(str, path))
    for depth in range(len(path), 0, -1):
        for file in reversed(files):
            node: Any = file if isinstance(file, Mapping) else _parsed(Path(file))
            try:
                for key in path[:depth]:
                    node = node[_written(node, key)]
            except (KeyError, IndexError, TypeError):
                continue
            return f"{'--config' if isinstance(file, Mapping) else file}: {dotted}"
    return f"configuration: {dotted}" if dotted else "configuration"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A YAML loader that refuses a mapping with the same key twice, of which YAML would keep the second."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        """Return a mapping."""
        first: dict[Any, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and first.setdefault((key.tag, key.value), line) != line:
                lines = f"{first[key.tag, key.value]} and {line}"
                raise ValueError(f"the key '{key.value}' is set twice, in lines {lines}; remove one of them")
        return super().construct_mapping(node, deep)


@functools.cache
def _parsed(file: Path) -> Any:
    try:
        return yaml.load(file.read_text(encoding="utf-8"), _Loader) or {}
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None


def _written(node: Any, key: Any) -> Any:
    """Return the key as written in the file: ``flower_tanh{units}`` for ``flower_tanh4``."""
    if isinstance(node, dict) and key not in node:
        return next((k for k in node if "{" in str(k) and fnmatch.fnmatch(key, re.sub(r"{\w+}", "*", k))), key)
    return key


_KINDS = {
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


def _sentence(error: jsonschema.ValidationError) -> tuple[list[Any], str]:
    """Return the path of the key that a schema error is about, and an error message."""
    path: list[Any] = list(error.absolute_path)
    value: Any = error.instance
    limit: Any = error.validator_value
    if error.validator == "additionalProperties":
        accepted = error.schema["properties"]  # type: ignore[index]
        unknown = next(key for key in value if key not in accepted)
        return [*path, unknown], f"unknown key{nearest(unknown, accepted)}"
    if error.validator == "pattern":
        return path, f"a name must consist of letters, digits and _ and start with a letter, got {value!r}"
    if error.validator == "required":
        missing = next(key for key in limit if key not in value)
        return path, f"the key '{missing}' is missing"
    if error.validator == "enum":
        names = sorted(map(str, limit))
        return path, f"must be one of {', '.join(names)}, got {value!r}{suggestion(value, names)}"
    if error.validator == "type":
        kinds = [limit] if isinstance(limit, str) else limit
        hint = " (YAML reads 1e-4 as text: write 1.0e-4)" if _is_number(value) and "number" in kinds else ""
        return path, f"must be {' or '.join(_KINDS[kind] for kind in kinds)}, got {value!r}{hint}"
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "greater than",
        "maximum": "at most",
        "exclusiveMaximum": "less than",
        "minItems": "a list of length at least",
    }
    if error.validator == "uniqueItems":
        return path, f"must not list a value twice, got {value!r}"
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


def _inconsistencies(config: Config) -> Iterator[tuple[list[Any], str]]:
    """Yield errors that a schema cannot express, such as references to undefined names."""
    for report, names in config["reports"].items():
        if report not in ALL_REPORTS:
            yield ["reports", report], f"unknown report{nearest(report, ALL_REPORTS)}"
        for i, name in enumerate(names):
            if name not in config["experiments"]:
                yield ["reports", report, i], f"unknown experiment '{name}'{nearest(name, config['experiments'])}"
    for name, spec in config["experiments"].items():
        if spec["dataset"] not in config["datasets"]:
            dataset = spec["dataset"]
            yield ["experiments", name, "dataset"], f"unknown dataset '{dataset}'{nearest(dataset, config['datasets'])}"
        if "start" in spec:
            yield from ((["experiments", name, "start"], sentence) for sentence in _start_errors(config, name))
    for name, spec in config.get("studies", {}).items():
        for i, dataset in enumerate(spec.get("datasets", [])):
            if dataset not in config["datasets"]:
                sentence = f"unknown dataset '{dataset}'{nearest(dataset, config['datasets'])}"
                yield ["studies", name, "datasets", i], sentence
        known = _study_arguments(spec["report"], spec["module"], bool(spec.get("runs")) + bool(spec.get("sweeps")))
        for key in spec.get("arguments", {}):
            if key not in known:
                yield ["studies", name, "arguments", key], f"unknown argument{nearest(key, known)}"
        for i, sweep in enumerate(spec.get("sweeps", [])):
            if sweep not in (known := config.get("sweeps", {})):
                yield ["studies", name, "sweeps", i], f"unknown sweep '{sweep}'{nearest(sweep, known)}"


def _study_arguments(report: str, module: str, artifacts: int) -> list[str]:
    """Return the arguments that a study takes besides its data and ``artifacts``, read from the code of the module."""
    source = (Path(__file__).parents[1] / "reports" / report / "studies" / f"{module}.py").read_text(encoding="utf-8")
    run = next(node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "run")
    return [argument.arg for argument in (*run.args.posonlyargs, *run.args.args)][1 + artifacts :] + [
        argument.arg for argument in run.args.kwonlyargs
    ]


def _start_errors(config: Config, name: str) -> Iterator[str]:
    """Yield the reasons why an experiment cannot start from the weights of another."""
    known = config["experiments"]
    chain = [name]
    while start := known[chain[-1]].get("start"):
        first = start["experiment"]
        if first not in known:
            yield f"unknown experiment '{first}'{nearest(first, known)}"
            return
        if first in chain:
            yield f"circular dependency: {' from '.join([*chain, first])}"
            return
        chain.append(first)
    first = chain[1]
    for backend in backends(config, name):
        if backend not in backends(config, first):
            yield f"'{first}' is not trained in {backend}; give both experiments the same backends"
    available, needed = len(seeds(config, first)), len(seeds(config, name))
    if available < needed:
        yield f"seeds must be at most those of '{first}', {available}, got {needed}"


def typed(value: Any) -> Any:
    """Parse the scalars in lists and mappings given to ``--config``, which Snakemake leaves as text."""
    if isinstance(value, Mapping):
        texts = catalogue.text_keys(value)  # a column called 2 is no number
        return {key: item if key in texts else typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    try:
        read = yaml.safe_load(value) if isinstance(value, str) and value.strip() else value
    except yaml.YAMLError:  # a pattern such as *, which means something else in YAML
        return value
    return value if isinstance(read, Mapping | list) else read


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


def about(config: Config) -> Config:
    """Return the configuration reduced to the report about one dataset if the key ``dataset`` is set.

    The entries of that report with ``for: {table: user}``, or ``for: {text: […]}`` and so on for other kinds, are
    created for this dataset. All other experiments, studies and reports are omitted.

    Raises
    ------
    ValueError
        If the dataset does not exist or cannot be used.
    """
    selected = subject(config)
    if selected is None:
        return config
    values = {key: value if isinstance(value, list) else [value] for key, value in selected.values.items()}
    report = PAGES[selected.kind]
    sections: Config = {}
    for part in ("experiments", "studies", "claims"):
        sections[part] = {
            key: {**entry, loop: entry[loop] | {k: v for k, v in values.items() if k in entry[loop]}}
            for key, entry in (config.get(part) or {}).items()
            for loop in ("for", "each")
            if _applies(entry.get(loop, {}), values) and _drawn_on(report, key, entry, config)
        }
    folds = {f"{selected.name}_fold{k}": {**selected.spec, "fold": k} for k in values.get("fold", [])}
    return {
        **config,
        **sections,
        "sweeps": {},
        "datasets": {**config["datasets"], selected.name: selected.spec, **folds},
        "reports": {name: [] for name in config["reports"]}
        | {report: list(_each(sections["experiments"], "experiments"))},
    }


def _applies(choices: Config, values: Config) -> bool:
    """Return whether an entry is to be created for a dataset: it has one of its values, and all those it needs."""
    needed = {key for key, value in choices.items() if value == "user"}
    return needed <= set(values) and any(key in values for key in choices)


def _drawn_on(report: str, name: str, entry: Config, config: Config) -> bool:
    """Return whether a report uses an entry; studies and claims name their report, a report names its experiments."""
    named = any(fnmatch.fnmatch(name, pattern) for pattern in config["reports"].get(report, []))
    return entry["report"] == report if "report" in entry else named or "user" in entry["for"].values()


def expand(config: Config) -> Config:
    """Return the configuration with each entry that has a ``for`` key expanded into one entry per value.

    The experiment ``flower_tanh{units}: {for: {units: [1, 2]}, …}`` becomes ``flower_tanh1`` and ``flower_tanh2``, and
    ``{units}`` is replaced throughout. The same holds for datasets, sweeps, studies and claims. A report can name all
    of them with a pattern, ``flower_tanh*``. Entries with ``for: {images: user}`` are only created for the dataset of
    `about`. Studies whose name matches a pattern of ``skip_studies`` are omitted. A claim with ``each: {dataset: […]}``
    stays one claim, with a case per value.
    """
    _check_sections(config)
    entries = {part: _with_report(part, config.get(part) or {}) for part in BY_REPORT}
    config = about({**config, **entries, "datasets": _each(config["datasets"], "datasets")})
    experiments = _each(config["experiments"], "experiments")
    studies = {
        name: spec
        for name, spec in _each(config.get("studies") or {}, "studies").items()
        if not any(fnmatch.fnmatch(name, pattern) for pattern in config.get("skip_studies", []))
    }
    reports = {
        report: list(dict.fromkeys(match for name in names for match in (fnmatch.filter(experiments, name) or [name])))
        for report, names in config["reports"].items()
    }
    sweeps = _each(config.get("sweeps") or {}, "sweeps")
    claims = {name: _with_cases(claim) for name, claim in _each(config.get("claims") or {}, "claims").items()}
    return {
        **config,
        "sweeps": sweeps,
        "claims": claims,
        "experiments": experiments,
        "studies": studies,
        "reports": reports,
    }


def ladders(config: Config) -> list[str]:
    """Return the names of the experiments that have a ``for`` key as patterns, such as ``flower_tanh*``.

    Call it before `expand`.
    """
    return [re.sub(r"{\w+}", "*", name) for name in config["experiments"] if "{" in name]


def _with_report(part: str, reports: Config) -> Config:
    """Return the entries of a section listed by report as one mapping by name, adding the report to each entry.

    Raises
    ------
    ValueError
        If a report is unknown, two reports have an entry of the same name, or a value is not a mapping.
    """
    named: Config = {}
    for report, entries in _mapping(part, reports).items():
        if report not in ALL_REPORTS:
            raise ValueError(f"{part}.{report}: unknown report{nearest(report, ALL_REPORTS)}")
        for name, entry in _mapping(f"{part}.{report}", entries or {}).items():
            if name in named:
                raise ValueError(
                    f"{part}.{report}.{name}: name must be unique, but {named[name]['report']} already uses it"
                )
            for key in ("report", "module"):
                if key in _mapping(f"{part}.{report}.{name}", entry):
                    raise ValueError(
                        f"{part}.{report}.{name}.{key}: must not be set; the place and name of the entry determine it"
                    )
            named[name] = {"report": report, **entry}
            if part == "studies":
                named[name]["module"] = _study_module(report, name)
    return named


def _study_module(report: str, study: str) -> str:
    module = study_module(report, study)
    if module is None:
        hint = nearest(study, study_modules(report))
        raise ValueError(
            f"studies.{report}.{study}: must be named after its module in src/layerwise/reports/{report}/studies, "
            f"optionally followed by an underscore and a suffix{hint}"
        )
    return module


def _check_sections(config: Config) -> None:
    """Raise ValueError unless the sections that are expanded are mappings of names and lists of names."""
    for part in ("reports", "datasets", "experiments", "studies", "claims", "sweeps", "anchors"):
        required = part in ("reports", "datasets", "experiments")
        for name in _mapping(part, config.get(part) if required else config.get(part) or {}):
            if not isinstance(name, str):
                raise ValueError(f"{part}: a name must be text, got {name!r}")
    lists = {f"reports.{report}": names for report, names in config["reports"].items()}
    for place, names in {**lists, "skip_studies": config.get("skip_studies", [])}.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"{place}: must be a list of names, got {names!r}")


def _mapping(place: str, value: Any) -> Config:
    if not isinstance(value, dict):
        raise ValueError(f"{place}: must be a mapping, got {value!r}")
    return value


def _each(entries: Config, part: str) -> Config:
    """Return the entries, expanding those with a ``for`` key into one per combination of its values.

    Raises
    ------
    ValueError
        If two of them have the same name.
    """
    expanded: Config = {}
    for name, spec in entries.items():
        choices = spec.get("for") if isinstance(spec, dict) else None
        if isinstance(choices, dict) and "user" in choices.values():
            continue
        if not isinstance(choices, dict) or not all(isinstance(values, list) and values for values in choices.values()):
            expanded[name] = spec  # nothing to expand, or invalid, which the schema reports
            continue
        for values in itertools.product(*choices.values()):
            chosen = dict(zip(choices, values))
            rest = {key: value for key, value in spec.items() if key != "for"}
            filled = _fill(name, chosen)
            if filled in expanded or (filled != name and filled in entries):
                raise ValueError(f"{part}.{name}: the name of each entry must be unique, got '{filled}' twice")
            expanded[filled] = _fill(rest, chosen)
    return expanded


def _with_cases(claim: Any) -> Any:
    """Return a claim whose key ``each`` is replaced by ``cases``: name of the case → the keys that depend on it."""
    choices = claim.get("each") if isinstance(claim, dict) else None
    if not isinstance(choices, dict) or not all(isinstance(values, list) and values for values in choices.values()):
        return claim
    shared = {key: value for key, value in claim.items() if key != "each"}
    cases = {}
    for values in itertools.product(*choices.values()):
        filled = _fill(shared, dict(zip(choices, values)))
        keys = {key: value for key, value in filled.items() if value != shared[key]}
        words = (_spoken(value) if isinstance(value, str) else f"{value} {key}" for key, value in zip(choices, values))
        cases[" ".join(words)] = keys
    return {**shared, "cases": cases}


def _fill(value: Any, chosen: Mapping[str, Any]) -> Any:
    """Replace ``{key}`` with its value: unchanged if it stands alone, as text in a name, as words in a sentence."""
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
    """Return a name as written in sentences: ``mnist5k_cnn`` → "MNIST-5k CNN", ``user_my_table`` → "my table"."""
    return " ".join(SPOKEN.get(word, word) for word in str(item).removeprefix("user_").split("_"))


def backends(config: Config, experiment: str) -> list[str]:
    """Return the backends in which an experiment is trained."""
    return config["experiments"][experiment].get("backends", config["backends"])


def published(config: Config, experiment: str) -> Config:
    """Return the published results on an experiment's dataset; ``movie_reviews`` stands for all its folds."""
    dataset = config["experiments"][experiment]["dataset"]
    anchors = (config.get("anchors") or {}).items()
    return {name: anchor for name, anchor in anchors if re.fullmatch(rf"{anchor['dataset']}(_\d+)?", dataset)}


def seeds(config: Config, experiment: str) -> range:
    """Return the seeds with which an experiment is trained in each backend."""
    return range(config["experiments"][experiment].get("seeds", config["seeds"]))


def seed_groups(config: Config, experiment: str) -> list[range]:
    """Return the seeds of an experiment in groups of ``seeds_per_job``, each trained by one process."""
    every, size = seeds(config, experiment), config["seeds_per_job"]
    return [every[start : start + size] for start in range(0, len(every), size)]
