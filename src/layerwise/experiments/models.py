"""Building models from one specification in either backend.

No layer is listed here. A name in an experiment's YAML is looked up in the modules of the backend and its arguments are
checked against the signature of the class, so that a layer added to :mod:`layerwise.nn` can be used in the
configuration at once.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from layerwise.experiments.applications import Application
from layerwise.suggest import nearest

Spec = Mapping[str, Any]


@dataclass(frozen=True)
class Names:
    """The public classes of a backend by kind, and its activation functions.

    Parameters
    ----------
    layers, losses, optimizers, parts : mapping of str to class
        ``parts`` are classes used as arguments: regularizers, initializers, constraints, schedules.
    activations : frozenset of str
        Valid names of an ``activation`` argument.
    """

    layers: Mapping[str, type]
    losses: Mapping[str, type]
    optimizers: Mapping[str, type]
    parts: Mapping[str, type]
    activations: frozenset[str]


def classes(modules: Iterable[Any], *bases: type) -> dict[str, type]:
    """Return the public classes in ``modules`` that derive from one of ``bases``, by name."""
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, bases) and value not in bases and not name.startswith("_")
    }


def layers(spec: Spec, names: Names, outputs: int, where: str) -> list[tuple[str, Any]]:
    """Build the layers of ``spec["model"]``.

    Parameters
    ----------
    spec : mapping
        Specification of the experiment.
    names : Names
        Classes of the backend.
    outputs : int
        Value of ``classes``: the number of classes, 1 for two classes, or the width of a regression target.
    where : str
        Key of the experiment, for messages, such as ``experiments.digits_mlp``.

    Returns
    -------
    list of (place, layer)
        The layers with their keys, for messages about layers that do not fit their input.

    Raises
    ------
    ValueError
        If a layer, argument, activation or part is unknown or invalid. The message names the key and the value.
    """
    return [_layer(entry, names, outputs, f"{where}.model.{i}") for i, entry in enumerate(spec["model"])]


def layer_names(model: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the names of all layers of a model, including those in nested branches."""
    names: set[str] = set()
    for layer in model:
        names.add(layer["layer"])
        for value in layer.values():
            for branch in value if isinstance(value, list) and value and isinstance(value[0], list) else [value]:
                if isinstance(branch, list) and branch and isinstance(branch[0], Mapping) and "layer" in branch[0]:
                    names |= layer_names(branch)
    return names


def loss(spec: Spec, names: Names, where: str) -> Any:
    """Build the loss of an experiment; errors as in :func:`layers`."""
    return _named(spec["loss"], "loss", names.losses, names, f"{where}.loss")


def with_loss_for(spec: Spec, task: str) -> Spec:
    """Return the specification with the loss ``Crossentropy`` replaced by the binary or the sparse categorical loss."""
    if spec["loss"].get("name") != "Crossentropy":
        return spec
    name = "BinaryCrossentropy" if task == "binary" else "SparseCategoricalCrossentropy"
    return {**spec, "loss": {**spec["loss"], "name": name}}


def with_vocabulary(spec: Spec, words: int) -> Spec:
    """Return the specification with an Embedding's input_dim ``vocabulary`` replaced by the number of words."""
    first, *rest = spec["model"]
    if not isinstance(first, Mapping) or first.get("input_dim") != "vocabulary":
        return spec
    return {**spec, "model": [{**first, "input_dim": words}, *rest]}


def optimizer(spec: Spec, names: Names, where: str) -> Any:
    """Build the optimizer of an experiment with its learning-rate schedule; errors as in :func:`layers`."""
    return _named(spec["optimizer"], "optimizer", names.optimizers, names, f"{where}.optimizer")


def check(spec: Spec, names: Names, where: str, backends: Sequence[str] = ("numpy",)) -> None:
    """Check that the layers, loss and optimizer of an experiment can be built; errors as in :func:`layers`.

    Parameters
    ----------
    spec, where
        As for :func:`layers`.
    names : Names
        Classes of the NumPy backend. Keras has all of them, so that it need not be imported.
    backends : sequence of str
        Backends of the experiment; an :class:`Application` needs Keras.
    """
    names = replace(names, layers={**names.layers, "Application": Application})
    for place, layer in layers(with_vocabulary(spec, 2), names, 1, where):
        if isinstance(layer, Application) and "numpy" in backends:
            raise ValueError(f"{place}: this layer is only available in Keras; add backends: [keras] to the experiment")
    loss(with_loss_for(spec, "binary"), names, where)
    optimizer(spec, names, where)


def take_over(model: Any, source: Any, name: str, where: str) -> list[Any]:
    """Copy the weights of another model except for those of the last layer.

    Parameters
    ----------
    model, source : nn.Sequential or keras.Sequential
        Models of the same backend. Layers without weights are ignored.
    name : str
        Experiment of ``source``, for messages.
    where : str
        Key of the model's experiment, for messages.

    Returns
    -------
    list of layers
        The layers of ``model`` whose weights were set.

    Raises
    ------
    ValueError
        If a weight before the last layer differs in shape.
    """
    own, other = ([layer for layer in m.layers if layer.get_weights()][:-1] for m in (model, source))
    for layer, original in itertools.zip_longest(own, other):
        shapes = [[] if side is None else [w.shape for w in side.get_weights()] for side in (layer, original)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"{where}.start: '{name}' must have the same weights before the last layer, but has shapes "
                f"{shapes[1]} where this model has {shapes[0]}"
            )
    for layer, original in zip(own, other):
        layer.set_weights(original.get_weights())
    return own


def unfit(place: str, shape: Any, error: Exception) -> ValueError:
    """Return the error for a layer that does not fit the output of the previous layer."""
    shape = tuple(shape)
    if shape[:1] == (None,):
        shape = shape[1:]
    return ValueError(f"{place}: does not fit its input of shape {shape} (without the batch): {_first_line(error)}")


def _layer(entry: Any, names: Names, outputs: int, where: str) -> tuple[str, Any]:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("layer"), str):
        raise ValueError(f"{where}: a layer must be written as {{layer: Name, argument: value}}, got {entry!r}")
    name, place = entry["layer"], f"{where} ({entry['layer']})"
    cls = _lookup(name, "layer", names.layers, where)
    arguments = {key: value for key, value in entry.items() if key != "layer"}
    return place, _construct(cls, arguments, names, outputs, place)


def _named(value: Any, kind: str, known: Mapping[str, type], names: Names, where: str) -> Any:
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        raise ValueError(f"{where}: must be written as {{name: Name, argument: value}}, got {value!r}")
    cls = _lookup(value["name"], kind, known, where)
    arguments = {key: argument for key, argument in value.items() if key != "name"}
    return _construct(cls, arguments, names, None, f"{where} ({value['name']})")


def _lookup(name: str, kind: str, known: Mapping[str, type], where: str) -> type:
    if name not in known:
        raise ValueError(f"{where}: unknown {kind} '{name}'{nearest(name, known)}")
    return known[name]


def _construct(cls: type, arguments: Mapping[str, Any], names: Names, outputs: int | None, place: str) -> Any:
    accepted = _arguments(cls)
    for key in arguments:
        if key not in accepted:
            raise ValueError(f"{place}: unknown argument '{key}'{nearest(key, accepted)}")
    values = {key: _value(key, value, names, outputs, place) for key, value in arguments.items()}
    for key, value in values.items():
        kind = accepted[key].removesuffix(" | None")
        if value is None and kind != accepted[key]:
            continue
        if kind in ("int", "float") and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ValueError(f"{place}: {key} must be a number, got {value!r}")
        if kind == "bool" and not isinstance(value, bool):
            raise ValueError(f"{place}: {key} must be true or false, got {value!r}")
    try:
        return cls(**values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: {_first_line(error)}") from error


def _value(key: str, value: Any, names: Names, outputs: int | None, place: str) -> Any:
    """Resolve an argument: ``classes``, a nested layer, branches of layers, a named part, or a plain value."""
    where = f"{place}.{key}"
    if value == "classes" and outputs is not None:
        return outputs
    if key.endswith("activation") and isinstance(value, str) and value not in names.activations:
        raise ValueError(f"{place}: unknown activation '{value}'{nearest(value, names.activations)}")
    if isinstance(value, Mapping) and "layer" in value:
        return _layer(value, names, outputs or 0, where)[1]
    if isinstance(value, Mapping) and "name" in value:
        return _named(value, "name", names.parts, names, where)
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        return [_layer(item, names, outputs or 0, f"{where}.{i}")[1] for i, item in enumerate(value)]
    if isinstance(value, list) and any(isinstance(item, list) for item in value):
        return [_value(f"{key}.{i}", item, names, outputs, place) for i, item in enumerate(value)]
    return tuple(value) if isinstance(value, list) else value


def _arguments(cls: type) -> dict[str, str]:
    """Return the arguments of a class with their types as written, including those of its bases by ``**kwargs``."""
    types: dict[str, str] = {}
    for base in cls.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
        named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        types = {p.name: str(p.annotation) for p in named} | types
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    types.pop("self", None)
    return types


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
