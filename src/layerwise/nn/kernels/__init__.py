"""The few functions that take most of the time, each with a plain reference that says what it computes.

A fast kernel is declared over its reference, and both take the same arguments::

    def double_reference(x, out=None):
        return 2 * x

    @kernel(reference=double_reference)
    def double(x, out=None):
        return np.add(x, x, out=out)

``layerwise.nn.config.kernels`` chooses between them at each call; tests also reach them as ``double.fast`` and
``double.reference``. ``out`` is an offer: a kernel may return another array, so callers use what it returns.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from layerwise.nn import config


def kernel(reference: Callable[..., Any]) -> Callable[[Callable[..., Any]], Any]:
    """Attach the plain reference to a fast function."""

    def decorate(fast: Callable[..., Any]) -> Any:
        @functools.wraps(fast)
        def chosen(*args: Any, **kwargs: Any) -> Any:
            if config.kernels == "fast":
                return fast(*args, **kwargs)
            if config.kernels == "reference":
                return reference(*args, **kwargs)
            raise ValueError(f"nn.config.kernels must be 'fast' or 'reference', got {config.kernels!r}")

        chosen.fast, chosen.reference = fast, reference  # type: ignore[attr-defined]
        return chosen

    return decorate
