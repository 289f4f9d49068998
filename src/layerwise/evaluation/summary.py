"""A table over seeds: each measure's mean, spread and 95 % t interval."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from layerwise.evaluation.compare import estimate
from layerwise.pipeline.files import read_json, write_text

COLUMNS = "experiment,backend,split,metric,mean,sd,low,high,seeds,diverged"


def summarise(paths: Sequence[Path], output: Path) -> None:
    """Write the summary of some ``metrics.json`` files.

    ``seeds`` counts the runs behind the mean and ``diverged`` those left out because they have no measures; an
    experiment of which all runs diverged keeps one row without numbers.
    """
    runs: dict[tuple[str, str], list[dict]] = {}
    for path in paths:
        run = read_json(path)
        runs.setdefault((run["experiment"], run["backend"]), []).append(run)
    lines = [COLUMNS]
    for (experiment, backend), group in runs.items():
        whole = [run["splits"] for run in group if run["status"] == "ok"]
        lost = len(group) - len(whole)
        if not whole:
            lines.append(f"{experiment},{backend},,,,,,,0,{lost}")
        for split in whole[0] if whole else ():
            for metric in (name for name, value in whole[0][split].items() if isinstance(value, float)):
                found = estimate([splits[split][metric] for splits in whole])
                sd = found.error * len(whole) ** 0.5
                numbers = (found.mean, sd, *found.interval()) if len(whole) > 1 else (found.mean,)
                cells = [f"{number:.8g}" for number in numbers] + [""] * (4 - len(numbers))
                lines.append(",".join([experiment, backend, split, metric, *cells, str(len(whole)), str(lost)]))
    write_text(output, "\n".join(lines) + "\n")
