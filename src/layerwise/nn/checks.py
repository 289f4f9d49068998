"""Checks of what users pass to a model, and their messages."""

from __future__ import annotations

from typing import Any

import numpy as np


class NonFiniteLossError(ValueError):
    """The loss became NaN or infinite in training, and no ``TerminateOnNaN`` callback was there to end it quietly."""


def whole(owner: str, name: str, value: Any, least: int = 1) -> int:
    """Return ``value`` as an integer ≥ ``least``, or raise ValueError."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{owner}: {name} must be an integer ≥ {least}, got {value!r}")
    return int(value)


def features(owner: str, x: Any, input_shape: tuple[int | None, ...] | None) -> np.ndarray:
    """Return the examples as an array that fits ``input_shape`` (None where the model is still to be built).

    Raises
    ------
    ValueError
        If they are not finite numbers in that shape; the message names the first bad row.
    """
    x = np.asarray(x)
    if x.dtype.kind not in "fiub":
        raise ValueError(f"{owner}: examples must be numbers, got {x.dtype}")
    if x.ndim < 2:
        raise ValueError(f"{owner}: examples must have shape (examples, …) with at least 2 axes, got {x.shape}")
    if input_shape is not None and (
        x.ndim != len(input_shape) or any(n not in (None, m) for n, m in zip(input_shape[1:], x.shape[1:]))
    ):
        raise ValueError(f"{owner}: the model takes examples of shape {input_shape}; got {x.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        suspicious = x.dtype.kind == "f" and not np.isfinite(x.sum())  # one quick pass; it can overflow by itself
    if suspicious:
        bad = np.flatnonzero(~np.isfinite(x.reshape(len(x), -1)).all(axis=1))
        if bad.size:
            raise ValueError(
                f"{owner}: {bad.size} of {len(x)} examples hold non-finite values (NaN or infinity), "
                f"the first at row {bad[0]}"
            )
    return x


def same_length(owner: str, **arrays: np.ndarray | None) -> None:
    """Raise ValueError if the arrays that are given have different lengths."""
    lengths = {name: len(array) for name, array in arrays.items() if array is not None}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{owner}: there must be one of each per example, got lengths {lengths}")


def weights(owner: str, sample_weight: Any, count: int, dtype: Any) -> np.ndarray:
    """Return sample weights as an array, one per example, finite and not negative; raise ValueError otherwise."""
    weight = np.asarray(sample_weight)
    if weight.dtype.kind not in "fiub" or weight.ndim < 1 or len(weight) != count:
        raise ValueError(
            f"{owner}: sample_weight must hold one number for each of {count} examples, got shape {weight.shape}"
        )
    weight = weight.astype(dtype, copy=False)
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueError(f"{owner}: sample_weight holds values that are negative or not finite")
    return weight
