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

from layerwise.nn.network import Network
from layerwise.nn.optimizers import Optimizer

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
            if arrays[name].shape != weight.shape:
                raise ValueError(f"{name} must have shape {weight.shape}, got {arrays[name].shape}")
            weight[...] = arrays[name]
    for rng, state in zip((model.rng, model.order_rng), description["generators"], strict=True):
        rng.bit_generator.state = state


def restore_optimizer(optimizer: Optimizer, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Restore the step count and the moments of a new optimizer."""
    optimizer.iterations = description["iterations"]
    optimizer.state = {
        name.removeprefix("optimizer/"): array.copy() for name, array in arrays.items() if name.startswith("optimizer/")
    }


def write(arrays: dict[str, np.ndarray], filepath: str | os.PathLike[str]) -> None:
    """Write a packed model to a file atomically; the same model always gives the same bytes."""
    path = Path(filepath)
    if path.suffix != ".npz":
        raise ValueError(f"{path}: a model file must end in .npz, got the suffix {path.suffix!r}")
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
    try:
        with np.load(filepath, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{filepath}: not a readable .npz (damaged, or not an .npz file): {error}") from None
    if "model" not in arrays:
        raise ValueError(f"{filepath}: must be a model written by model.save, got an .npz with {', '.join(arrays)}")
    return arrays
