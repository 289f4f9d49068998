"""One thread per process, as in training; which tests are slow, and which share a worker when they run in parallel."""

import os
from pathlib import Path

import pytest

from layerwise.training import ENVIRONMENT

os.environ.update(ENVIRONMENT)  # before NumPy and TensorFlow are imported

# What starts a pipeline, a browser, TensorFlow or many processes.
SLOW = ("pages", "parity", "workflow", "unit/training", "unit/test_setup.py", "unit/data/test_prepare.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark slow tests, and keep on one worker those that share what is costly to make."""
    for item in items:
        path = item.path.relative_to(Path(__file__).parent).as_posix()
        if path.startswith(SLOW):
            item.add_marker("slow")
        # Pages share rendered reports and a browser; others a finished pipeline run, or what their module makes.
        shared = "pages" if path.startswith("pages/") else "finished" if "finished" in item.fixturenames else path
        item.add_marker(pytest.mark.xdist_group(shared))
