"""One thread per process, as in training, and which tests are slow."""

import os
from pathlib import Path

from layerwise.training import ENVIRONMENT

os.environ.update(ENVIRONMENT)  # before NumPy and TensorFlow are imported

# What starts a pipeline, a browser, TensorFlow or many processes.
SLOW = ("pages", "parity", "workflow", "unit/training", "unit/test_setup.py", "unit/data/test_prepare.py")


def pytest_collection_modifyitems(items):
    """Mark slow tests."""
    for item in items:
        if item.path.relative_to(Path(__file__).parent).as_posix().startswith(SLOW):
            item.add_marker("slow")
