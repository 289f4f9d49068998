"""The functions that dominate the running time, each with a plain reference implementation.

A fast kernel names its reference, and both take the same arguments::

    def double_reference(x, out=None):
        return 2 * x

    @kernel(reference=double_reference)
    def double(x, out=None):
        return np.add(x, x, out=out)

``layerwise.nn.config.kernels`` selects one of them at each call; tests access them as ``double.fast`` and
``double.reference``. ``out`` is optional and only a hint: a kernel may return another array, so callers must use the
return value.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from layerwise.nn import config


def kernel(reference: Callable[..., Any]) -> Callable[[Callable[..., Any]], Any]:
    """Attach a reference implementation to a fast function."""

    def decorate(fast: Callable[..., Any]) -> Any:
        @functools.wraps(fast)
        def dispatch(*args: Any, **kwargs: Any) -> Any:
            if config.kernels == "fast":
                return fast(*args, **kwargs)
            if config.kernels == "reference":
                return reference(*args, **kwargs)
            raise ValueError(f"nn.config.kernels must be 'fast' or 'reference', got {config.kernels!r}")

        dispatch.fast, dispatch.reference = fast, reference  # type: ignore[attr-defined]
        return dispatch

    return decorate
