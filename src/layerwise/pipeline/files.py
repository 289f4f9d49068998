"""Reading and writing artifacts, atomically and reproducibly."""

from __future__ import annotations

import hashlib
import json
import os
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np


@contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path that is renamed to ``path`` if the block succeeds and deleted if it fails.

    The temporary file keeps the suffix of ``path``, from which many writers infer the format. A temporary file left by
    a killed process is removed.

    Raises
    ------
    OSError
        If the file cannot be written, for example because the disk is full.
    """
    path = Path(path)
    temporary = path.with_name(f".partial.{os.getpid()}.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in path.parent.glob(".partial.*"):
            if leftover.name.split(".", 3)[-1] == path.name:
                leftover.unlink(missing_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def date_no_later_than_now(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Set modification times in the future, from a wrong clock or another machine, to now, keeping their order.

    Snakemake fails a job whose input is newer than its output.

    Raises
    ------
    PermissionError
        If the modification time of such a file cannot be changed.
    """
    now = time.time_ns()
    future = {path: date for path in paths if os.path.exists(path) and (date := os.stat(path).st_mtime_ns) > now}
    rank = {date: number for number, date in enumerate(sorted(set(future.values())))}
    for path, date in future.items():
        try:
            os.utime(path, ns=(now + 1000 * rank[date],) * 2)
        except OSError:
            day = time.strftime("%Y-%m-%d", time.localtime(date / 1e9))
            raise PermissionError(
                f"{path}: modification time must not be in the future, got {day}, and could not be changed; "
                "correct the system clock, or use a copy of the file"
            ) from None


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write text atomically in UTF-8."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write ``value`` atomically as indented JSON; NaN and infinity raise ValueError."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file.

    Raises
    ------
    ValueError
        If the file is not valid JSON. The message names the file and the position.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: must be valid JSON ({error}); delete it and rerun") from None


def write_npz(path: str | os.PathLike[str], **arrays: np.ndarray) -> None:
    """Write arrays atomically as an uncompressed ``.npz``, reproducibly because NumPy uses fixed time stamps."""
    for name, array in arrays.items():
        if np.asarray(array).dtype.hasobject:
            raise ValueError(f"{path}: array '{name}' must be numeric or text, got Python objects")
    with atomic(path) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)  # type: ignore[arg-type]


def read_npz(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read all arrays of an ``.npz`` without unpickling.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is not a complete ``.npz`` of numeric and text arrays.
    """
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path}: no such file")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path}: must be a complete .npz of numeric and text arrays")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as error:  # zipfile and NumPy raise errors of many types for a damaged file
        raise ValueError(f"{path}: must be a complete .npz of numeric and text arrays ({error})") from None
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # NumPy returns other members of the archive as bytes
            raise ValueError(f"{path}: must contain only arrays, but '{name}' is none")
    return arrays


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 digest of a file as a hexadecimal string."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(folder: Path, names: Iterable[str]) -> dict[str, str | None]:
    """Return the SHA-256 digest of each named file in a folder, None for missing files."""
    return {name: sha256(folder / name) if (folder / name).exists() else None for name in names}


def verified(path: str | os.PathLike[str], record: str) -> Path:
    """Return the path of an artifact after comparing its SHA-256 digest with the recorded one.

    Parameters
    ----------
    path : path
    record : str
        JSON file in the same folder with the digests of ``files`` by name, or of ``splits`` by stem. If it does not
        exist or does not list the artifact, there is nothing to compare.

    Raises
    ------
    ValueError
        If the digests differ.
    """
    path = Path(path)
    recorded = path.with_name(record)
    contents = read_json(recorded) if recorded.exists() else {}
    expected = contents.get("files", {}).get(path.name) or contents.get("splits", {}).get(path.stem)
    if expected is not None and path.exists() and sha256(path) != expected:
        raise ValueError(f"{path}: sha256 differs from {record} (truncated?); delete it and rerun")
    return path
