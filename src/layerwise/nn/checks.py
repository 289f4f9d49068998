"""Validation of the arguments users pass to a model."""

from __future__ import annotations

from typing import Any

import numpy as np


class NonFiniteLossError(ValueError):
    """The training loss became NaN or infinite, and no ``TerminateOnNaN`` callback was given."""


def whole(owner: str, name: str, value: Any, least: int = 1) -> int:
    """Return ``value`` as an integer ≥ ``least``, or raise ValueError."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{owner}: {name} must be an integer ≥ {least}, got {value!r}")
    return int(value)


def features(owner: str, x: Any, input_shape: tuple[int | None, ...] | None) -> np.ndarray:
    """Return the examples as an array, checked against ``input_shape`` (None if the model is not built yet).

    Raises
    ------
    ValueError
        If they are not finite numbers of that shape; the message names the first bad row.
    """
    x = np.asarray(x)
    if x.dtype.kind not in "fiub":
        raise ValueError(f"{owner}: examples must be numbers, got {x.dtype}")
    if x.ndim < 2:
        raise ValueError(f"{owner}: examples must have at least 2 axes, batch included, got shape {x.shape}")
    if input_shape is not None and (
        x.ndim != len(input_shape) or any(n not in (None, m) for n, m in zip(input_shape[1:], x.shape[1:]))
    ):
        raise ValueError(f"{owner}: examples must have shape {input_shape}, got {x.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        suspicious = x.dtype.kind == "f" and not np.isfinite(x.sum())  # a quick check: finite values may overflow too
    if suspicious:
        bad = np.flatnonzero(~np.isfinite(x.reshape(len(x), -1)).all(axis=1))
        if bad.size:
            raise ValueError(
                f"{owner}: examples must be finite, got NaN or infinity in {bad.size} of {len(x)}, "
                f"first in row {bad[0]}"
            )
    return x


def same_length(owner: str, **arrays: np.ndarray | None) -> None:
    """Raise ValueError if the given arrays differ in length."""
    lengths = {name: len(array) for name, array in arrays.items() if array is not None}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{owner}: {' and '.join(lengths)} must have the same length, got {lengths}")


def weights(owner: str, sample_weight: Any, count: int, dtype: Any) -> np.ndarray:
    """Return the sample weights as an array; raise ValueError unless there is one finite weight ≥ 0 per example."""
    weight = np.asarray(sample_weight)
    if weight.dtype.kind not in "fiub" or weight.ndim < 1 or len(weight) != count:
        raise ValueError(
            f"{owner}: sample_weight must hold one number per example, {count} in all, got shape {weight.shape}"
        )
    weight = weight.astype(dtype, copy=False)
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueError(f"{owner}: sample_weight must be finite and ≥ 0")
    return weight
