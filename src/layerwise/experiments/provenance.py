"""Provenance of a run: versions, machine, time and memory, which may vary from run to run."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.experiments import ENVIRONMENT


class Clock:
    """A stopwatch for wall and CPU time, started on construction."""

    def __init__(self) -> None:
        self.start = time.perf_counter(), time.process_time()

    def seconds(self) -> dict[str, float]:
        """Return the elapsed seconds, ``wall`` and ``cpu``."""
        wall, cpu = self.start
        return {"wall": round(time.perf_counter() - wall, 3), "cpu": round(time.process_time() - cpu, 3)}


def environment(backend: Mapping[str, str]) -> dict[str, Any]:
    """Return the versions, processor, BLAS, threads and peak memory of this process.

    Parameters
    ----------
    backend : mapping
        Versions of the backend's libraries besides NumPy.
    """
    versions = {"python": platform.python_version(), "layerwise": importlib.metadata.version("layerwise")}
    versions |= {"numpy": np.__version__, **backend}
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[index,call-overload]
    return {
        "versions": versions,
        "platform": platform.platform(),
        "cpu": _processor(),
        "cpus": os.cpu_count(),
        "blas": {key: blas.get(key) for key in ("name", "version", "openblas configuration")},
        "threads": {name: os.environ.get(name) for name in ENVIRONMENT if name.endswith("THREADS")},
        "peak_memory_bytes": peak_memory(),
    }


def peak_memory() -> int:
    """Return the peak resident set size of this process in bytes."""
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024  # in KiB except on macOS


def _processor() -> str:
    """Return the processor's model name, which ``platform`` does not report on Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
