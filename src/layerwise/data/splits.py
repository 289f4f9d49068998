"""Reading a prepared split. Needs only NumPy: a training process imports nothing else of the data package."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from layerwise.pipeline.files import read_npz, verified


def load_split(path: str | os.PathLike[str]) -> tuple[np.ndarray, np.ndarray]:
    """Read the examples and targets of one split.

    Parameters
    ----------
    path : path
        ``train.npz``, ``validation.npz`` or ``test.npz`` of a prepared dataset.

    Returns
    -------
    x : ndarray
        Images as float32 in [0, 1] ``(n, height, width, channels)``; tables ``(n, features)`` and series
        ``(n, steps, channels)`` as float32; texts as int32 word ids ``(n, length)``, 0 = padding, 1 = unknown.
    y : ndarray
        int32 class indices ``(n,)``, or float32 targets ``(n, …)`` of a regression.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file does not exist, is not a complete split, or differs from its digest in ``dataset.json``.
    """
    arrays = load_arrays(path)
    missing = [name for name in ("x", "y") if name not in arrays]
    if missing:
        raise ValueError(f"{path}: must contain the arrays 'x' and 'y', got {sorted(arrays)}")
    x, y = arrays["x"], arrays["y"]
    if x.dtype == np.uint8:
        x = x.astype(np.float32) / 255
    return x, y


def load_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read all arrays of one split, after comparing the file with its digest in ``dataset.json``."""
    return read_npz(verified(path, "dataset.json"))


def pack_texts(texts: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the concatenated UTF-8 bytes of the texts and their offsets ``(n + 1,)``, which need no pickling."""
    encoded = [text.encode("utf-8") for text in texts]
    offsets = np.cumsum([0] + [len(text) for text in encoded], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), offsets


def unpack_texts(data: np.ndarray, offsets: np.ndarray) -> list[str]:
    """Return the texts packed by `pack_texts`."""
    joined = data.tobytes()
    return [joined[start:stop].decode("utf-8") for start, stop in pairwise(offsets)]


def load_texts(path: str | os.PathLike[str]) -> list[str]:
    """Read the texts of a prepared text split, in the order of its ``x``."""
    arrays = load_arrays(path)
    if "text" not in arrays:
        raise ValueError(f"{path}: must be a split of a text dataset with an array 'text', got {sorted(arrays)}")
    return unpack_texts(arrays["text"], arrays["text_offsets"])
