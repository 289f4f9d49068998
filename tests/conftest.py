"""One thread per process, as in training, and which tests are slow."""

import os
from pathlib import Path

from layerwise.experiments import ENVIRONMENT

os.environ.update(ENVIRONMENT)  # before NumPy and TensorFlow are imported

# What starts a pipeline, a browser, TensorFlow or many processes.
SLOW = (
    "pages",
    "parity",
    "workflow",
    "reports/interpretability/test_attribution_backends.py",
    "unit/experiments/test_applications.py",
    "unit/experiments/test_keras_loops.py",
    "unit/experiments/test_runs.py",
    "unit/experiments/test_start.py",
    "unit/test_setup.py",
    "unit/data/test_prepare.py",
)


def pytest_collection_modifyitems(items):
    """Mark slow tests."""
    for item in items:
        if item.path.relative_to(Path(__file__).parent).as_posix().startswith(SLOW):
            item.add_marker("slow")
