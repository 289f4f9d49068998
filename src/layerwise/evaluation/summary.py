"""Summary of each metric over seeds: mean, standard deviation and 95% interval, within the range of the metric."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from layerwise.evaluation.compare import estimate, range_of
from layerwise.pipeline.files import read_json, verified, write_text

COLUMNS = "experiment,backend,split,metric,mean,sd,low,high,seeds,diverged"


def summarise(paths: Sequence[Path], output: Path) -> None:
    """Write a CSV summary of ``metrics.json`` files.

    ``seeds`` is the number of runs in the mean and ``diverged`` the number of excluded runs without metrics. An
    experiment whose runs all diverged has one row without numbers.
    """
    runs: dict[tuple[str, str], list[dict]] = {}
    for path in paths:
        run = read_json(verified(path, "evaluation.json"))
        runs.setdefault((run["experiment"], run["backend"]), []).append(run)
    lines = [COLUMNS]
    for (experiment, backend), group in runs.items():
        measures = [run["splits"] for run in group if run["status"] == "ok"]
        diverged = len(group) - len(measures)
        if not measures:
            lines.append(f"{experiment},{backend},,,,,,,0,{diverged}")
        for split in measures[0] if measures else ():
            for metric in (name for name, value in measures[0][split].items() if isinstance(value, float)):
                over_seeds = estimate([splits[split][metric] for splits in measures])
                sd = over_seeds.error * len(measures) ** 0.5
                numbers = (over_seeds.mean, sd, *range_of(metric).interval(over_seeds))[: 4 if len(measures) > 1 else 1]
                cells = [f"{number:.8g}" for number in numbers] + [""] * (4 - len(numbers))
                lines.append(",".join([experiment, backend, split, metric, *cells, str(len(measures)), str(diverged)]))
    write_text(output, "\n".join(lines) + "\n")
