"""Repeat the numerical tests with the code that OpenBLAS, oneDNN and NumPy choose on other processors.

    python tests/kernels.py                              # one line per kernel, then the failed tests
    python tests/kernels.py --only Haswell -m training   # one kernel; the other arguments go to pytest

All three choose their code at start-up by the instructions of the processor. Each variant adds in another order, so
results differ in the last bits. Environment variables make them choose as on an older processor.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
#: Tests that read, write, draw or start whole pipelines; all others compute.
NOT_NUMERIC = ("pages", "unit/data", "unit/pipeline", "unit/plots", "unit/reporting", "unit/test_*.py", "workflow")
#: NumPy's names of what a processor may have above its baseline, and ours.
LEVELS = {"X86_V3": "AVX2", "X86_V4": "AVX-512"}


class Kernel(NamedTuple):
    """A processor generation: its name in OpenBLAS, its limit in oneDNN, and how many of `LEVELS` it has."""

    name: str
    isa: str
    levels: int


KERNELS = [
    Kernel("Nehalem", "SSE41", 0),
    Kernel("Sandybridge", "AVX", 0),
    Kernel("Haswell", "AVX2", 1),
    Kernel("Zen", "AVX2", 1),
    Kernel("SkylakeX", "AVX512_CORE", 2),
]


def found() -> list[str]:
    """Return what NumPy finds in this processor above its baseline."""
    return np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])


def variables(kernel: Kernel) -> dict[str, str]:
    """Return the environment variables that choose a kernel."""
    beyond = [feature for feature in found() if feature not in list(LEVELS)[: kernel.levels]]
    return {
        "OPENBLAS_CORETYPE": kernel.name,
        "ONEDNN_MAX_CPU_ISA": kernel.isa,
        "NPY_DISABLE_CPU_FEATURES": " ".join(beyond),
    }


def obstacle(kernel: Kernel) -> str | None:
    """Say why this machine cannot run a kernel; None if it can."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return f"the kernel is for x86-64, and this processor is {platform.machine()}"
    for feature in list(LEVELS)[: kernel.levels]:
        if feature not in found():
            return f"it needs {LEVELS[feature]}, which this processor lacks"
    code = (
        "import numpy, scipy.linalg\n"
        "from threadpoolctl import threadpool_info as pools\n"
        "print(*{pool['architecture'] for pool in pools() if pool['internal_api'] == 'openblas'})"
    )
    chosen = run([sys.executable, "-c", code], variables(kernel)).stdout.split()
    if not chosen:
        return "NumPy and SciPy do not use OpenBLAS here"
    return None if chosen == [kernel.name] else f"this OpenBLAS runs {' and '.join(chosen)} in its place"


def run(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command at the root of the project and capture what it prints."""
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=[kernel.name for kernel in KERNELS], help="one kernel instead of all")
    options, given = parser.parse_known_args()
    if not any(argument.startswith("tests") for argument in given):
        given = [*given, *(f"--ignore-glob={ROOT}/tests/{part}" for part in NOT_NUMERIC)]
    failures = []
    print(f"{'kernel':<14}{'oneDNN':<14}{'CPU s':>6}  tests", flush=True)
    for kernel in KERNELS:
        if options.only not in (None, kernel.name):
            continue
        if reason := obstacle(kernel):
            print(f"{kernel.name:<14}{kernel.isa:<14}{'':>6}  not run: {reason}", flush=True)
            continue
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *given], variables(kernel))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        lines = (done.stdout + done.stderr).strip().splitlines()
        print(f"{kernel.name:<14}{kernel.isa:<14}{seconds:>6.0f}  {lines[-1].strip('= ')}", flush=True)
        if done.returncode:
            choice = " ".join(f"{name}={value!r}" for name, value in variables(kernel).items())
            wrong = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
            failures.append("\n".join([f"\n{choice} python -m pytest", *(wrong or lines[-20:])]))
    print(*failures, sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
