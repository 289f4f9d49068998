"""How what was trained stands beside published numbers: the full configuration's runs, each from its own artifacts.

Single runs will do: what is not there is left out.

    snakemake --cores 4 reports --configfile config/full.yaml      trains them all: hours
    python benchmarks/published.py [results ...]                   reads what is there, in one or more such folders
"""

import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from snakemake.utils import update_config

from layerwise.claims.artifacts import Artifacts
from layerwise.data.published import READERS
from layerwise.experiments.config import expand
from layerwise.pipeline.files import read_json
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.index import markdown

ROOT = Path(__file__).parents[1]
FOLD = re.compile(r"(?<=^movie_reviews_cnn)_\d$")  # ten folds are ten runs of one experiment
# The factor, the digits and the unit in which a measure is told.
TOLD = {"accuracy": (100, 2, " %"), "mse": (1, 3, "")}


def configuration() -> dict[str, Any]:
    """Return the full configuration with its catalogue, as the Snakefile puts it together."""
    config: dict[str, Any] = {}
    catalogue = [ROOT / "config/datasets.yaml", ROOT / "config/anchors.yaml", *sorted(ROOT.glob("config/*/*.yaml"))]
    for path in [ROOT / "config/config.yaml", *catalogue, ROOT / "config/full.yaml"]:
        update_config(config, yaml.safe_load(path.read_text(encoding="utf-8")))
    return expand(config)


def told(value: float, metric: str) -> str:
    """Return a measure in words."""
    factor, digits, unit = TOLD[metric]
    return f"{factor * value:.{digits}f}{unit}"


def row(folders: list[Path], anchors: dict[str, Any]) -> dict[str, Any]:
    """Return what the runs of one experiment in one backend have reached, with what time, beside what is published."""
    runs = [read_json(folder / "metrics.json") for folder in folders]
    runs = [run | {"experiment": FOLD.sub("", run["experiment"])} for run in runs]
    made = [read_json(folder / "provenance.json") for folder in folders]
    source = f"{runs[0]['experiment']}/{runs[0]['backend']}"
    metric = "accuracy" if "accuracy" in runs[0]["splits"]["test"] else "mse"
    group = Artifacts(runs, {}).group(source, {"metric": metric}, source)
    low, high = group.interval()
    anchor = anchors.get(runs[0]["experiment"])
    return {
        "experiment": runs[0]["experiment"],
        "in": BACKEND_NAMES[runs[0]["backend"]],
        "on the test split": f"**{told(group.mean, metric)}** ({told(low, metric)} to {told(high, metric)})",
        "runs": len(runs),
        "epochs": made[0]["epochs"],
        "weights": f"{made[0]['parameters']:,}",
        "CPU minutes a run": f"{sum(run['seconds']['total']['cpu'] for run in made) / 60 / len(made):.1f}",
        "published": f"{told(anchor['value'], metric)}, {anchor['source']}" if anchor else "–",
    }


def main() -> None:
    """Read the runs, then write benchmarks/published.md."""
    config = configuration()
    # An anchor is called like its experiment, or a claim says whose it is.
    anchors = config["anchors"] | {
        claim["of"].split("/")[0]: config["anchors"][claim["anchor"]]
        for claim in config["claims"].values()
        if "anchor" in claim
    }
    fetched = {name for name, spec in config["datasets"].items() if spec.get("source") in READERS}
    found: dict[tuple[str, str], dict[tuple[str, str], Path]] = {}
    for results in map(Path, sys.argv[1:] or [ROOT / "results"]):
        for path in sorted(results.glob("runs/*/*/seed-*/metrics.json")):
            experiment, backend, seed = path.parts[-4:-1]
            if config["experiments"].get(experiment, {}).get("dataset") in fetched:
                found.setdefault((FOLD.sub("", experiment), backend), {})[experiment, seed] = path.parent
    order = [FOLD.sub("", name) for name in config["experiments"]]
    rows = [
        row(list(found[key].values()), anchors)
        for key in sorted(found, key=lambda key: (order.index(key[0]), key[1] == "keras"))
    ]
    text = (
        "## Comparison with published results\n\nRuns of the full configuration, each with its 95 % interval.\n\n"
        f"{markdown(pd.DataFrame(rows))}"
    )
    (ROOT / "benchmarks/published.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
