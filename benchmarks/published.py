"""Compare the runs of the full configuration with published results.

    snakemake --cores 4 reports --configfile config/full.yaml      train all runs (hours)
    python benchmarks/published.py [results ...]                   read the existing runs in one or more results folders

Missing runs are omitted, so a partial set of runs is sufficient.
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
# Factor, number of digits and unit of each metric.
UNITS = {"accuracy": (100, 2, "%"), "mse": (1, 3, "")}


def configuration() -> dict[str, Any]:
    """Return the full configuration, merged as in the Snakefile."""
    config: dict[str, Any] = {}
    catalogue = [ROOT / "config/datasets.yaml", ROOT / "config/anchors.yaml", *sorted(ROOT.glob("config/*/*.yaml"))]
    for path in [ROOT / "config/config.yaml", *catalogue, ROOT / "config/full.yaml"]:
        update_config(config, yaml.safe_load(path.read_text(encoding="utf-8")))
    return expand(config)


def formatted(value: float, metric: str) -> str:
    """Return the value of a metric as text."""
    factor, digits, unit = UNITS[metric]
    return f"{factor * value:.{digits}f}{unit}"


def row(folders: list[Path], anchors: dict[str, Any]) -> dict[str, Any]:
    """Return the results and CPU time of the runs of an experiment in one backend, with the published result."""
    runs = [read_json(folder / "metrics.json") for folder in folders]
    runs = [run | {"experiment": FOLD.sub("", run["experiment"])} for run in runs]
    provenance = [read_json(folder / "provenance.json") for folder in folders]
    source = f"{runs[0]['experiment']}/{runs[0]['backend']}"
    metric = "accuracy" if "accuracy" in runs[0]["splits"]["test"] else "mse"
    group = Artifacts(runs, {}).group(source, {"metric": metric}, source)
    low, high = group.interval()
    anchor = anchors.get(runs[0]["experiment"])
    return {
        "experiment": runs[0]["experiment"],
        "backend": BACKEND_NAMES[runs[0]["backend"]],
        "test result": f"**{formatted(group.mean, metric)}** ({formatted(low, metric)} to {formatted(high, metric)})",
        "runs": len(runs),
        "epochs": provenance[0]["epochs"],
        "parameters": f"{provenance[0]['parameters']:,}",
        "CPU min/run": f"{sum(run['seconds']['total']['cpu'] for run in provenance) / 60 / len(provenance):.1f}",
        "published": f"{formatted(anchor['value'], metric)}, {anchor['source']}" if anchor else "–",
    }


def main() -> None:
    """Read the runs and write benchmarks/published.md."""
    config = configuration()
    # An anchor has the name of its experiment, or a claim connects the two.
    anchors = config["anchors"] | {
        claim["of"].split("/")[0]: config["anchors"][claim["anchor"]]
        for claim in config["claims"].values()
        if "anchor" in claim
    }
    fetched = {name for name, spec in config["datasets"].items() if spec.get("source") in READERS}
    runs: dict[tuple[str, str], dict[tuple[str, str], Path]] = {}
    for results in map(Path, sys.argv[1:] or [ROOT / "results"]):
        for path in sorted(results.glob("runs/*/*/seed-*/metrics.json")):
            experiment, backend, seed = path.parts[-4:-1]
            if config["experiments"].get(experiment, {}).get("dataset") in fetched:
                runs.setdefault((FOLD.sub("", experiment), backend), {})[experiment, seed] = path.parent
    order = [FOLD.sub("", name) for name in config["experiments"]]
    rows = [
        row(list(runs[key].values()), anchors)
        for key in sorted(runs, key=lambda key: (order.index(key[0]), key[1] == "keras"))
    ]
    text = (
        "## Comparison with published results\n\nRuns of the full configuration, each with its 95% interval.\n\n"
        f"{markdown(pd.DataFrame(rows))}"
    )
    (ROOT / "benchmarks/published.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
