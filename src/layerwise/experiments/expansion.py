"""Expansion of the configuration: an entry with a ``for`` key becomes one entry per value."""

from __future__ import annotations

import fnmatch
import itertools
import re
from collections.abc import Mapping
from typing import Any

from layerwise.experiments.config import BY_REPORT, Config
from layerwise.experiments.subject import PAGES, subject
from layerwise.reports import ALL_REPORTS, study_module, study_modules
from layerwise.suggest import nearest

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
