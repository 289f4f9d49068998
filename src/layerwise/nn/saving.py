"""A model in one ``.npz``: architecture, weights, optimizer and generator; nothing is ever pickled.

The file holds one JSON text (``model``: architecture, optimizer, loss, metrics, the generator's state) and one array
for each weight (``weight/<number>/<layer>/<name>``) and each moment of the optimizer (``optimizer/<name>``).
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

_FORMAT = "layerwise.nn 1"


def _weights(model: Network) -> dict[str, np.ndarray]:
    """Return all weights by the names they have in a file."""
    return {
        f"weight/{number}/{layer.name}/{name}": weight
        for number, layer in enumerate(model.walk())
        for name, weight in (*layer.params.items(), *layer.state.items())
    }


def pack(model: Any) -> dict[str, np.ndarray]:
    """Return a whole :class:`layerwise.nn.Sequential` as plain arrays."""
    optimizer = model.optimizer
    description: dict[str, Any] = {
        "format": _FORMAT,
        "architecture": model.get_config(),
        "built": model.built,
        "generator": model.rng.bit_generator.state,
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
    """Return what :func:`pack` wrote as text."""
    text = json.loads(arrays["model"].tobytes())
    if text["format"] != _FORMAT:
        raise ValueError(f"its format must be {_FORMAT!r}, got {text['format']!r}")
    return text


def restore(model: Network, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Give a fresh model of the same architecture its weights and its generator's state."""
    if description["built"]:
        for name, weight in _weights(model).items():
            if arrays[name].shape != weight.shape:
                raise ValueError(f"{name} has shape {arrays[name].shape}; the architecture wants {weight.shape}")
            weight[...] = arrays[name]
    model.rng.bit_generator.state = description["generator"]


def restore_optimizer(optimizer: Optimizer, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Give a fresh optimizer its steps and its moments."""
    optimizer.iterations = description["iterations"]
    optimizer.state = {
        name.removeprefix("optimizer/"): array.copy() for name, array in arrays.items() if name.startswith("optimizer/")
    }


def write(arrays: dict[str, np.ndarray], filepath: str | os.PathLike[str]) -> None:
    """Write a packed model to a file, whole or not at all; the same model gives the same bytes."""
    path = Path(filepath)
    if path.suffix != ".npz":
        raise ValueError(f"{path}: a model is saved as .npz; got the suffix {path.suffix!r}")
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.partial.npz")
    try:
        np.savez(temporary, allow_pickle=False, **arrays)  # type: ignore[arg-type]
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read(filepath: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Return the packed model in a file; raises as :func:`layerwise.nn.load_model` does."""
    if not os.path.exists(filepath):
        raise FileNotFoundError(f"{filepath}: no such file")
    try:
        with np.load(filepath, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{filepath}: not a whole .npz (damaged or another kind of file): {error}") from None
    if "model" not in arrays:
        raise ValueError(f"{filepath}: an .npz, but not a model written by model.save (it holds {', '.join(arrays)})")
    return arrays
