"""The commands that build pages, run as in the workflow."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def reporting(*arguments, cwd):
    """Run ``python -m layerwise.reporting`` and return the completed process."""
    command = [sys.executable, "-m", "layerwise.reporting", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


def render(report, specs, folder, cwd, notebook=None):
    """Render one report from the artifacts in ``cwd`` into ``folder``."""
    return reporting(
        "render", "--notebook", notebook or ROOT / f"workflow/notebooks/{report}.py", "--report", report,
        "--output", folder / f"{report}.html", "--executed", folder / f"{report}.ipynb", "--spec", json.dumps(specs),
        cwd=cwd,
    )  # fmt: skip
