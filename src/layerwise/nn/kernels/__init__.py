"""The few functions in which the time goes, each with a plain twin that says what it computes.

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
    """Give a fast function its plain twin."""

    def decorate(fast: Callable[..., Any]) -> Any:
        @functools.wraps(fast)
        def chosen(*args: Any, **kwargs: Any) -> Any:
            if config.kernels == "fast":
                return fast(*args, **kwargs)
            if config.kernels == "reference":
                return reference(*args, **kwargs)
            raise ValueError(f"nn.config.kernels is {config.kernels!r}; accepted are 'fast' and 'reference'")

        chosen.fast, chosen.reference = fast, reference  # type: ignore[attr-defined]
        return chosen

    return decorate
