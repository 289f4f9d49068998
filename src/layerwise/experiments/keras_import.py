"""Import Keras and TensorFlow in half the CPU time, without their optional packages and without garbage collection.

Keras imports scikit-learn, Matplotlib, pandas and IPython if they are installed, for its wrappers, plots, data frames
and notebooks. This project does not use those. The packages can still be imported later.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

OFFERED = ("IPython", "matplotlib", "pandas", "sklearn")


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """Make the packages appear not installed to imports in this context, unless they are already loaded."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None makes an import raise ImportError
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def uncollected() -> Iterator[None]:
    """Disable garbage collection in this context, and exclude the objects created so far from later collections."""
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
