"""How much of a run's CPU time goes into the pipeline itself: start-up, scheduling and imports.

Every command of the project ends its log with the CPU seconds it used and how many of them were work (training,
evaluating, rendering). What is left of the whole run's CPU time is overhead.

    python benchmarks/pipeline.py [snakemake arguments]     runs the default configuration in a scratch folder
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "environment.yml", "workflow", "profiles", "config", "src")
ACCOUNT = re.compile(r"^cpu_seconds total=([\d.]+) work=([\d.]+)$", re.MULTILINE)


def run(folder: Path, arguments: list[str]) -> tuple[float, float]:
    """Run Snakemake in a copy of the project; return wall and CPU seconds."""
    for part in PARTS:
        source = ROOT / part
        shutil.copytree(source, folder / part) if source.is_dir() else shutil.copy(source, folder / part)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([sys.executable, "-m", "snakemake", "--cores", "2", *arguments], cwd=folder, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - start, cpu


def accounts(logs: Path) -> pd.DataFrame:
    """Return jobs, total and work seconds of each kind of job, read from the logs."""
    rows = [
        (path.relative_to(logs).parts[0].removesuffix(".log"), *map(float, found.groups()))
        for path in sorted(logs.rglob("*.log"))
        if (found := ACCOUNT.search(path.read_text()))
    ]
    table = pd.DataFrame(rows, columns=["job", "total", "work"])
    return table.groupby("job").agg(jobs=("total", "size"), total=("total", "sum"), work=("work", "sum")).reset_index()


def main() -> None:
    """Measure, then write benchmarks/pipeline.md."""
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = run(Path(folder), sys.argv[1:])
        table = accounts(Path(folder) / "logs")
    table.loc[len(table)] = ["snakemake", 1, cpu - table["total"].sum(), 0.0]
    table["overhead"] = table["total"] - table["work"]
    share = table["overhead"].sum() / cpu
    rows = ["| job | jobs | CPU seconds | of it work | overhead |", "|---|---|---|---|---|"]
    rows += [f"| {r.job} | {r.jobs} | {r.total:.1f} | {r.work:.1f} | {r.overhead:.1f} |" for r in table.itertuples()]
    text = (
        "## What the pipeline itself costs\n\n"
        f"The default run on {os.cpu_count()} cores took {wall / 60:.1f} minutes and {cpu:.0f} CPU seconds, "
        f"{share:.0%} of them outside training, evaluation, preparation and rendering: start-up, imports, "
        "scheduling.\n\n"
    )
    (ROOT / "benchmarks/pipeline.md").write_text(text + "\n".join(rows) + "\n", encoding="utf-8")
    print(text + "\n".join(rows))


if __name__ == "__main__":
    main()
