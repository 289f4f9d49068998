"""Measure the CPU time of the default run by kind of job, split into work and start-up, optionally vs another commit.

    python benchmarks/pipeline.py                          the default configuration, in a temporary folder
    python benchmarks/pipeline.py --against 892718d        then an earlier commit
    python benchmarks/pipeline.py assignment1              only the jobs of a target; other Snakemake arguments work too

Every command of the project ends its log with the CPU seconds it used and how many of them were work (training,
evaluation, rendering). The rest of a job is start-up; the rest of the run is Snakemake and its shells. Two commits run
one after the other with all cores: a core is slower while its neighbors are busy, so the shorter of two parallel runs
would seem to cost more.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
ACCOUNT = re.compile(r"^cpu_seconds total=([\d.]+) work=([\d.]+)$", re.MULTILINE)


class Run:
    """The default run of a commit or of the working tree in a separate folder.

    Attributes
    ----------
    wall, cpu : float
        Wall and CPU seconds of the whole run, set when it has ended.
    """

    def __init__(self, folder: Path, commit: str | None, arguments: list[str]) -> None:
        self.folder, self.arguments = folder, arguments
        self.name = commit or "working tree"
        tree = commit or subprocess.check_output(["git", "stash", "create"], cwd=ROOT, text=True).strip() or "HEAD"
        content = subprocess.check_output(["git", "archive", "--format=zip", tree], cwd=ROOT)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(folder)
        self.wall = self.cpu = 0.0
        self.failed = False

    def run(self) -> None:
        """Run Snakemake and record its wall and CPU time."""
        command = [sys.executable, "-m", "snakemake", "--cores", "all", *self.arguments]
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(self.folder / "src")}
        start = time.monotonic()
        with (self.folder / "snakemake.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)
            _, status, used = os.wait4(process.pid, 0)  # usage of this process and its descendants
        self.wall, self.cpu = time.monotonic() - start, used.ru_utime + used.ru_stime
        self.failed = status != 0

    def table(self) -> pd.DataFrame:
        """Return the number of jobs, CPU seconds, work and start-up seconds of each kind of job, read from the logs."""
        logs = self.folder / "logs"
        rows = [
            (path.relative_to(logs).parts[0].removesuffix(".log"), *map(float, match.groups()))
            for path in sorted(logs.rglob("*.log"))
            if (match := ACCOUNT.search(path.read_text(encoding="utf-8", errors="replace")))
        ]
        jobs = pd.DataFrame(rows, columns=["job", "total", "work"]).groupby("job")
        table = pd.DataFrame({"jobs": jobs.size(), "CPU s": jobs["total"].sum(), "work": jobs["work"].sum()})
        table["start-up"] = table["CPU s"] - table["work"]
        table.loc["Snakemake"] = [1, self.cpu - table["CPU s"].sum(), 0.0, self.cpu - table["CPU s"].sum()]
        table.loc["all"] = table.sum()
        return table


def markdown(runs: list[Run]) -> str:
    """Return the section of ``docs/results.md``: a summary and a table with a group of columns per run."""
    tables = [run.table() for run in runs]
    kinds = list(dict.fromkeys(kind for table in tables for kind in table.index if kind != "all")) + ["all"]
    heads = [f"{column}{f' ({run.name})' if len(runs) > 1 else ''}" for run in runs for column in tables[0].columns]
    lines = [f"| job | {' | '.join(heads)} |", "|" + "---|" * (len(heads) + 1)]
    for kind in kinds:
        cells = []
        for table in tables:
            row = table.loc[kind] if kind in table.index else None
            cells += ["0" if row is None else f"{row['jobs']:.0f}"]
            cells += ["–" if row is None else f"{row[column]:.1f}" for column in table.columns[1:]]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    shares = [table.loc["all", "start-up"] / table.loc["all", "CPU s"] for table in tables]
    sentences = [
        f"The default run ({run.name}) took {run.wall / 60:.1f} minutes on {os.cpu_count()} cores and "
        f"{run.cpu:.0f} CPU seconds, {share:.0%} of which were start-up, imports and scheduling."
        for run, share in zip(runs, shares)
    ]
    if len(runs) > 1:
        sentences.append(
            f"They ran one after the other; the ratio of their CPU times is {runs[0].cpu / runs[1].cpu:.2f}."
        )
    return "## CPU time of the pipeline\n\n" + "\n".join(sentences) + "\n\n" + "\n".join(lines) + "\n"


def main() -> None:
    """Measure the CPU time of the default run and write benchmarks/pipeline.md."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--against", metavar="COMMIT", help="another commit to run afterwards")
    options, arguments = parser.parse_known_args()
    commits = [None, options.against] if options.against else [None]
    with tempfile.TemporaryDirectory() as scratch:
        runs = [Run(Path(scratch, str(k)), commit, arguments) for k, commit in enumerate(commits)]
        for run in runs:
            run.run()
            if run.failed:
                print((run.folder / "snakemake.log").read_text()[-2000:], file=sys.stderr)
                raise SystemExit(f"error: the run of the {run.name} failed")
        text = markdown(runs)
    (ROOT / "benchmarks/pipeline.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
