"""Save a model to one ``.npz``: architecture, weights, optimizer and generator, without pickle.

The file holds a JSON text (``model``: architecture, optimizer, loss, metrics, the generator's state) and one array per
weight (``weight/<number>/<layer>/<name>``) and per optimizer moment (``optimizer/<name>``).
"""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.nn import checks
from layerwise.nn.network import Network

_FORMAT = "layerwise.nn 2"


def _weights(model: Network) -> dict[str, np.ndarray]:
    """Return all weights, keyed by their names in the file."""
    return {
        f"weight/{number}/{layer.name}/{name}": weight
        for number, layer in enumerate(model.walk())
        for name, weight in (*layer.params.items(), *layer.state.items())
    }


def pack(model: Any) -> dict[str, np.ndarray]:
    """Return a :class:`layerwise.nn.Sequential`, with its optimizer, as a dict of plain arrays."""
    optimizer = model.optimizer
    description: dict[str, Any] = {
        "format": _FORMAT,
        "architecture": model.get_config(),
        "built": model.built,
        "generators": [model.rng.bit_generator.state, model.order_rng.bit_generator.state],
    }
    arrays = {name: weight.copy() for name, weight in _weights(model).items()}
    if optimizer is not None and model.loss is not None:
        description |= {
            "optimizer": optimizer.serialize(),
            "iterations": optimizer.iterations,
            "loss": model.loss.serialize(),
            "metrics": [metric.serialize() for metric in model.metrics],
        }
        arrays |= {f"optimizer/{name}": moment.copy() for name, moment in optimizer.state.items()}
    text = json.dumps(description, allow_nan=False)
    return {"model": np.frombuffer(text.encode(), np.uint8), **arrays}


def description(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return the JSON description in the arrays of :func:`pack`."""
    text = json.loads(arrays["model"].tobytes())
    if text["format"] != _FORMAT:
        raise ValueError(f"format must be {_FORMAT!r}, got {text['format']!r}")
    return text


def restore(model: Network, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Restore the weights and the generators of a new model of the same architecture."""
    if description["built"]:
        for name, weight in _weights(model).items():
            _copy(name, arrays[name], weight)
    for rng, state in zip((model.rng, model.order_rng), description["generators"], strict=True):
        rng.bit_generator.state = state


def restore_optimizer(model: Any, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Restore the step count and the moments of a new optimizer of a model."""
    optimizer = model.optimizer
    optimizer.iterations = checks.whole("optimizer", "iterations", description["iterations"], 0)
    for name, array in arrays.items():
        slot = name.removeprefix("optimizer/")
        if slot != name:
            optimizer.state[slot] = np.empty_like(model.params)
            _copy(name, array, optimizer.state[slot])


def _copy(name: str, array: np.ndarray, target: np.ndarray) -> None:
    """Copy an array of a file into an array of the model; raise ValueError unless shape and data type are the same."""
    if (array.shape, array.dtype) != (target.shape, target.dtype):
        raise ValueError(
            f"{name} must have shape {target.shape} and dtype {target.dtype}, got {array.shape} and {array.dtype}"
        )
    target[...] = array


def write(arrays: dict[str, np.ndarray], filepath: str | os.PathLike[str]) -> None:
    """Write a packed model to a file atomically; the same model always gives the same bytes."""
    path = Path(filepath)
    if path.suffix != ".npz":
        raise ValueError(f"{path}: a model file must end in .npz, got the suffix {path.suffix!r}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder '{path.parent}'")
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.partial.npz")
    try:
        np.savez(temporary, allow_pickle=False, **arrays)  # type: ignore[arg-type]
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read(filepath: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read a packed model from a file; raises the errors of :func:`layerwise.nn.load_model`."""
    if not os.path.exists(filepath):
        raise FileNotFoundError(f"{filepath}: no such file")
    if not zipfile.is_zipfile(filepath):
        raise ValueError(f"{filepath}: not a readable .npz (damaged, or not an .npz file)")
    try:
        with np.load(filepath, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as error:  # zipfile and NumPy raise errors of many types for a damaged file
        raise ValueError(f"{filepath}: not a readable .npz (damaged, or not an .npz file): {error}") from None
    if "model" not in arrays:
        raise ValueError(f"{filepath}: must be a model written by model.save, got an .npz with {', '.join(arrays)}")
    for name, array in arrays.items():
        floats = isinstance(array, np.ndarray) and array.dtype.kind == "f"  # NumPy returns other members as bytes
        if name != "model" and not (floats and np.isfinite(array).all()):
            raise ValueError(f"{filepath}: {name} must be finite numbers of a floating-point type")
    return arrays
