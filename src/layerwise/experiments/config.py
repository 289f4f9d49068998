"""The configuration: validated key by key, then expanded into the runs of the workflow."""

from __future__ import annotations

import ast
import fnmatch
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from layerwise.data import catalogue
from layerwise.reports import ALL_REPORTS
from layerwise.suggest import nearest, suggestion

Config = dict[str, Any]

# Sections whose entries are listed under the name of their report in the files.
BY_REPORT = ("studies", "claims")


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
