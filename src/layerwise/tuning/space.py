"""Search spaces: the parameters of an experiment that a sweep varies, and their ranges."""

from __future__ import annotations

import copy
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from layerwise.suggest import nearest

Settings = dict[str, Any]
MOST = 100_000  # points of a grid
LARGEST = 1e9  # absolute value of a bound
KINDS = ("uniform", "log", "integer", "choice")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a search space.

    Attributes
    ----------
    path : str
        Position of its value in the experiment; see :func:`apply`.
    kind : str
        One of `KINDS`.
    values : tuple
        Lower and upper bound (inclusive), or the choices.
    log : bool
        Whether it is sampled uniformly on a logarithmic scale.
    points : int or None
        Number of grid points of a range.
    when : mapping
        Other parameters → the values for which this parameter is active; it is omitted otherwise.
    """

    path: str
    kind: str
    values: tuple[Any, ...]
    log: bool = False
    points: int | None = None
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def active(self, settings: Mapping[str, Any]) -> bool:
        """Return whether the parameter is active, given the parameters it depends on."""
        return all(settings.get(other) in values for other, values in self.when.items())

    def at(self, u: float) -> Any:
        """Return the choice or number at a position in [0, 1)."""
        if self.kind == "choice":
            return self.values[int(u * len(self.values))]
        low, high = self.values
        if self.kind == "integer":  # intervals of equal width around each integer
            low, high = low - 0.5, high + 0.5
        value = low * (high / low) ** u if self.log else low + u * (high - low)
        return self.tidy(value)

    def position(self, value: Any) -> float:
        """Return the position in [0, 1] of a number, the inverse of `at`."""
        low, high = self.values
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return (value - low) / (high - low)

    def tidy(self, value: float) -> float | int:
        """Round a number to an integer or to six significant digits and clip it to the range.

        Rounding makes the value the same on every machine.
        """
        low, high = self.values
        if self.kind == "integer":
            return min(max(round(value), low), high)
        return min(max(float(f"{value:.6g}"), low), high)

    def grid(self) -> list[Any]:
        """Return the grid values: all choices, or ``points`` evenly spaced numbers including the bounds."""
        if self.kind == "choice":
            return list(self.values)
        low, high = self.values
        steps = [i / (self.points - 1) for i in range(self.points)] if self.points and self.points > 1 else [0.5]
        values = [self.tidy(low * (high / low) ** u if self.log else low + u * (high - low)) for u in steps]
        return list(dict.fromkeys(values))


@dataclass(frozen=True)
class Space:
    """The parameters of a sweep, ordered so that each comes after those it depends on."""

    parameters: tuple[Parameter, ...]

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)

    def settings(self, u: Sequence[float]) -> Settings:
        """Return the settings at a point of the unit cube, one coordinate per parameter, omitting inactive ones."""
        chosen: Settings = {}
        for parameter, position in zip(self.parameters, u, strict=True):
            if parameter.active(chosen):
                chosen[parameter.path] = parameter.at(position)
        return chosen

    def grid(self) -> list[Settings]:
        """Return the distinct combinations of the grid values."""
        combinations: dict[str, Settings] = {}
        for values in itertools.product(*(parameter.grid() for parameter in self.parameters)):
            chosen: Settings = {}
            for parameter, value in zip(self.parameters, values):
                if parameter.active(chosen):
                    chosen[parameter.path] = value
            combinations.setdefault(json.dumps(chosen), chosen)
        return list(combinations.values())

    def example(self, path: str, value: Any) -> Settings:
        """Return settings in which one parameter is active and has the given value."""
        needed = {path: value}
        for parameter in reversed(self.parameters):
            if parameter.path in needed:
                needed |= {other: values[0] for other, values in parameter.when.items() if other not in needed}
        chosen: Settings = {}
        for parameter in self.parameters:
            if parameter.active(chosen):
                chosen[parameter.path] = needed.get(parameter.path, parameter.values[0])
        return chosen


def read(spec: Any, where: str) -> Space:
    """Read the ``space`` of a sweep.

    Parameters
    ----------
    spec : mapping
        Path → ``{uniform: [low, high]}``, ``{log: [low, high]}``, ``{integer: [low, high], log: true}`` or
        ``{choice: [a, b]}``, optionally with ``points`` for a grid and ``when: {path: value}`` for a condition.
    where : str
        Key of the space in the configuration, for messages.

    Raises
    ------
    ValueError
        If the space is invalid. The message names the key and the value.
    """
    if not isinstance(spec, Mapping) or not spec:
        raise ValueError(f"{where}: must have at least one parameter, such as optimizer.learning_rate, got {spec!r}")
    parameters = {path: _parameter(path, entry, f"{where}.{path}") for path, entry in spec.items()}
    for path, parameter in parameters.items():
        for other, values in parameter.when.items():
            if other not in parameters:
                known = [name for name in parameters if name != path]
                raise ValueError(f"{where}.{path}.when: unknown parameter '{other}'{nearest(other, known)}")
            for value in values:
                _check_reachable(parameters[other], value, f"{where}.{path}.when.{other}")
    return Space(tuple(_in_order(parameters, where)))


def _parameter(path: str, entry: Any, where: str) -> Parameter:
    kinds = [key for key in KINDS if isinstance(entry, Mapping) and key in entry]
    if "integer" in kinds:
        kinds = [kind for kind in kinds if kind != "log"]  # there it is a flag
    if len(kinds) != 1:
        raise ValueError(f"{where}: must have exactly one of the keys {', '.join(KINDS)}, got {entry!r}")
    [kind] = kinds
    accepted = {kind, "when", *([] if kind == "choice" else ["points"]), *(["log"] if kind == "integer" else [])}
    for key in entry:
        if key not in accepted:
            raise ValueError(f"{where}: unknown key '{key}'{nearest(key, accepted)}")
    values, when = entry[kind], entry.get("when", {})
    if not isinstance(values, list) or not values:
        raise ValueError(f"{where}.{kind}: must be a non-empty list, got {values!r}")
    log = kind == "log" or bool(entry.get("log"))
    if kind != "choice":
        _check_bounds(values, kind, log, f"{where}.{kind}")
    points = entry.get("points")
    if points is not None and (not isinstance(points, int) or isinstance(points, bool) or not 1 <= points <= MOST):
        raise ValueError(f"{where}.points: must be an integer from 1 to {MOST}, got {points!r}")
    if not isinstance(when, Mapping):
        raise ValueError(f"{where}.when: must be a mapping {{path: value}}, got {when!r}")
    conditions = {other: tuple(value) if isinstance(value, list) else (value,) for other, value in when.items()}
    return Parameter(path, kind, tuple(values), log, points, conditions)


def _check_bounds(values: list[Any], kind: str, log: bool, where: str) -> None:
    number = int if kind == "integer" else (int, float)
    if len(values) != 2 or not all(isinstance(v, number) and not isinstance(v, bool) for v in values):
        raise ValueError(f"{where}: must be two {'integers' if kind == 'integer' else 'numbers'}, got {values!r}")
    if not all(abs(value) < LARGEST for value in values):
        raise ValueError(f"{where}: bounds must be finite and below {LARGEST:.0e} in size, got {values!r}")
    low, high = values
    if not low < high:
        raise ValueError(f"{where}: the lower bound must be below the upper, got {values!r}")
    if log and low <= 0:
        raise ValueError(f"{where}: the lower bound of a logarithmic range must be above 0, got {low!r}")


def _check_reachable(parameter: Parameter, value: Any, where: str) -> None:
    if parameter.kind == "choice" and value not in parameter.values:
        raise ValueError(f"{where}: unknown choice {value!r}{nearest(value, parameter.values)}")
    if parameter.kind == "integer" and value not in range(parameter.values[0], parameter.values[1] + 1):
        raise ValueError(f"{where}: must be an integer in the range {list(parameter.values)}, got {value!r}")
    if parameter.kind in ("uniform", "log"):
        raise ValueError(f"{where}: a condition must refer to a choice or an integer, got a {parameter.kind} range")


def _in_order(parameters: Mapping[str, Parameter], where: str) -> Iterator[Parameter]:
    waiting, done = dict(parameters), set[str]()
    while waiting:
        ready = [path for path, parameter in waiting.items() if set(parameter.when) <= done]
        if not ready:
            raise ValueError(f"{where}: circular dependency between {', '.join(waiting)}")
        for path in ready:
            done.add(path)
            yield waiting.pop(path)


def apply(experiment: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the experiment with the settings applied.

    A path is written with dots: ``batch_size``, ``optimizer.learning_rate``, ``model.1.units`` (the second layer),
    ``model.Dropout.rate`` (every Dropout), ``model`` (all layers). ``model.1.repeat`` and ``model.1:4.repeat`` replace
    a layer or a block of layers with 0 or more copies; the indices refer to the layers of the original experiment.

    Raises
    ------
    KeyError
        If a path does not exist in the experiment.
    """
    changed = copy.deepcopy(dict(experiment))
    repeats = []
    for path, value in sorted(settings.items(), key=lambda item: item[0].count(".")):
        *parents, last = path.split(".")
        if last == "repeat":
            repeats.append((_block(changed, parents, path), value))
            continue
        for node in _nodes(changed, parents, path):
            _put(node, last, value, path)
    for block, times in sorted(repeats, key=lambda item: -item[0].start):
        changed["model"][block] = [copy.deepcopy(layer) for _ in range(times) for layer in changed["model"][block]]
    return changed


def _nodes(root: Any, parents: Sequence[str], path: str) -> list[Any]:
    """Return the nodes at the parent of a path: one node, or several if the path contains the name of a layer."""
    nodes = [root]
    for part in parents:
        children = []
        for node in nodes:
            if isinstance(node, Mapping) and part in node:
                children.append(node[part])
            elif isinstance(node, list) and part.isdigit() and int(part) < len(node):
                children.append(node[int(part)])
            elif isinstance(node, list):
                children += [layer for layer in node if isinstance(layer, Mapping) and layer.get("layer") == part]
        nodes = children
    if not nodes:
        raise KeyError(path)
    return nodes


def _put(node: Any, last: str, value: Any, path: str) -> None:
    if isinstance(node, list) and last.isdigit() and int(last) < len(node):
        node[int(last)] = copy.deepcopy(value)
    elif isinstance(node, dict) and (last in node or "layer" in node or "name" in node):
        node[last] = copy.deepcopy(value)  # may be a new argument of a layer or optimizer, checked by models.check
    else:
        raise KeyError(path)


def _block(root: Mapping[str, Any], parents: Sequence[str], path: str) -> slice:
    layers = len(root["model"])
    first, _, end = parents[-1].partition(":") if len(parents) == 2 and parents[0] == "model" else ("", "", "")
    if not first.isdigit() or not (end or "0").isdigit():
        raise KeyError(path)
    block = slice(int(first), int(end) if end else int(first) + 1)
    if not block.start < block.stop <= layers:
        raise KeyError(path)
    return block


def paths(node: Any, start: str = "") -> Iterator[str]:
    """Yield the path of every value of an experiment, for suggestions for unknown paths."""
    items = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        if isinstance(value, Mapping | list):
            yield from paths(value, f"{start}{key}.")
        elif key not in ("title", "dataset", "layer"):
            yield f"{start}{key}"
