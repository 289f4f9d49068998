"""The default and the full configuration as the workflow sees them."""

from pathlib import Path

import yaml

from layerwise.experiments import expansion

FOLDER = Path(__file__).parents[2] / "config"


def _merge(whole, more):
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(whole.get(key), dict):
            _merge(whole[key], value)
        else:
            whole[key] = value


def _read(*more):
    whole = yaml.safe_load((FOLDER / "config.yaml").read_text())
    for path in sorted([FOLDER / "datasets.yaml", FOLDER / "anchors.yaml", *FOLDER.glob("*/*.yaml")]) + list(more):
        _merge(whole, yaml.safe_load(path.read_text()))
    return expansion.expand(whole)


CATALOGUE, FULL = _read(), _read(FOLDER / "full.yaml")


def of_report(part, *reports):
    """Return the studies or claims of reports, by name."""
    return {name: entry for name, entry in CATALOGUE[part].items() if entry["report"] in reports}
