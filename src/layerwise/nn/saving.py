"""A model in one ``.npz``: architecture, weights, optimizer and generator; nothing is ever pickled.

The file holds one JSON text (``model``: architecture, optimizer, loss, metrics, the generator's state) and one array
for each weight (``weight/<number>/<layer>/<name>``) and each moment of the optimizer (``optimizer/<name>``).
"""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from layerwise.nn.model import Sequential

_FORMAT = "layerwise.nn 1"


def _weights(model: Sequential) -> dict[str, np.ndarray]:
    """Return all weights by the names they have in a file."""
    return {
        f"weight/{number}/{layer.name}/{name}": weight
        for number, layer in enumerate(model.walk())
        for name, weight in (*layer.params.items(), *layer.state.items())
    }


def pack(model: Sequential) -> dict[str, np.ndarray]:
    """Return the whole model as plain arrays."""
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


def unpack(arrays: dict[str, np.ndarray]) -> Sequential:
    """Build the model that :func:`pack` described."""
    from layerwise.nn.model import Sequential

    description = json.loads(arrays["model"].tobytes())
    if description["format"] != _FORMAT:
        raise ValueError(f"its format is {description['format']!r}; accepted is {_FORMAT!r}")
    model = Sequential.from_config(description["architecture"])
    if description["built"]:
        for name, weight in _weights(model).items():
            if arrays[name].shape != weight.shape:
                raise ValueError(f"{name} has shape {arrays[name].shape}; the architecture wants {weight.shape}")
            weight[...] = arrays[name]
    model.rng.bit_generator.state = description["generator"]
    if "optimizer" in description:
        model.compile(description["optimizer"], description["loss"], description["metrics"])
        assert model.optimizer is not None
        model.optimizer.iterations = description["iterations"]
        model.optimizer.state = {
            name.removeprefix("optimizer/"): array.copy()
            for name, array in arrays.items()
            if name.startswith("optimizer/")
        }
    return model


def save_model(model: Sequential, filepath: str | os.PathLike[str]) -> None:
    """Write the model to a file, whole or not at all; the same model gives the same bytes."""
    path = Path(filepath)
    if path.suffix != ".npz":
        raise ValueError(f"{path}: a model is saved as .npz; got the suffix {path.suffix!r}")
    arrays = pack(model)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.partial.npz")
    try:
        np.savez(temporary, allow_pickle=False, **arrays)  # type: ignore[arg-type]
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load_model(filepath: str | os.PathLike[str]) -> Sequential:
    """Return the model that :meth:`Sequential.save` wrote, ready to predict and to train on.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, or was not written by :meth:`Sequential.save`.
    """
    if not os.path.exists(filepath):
        raise FileNotFoundError(f"{filepath}: no such file; accepted is a model written by model.save")
    try:
        with np.load(filepath, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{filepath}: not a whole .npz (damaged or another kind of file): {error}") from None
    if "model" not in arrays:
        raise ValueError(f"{filepath}: an .npz, but not a model written by model.save (it holds {', '.join(arrays)})")
    try:
        return unpack(arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{filepath}: not a model this version can read: {error}") from None
