"""Keras and TensorFlow in half the CPU time: without the packages they offer to work with, and without collections.

Keras imports scikit-learn, Matplotlib, pandas and IPython if they are installed, for its wrappers, its plots, data
frames and notebooks. Nothing here uses those; what imports such a package later gets it.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

OFFERED = ("IPython", "matplotlib", "pandas", "sklearn")


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """Let imports within find these packages not installed, those loaded before excepted."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: Python's own mark of "not to be found"
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage within, nor ever again among the objects made until then: imported code stays."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


with absent(*OFFERED), uncollected():
    import keras
    import tensorflow as tf

__all__ = ["keras", "tf"]
