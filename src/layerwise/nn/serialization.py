"""Objects that can be serialized to JSON and rebuilt by name."""

from __future__ import annotations

import difflib
import functools
import inspect
import re
from abc import ABC
from collections.abc import Iterable
from typing import Any, ClassVar, Self


@functools.cache
def snake_case(name: str) -> str:
    """Convert to Keras's snake case: ``Conv2D`` → ``conv2d``, ``BatchNormalization`` → ``batch_normalization``."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def unknown(kind: str, name: Any, known: Iterable[str]) -> ValueError:
    """Return the error for an unknown name, which lists the known names and suggests the closest."""
    known = sorted(set(known))
    closest = difflib.get_close_matches(str(name).lower(), known, n=1)
    hint = f"; did you mean '{closest[0]}'? It" if closest else "; it"
    return ValueError(f"unknown {kind} {name!r}{hint} must be one of {', '.join(known)}")


def arguments(cls: type) -> dict[str, Any]:
    """Return a constructor's arguments and defaults, including those passed to base classes through ``**kwargs``."""
    defaults: dict[str, Any] = {}
    for owner in cls.__mro__:
        if "__init__" not in vars(owner) or owner is object:
            continue
        parameters = list(inspect.signature(vars(owner)["__init__"]).parameters.values())[1:]
        for p in parameters:
            if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL):
                defaults.setdefault(p.name, p.default)
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return defaults


class Configurable(ABC):  # noqa: B024 — the subclasses declare the abstract methods
    """Base of layers, losses, optimizers, …: objects that can be serialized to JSON and rebuilt from it.

    A family (layers, losses, …) is a direct subclass declared with ``kind``. Every class derived from it is registered
    under its own name, so that :meth:`get` finds it as ``"Dense"`` or ``"dense"``, except base classes: those whose
    name begins with an underscore or that are declared with ``abstract=True``.
    """

    kind: ClassVar[str] = "object"
    registry: ClassVar[dict[str, type[Any]]] = {}
    aliases: ClassVar[dict[str, str]] = {}

    def __init_subclass__(
        cls, kind: str | None = None, aliases: dict[str, str] | None = None, abstract: bool = False, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        if kind is not None:
            cls.kind, cls.registry, cls.aliases = kind, {}, aliases or {}
        elif not (abstract or cls.__name__.startswith("_")):
            cls.registry[cls.__name__] = cls

    @classmethod
    def known(cls) -> list[str]:
        """Return the registered names of this family in snake case."""
        return sorted(map(snake_case, cls.registry))

    @classmethod
    def find(cls, name: str) -> type[Any]:
        """Return the class of this family called ``name`` (class name, snake case or alias)."""
        name = cls.aliases.get(name, name)
        by_name = {snake_case(key): value for key, value in cls.registry.items()} | cls.registry
        if name not in by_name:
            raise unknown(cls.kind, name, [*cls.known(), *cls.aliases])
        return by_name[name]

    @classmethod
    def get(cls, identifier: Any) -> Any:
        """Return an instance, given an instance, a name or a ``{"class_name", "config"}`` dict; None stays None."""
        if identifier is None or isinstance(identifier, cls):
            return identifier
        if isinstance(identifier, str):
            return cls.find(identifier)()
        if isinstance(identifier, dict) and "class_name" in identifier:
            return cls.find(identifier["class_name"]).from_config(identifier.get("config", {}))
        raise ValueError(f"{cls.kind} must be a name, an instance or a serialized dict, got {identifier!r}")

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON values."""
        return {name: plain(getattr(self, name)) for name in arguments(type(self))}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Build an object from the result of :meth:`get_config`."""
        return cls(**config)

    def serialize(self) -> dict[str, Any]:
        """Return ``{"class_name", "config"}``, from which :meth:`get` rebuilds an equal object."""
        return {"class_name": type(self).__name__, "config": self.get_config()}


def plain(value: Any) -> Any:
    """Convert a constructor argument to a value JSON can represent."""
    if isinstance(value, Configurable):
        return value.serialize()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return value.item()
    return value
