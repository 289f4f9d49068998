"""One model specification, two backends: resolves the names in an experiment's YAML to layers, losses and optimizers.

Nothing here knows any layer. A name is looked up in the backend's own modules and its arguments are checked against
the signature found there, so that a layer added to :mod:`layerwise.nn` can be used in the configuration at once.
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
    """What a backend offers: its public classes by kind, and its activation functions.

    Parameters
    ----------
    layers, losses, optimizers, parts : mapping of str to class
        ``parts`` are the things that arguments are made of: regularizers, initializers, constraints, schedules.
    activations : frozenset of str
        Names that an ``activation`` argument accepts.
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
    """Make the layers of ``spec["model"]``.

    Parameters
    ----------
    spec : mapping
        The experiment.
    names : Names
        What the backend offers.
    outputs : int
        What ``classes`` stands for: the number of classes, 1 for two classes, the width of a regression's target.
    where : str
        The key of the experiment, for messages, such as ``experiments.digits_mlp``.

    Returns
    -------
    list of (place, layer)
        Each with the place to name should the layer not fit its input.

    Raises
    ------
    ValueError
        For an unknown layer, argument, activation or part, naming the key, what came and what is accepted.
    """
    return [_layer(entry, names, outputs, f"{where}.model.{i}") for i, entry in enumerate(spec["model"])]


def loss(spec: Spec, names: Names, where: str) -> Any:
    """Make the loss of an experiment; errors as in :func:`layers`."""
    return _named(spec["loss"], "loss", names.losses, names, f"{where}.loss")


def with_loss_for(spec: Spec, task: str) -> Spec:
    """Return the specification with the loss ``Crossentropy`` made the one for two classes or the one for more."""
    if spec["loss"].get("name") != "Crossentropy":
        return spec
    name = "BinaryCrossentropy" if task == "binary" else "SparseCategoricalCrossentropy"
    return {**spec, "loss": {**spec["loss"], "name": name}}


def with_vocabulary(spec: Spec, words: int) -> Spec:
    """Return the specification with ``vocabulary``, as an Embedding's input_dim, made the number of words there are."""
    first, *rest = spec["model"]
    if not isinstance(first, Mapping) or first.get("input_dim") != "vocabulary":
        return spec
    return {**spec, "model": [{**first, "input_dim": words}, *rest]}


def optimizer(spec: Spec, names: Names, where: str) -> Any:
    """Make the optimizer of an experiment, its learning-rate schedule included; errors as in :func:`layers`."""
    return _named(spec["optimizer"], "optimizer", names.optimizers, names, f"{where}.optimizer")


def check(spec: Spec, names: Names, where: str, backends: Sequence[str] = ("numpy",)) -> None:
    """Refuse an experiment whose layers, loss or optimizer a backend could not make; errors as in :func:`layers`.

    Parameters
    ----------
    spec, where
        As for :func:`layers`.
    names : Names
        What the NumPy backend offers. Keras has all of it, and is not imported for this.
    backends : sequence of str
        Where the experiment is trained: an :class:`Application` is Keras's alone.
    """
    names = replace(names, layers={**names.layers, "Application": Application})
    for place, layer in layers(with_vocabulary(spec, 2), names, 1, where):
        if isinstance(layer, Application) and "numpy" in backends:
            raise ValueError(f"{place}: only Keras has this layer; add backends: [keras] to the experiment")
    loss(with_loss_for(spec, "binary"), names, where)
    optimizer(spec, names, where)


def take_over(model: Any, source: Any, name: str, where: str) -> list[Any]:
    """Give a model the weights of another, all but those of its last layer.

    Parameters
    ----------
    model, source : nn.Sequential or keras.Sequential
        Both of the same backend; layers without weights do not count.
    name : str
        The experiment that ``source`` comes from, for messages.
    where : str
        The key of the model's experiment, for messages.

    Returns
    -------
    list of layers
        Those of ``model`` that were given weights.

    Raises
    ------
    ValueError
        If the two differ in the shape of a weight before their last layers.
    """
    own, other = ([layer for layer in m.layers if layer.get_weights()][:-1] for m in (model, source))
    for layer, teacher in itertools.zip_longest(own, other):
        shapes = [[] if side is None else [w.shape for w in side.get_weights()] for side in (layer, teacher)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"{where}.start: '{name}' does not fit: before the last layer it has weights of shapes "
                f"{shapes[1]} where this model has {shapes[0]}"
            )
    for layer, teacher in zip(own, other):
        layer.set_weights(teacher.get_weights())
    return own


def unfit(place: str, shape: Any, error: Exception) -> ValueError:
    """Return the error for a layer that cannot follow the one before it."""
    shape = tuple(shape)
    if shape[:1] == (None,):
        shape = shape[1:]
    return ValueError(f"{place}: does not fit its input of shape {shape} (without the batch): {_first_line(error)}")


def _layer(entry: Any, names: Names, outputs: int, where: str) -> tuple[str, Any]:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("layer"), str):
        raise ValueError(f"{where}: a layer is written {{layer: Name, argument: value}}, got {entry!r}")
    name, place = entry["layer"], f"{where} ({entry['layer']})"
    cls = _lookup(name, "layer", names.layers, where)
    arguments = {key: value for key, value in entry.items() if key != "layer"}
    return place, _construct(cls, arguments, names, outputs, place)


def _named(value: Any, kind: str, known: Mapping[str, type], names: Names, where: str) -> Any:
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        raise ValueError(f"{where}: expected {{name: Name, argument: value}}, got {value!r}")
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
    try:
        return cls(**values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: {_first_line(error)}") from error


def _value(key: str, value: Any, names: Names, outputs: int | None, place: str) -> Any:
    """Resolve one argument: ``classes``, a nested layer, a branch or branches of layers, a named part, or the value."""
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


def _arguments(cls: type) -> set[str]:
    """Return the argument names of a class, those it hands on to its bases by ``**kwargs`` included."""
    found: set[str] = set()
    for base in cls.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
        found.update(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return found - {"self"}


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
