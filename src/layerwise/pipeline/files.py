"""Reading and writing artifacts: whole or not at all, and the same bytes every time."""

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
    """Yield a temporary path that becomes ``path`` when the block ends well, and vanishes when it does not.

    The temporary file keeps the ending of ``path``, because many writers choose their format by it. One that a killed
    process left is removed.

    Raises
    ------
    OSError
        If the file cannot be written, because the disk is full for one; the message names it.
    """
    path = Path(path)
    temporary = path.with_name(f".partial.{os.getpid()}.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(".partial.*"):
            if left.name.split(".", 3)[-1] == path.name:
                left.unlink(missing_ok=True)
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
    """Give files dated in the future, by a wrong clock or another machine, the present time, in the order they had.

    Snakemake fails a job whose input is newer than what the job has just made.

    Raises
    ------
    PermissionError
        If the date of such a file may not be changed.
    """
    now = time.time_ns()
    late = {path: date for path in paths if os.path.exists(path) and (date := os.stat(path).st_mtime_ns) > now}
    rank = {date: number for number, date in enumerate(sorted(set(late.values())))}
    for path, date in late.items():
        try:
            os.utime(path, ns=(now + 1000 * rank[date],) * 2)
        except OSError:
            day = time.strftime("%Y-%m-%d", time.localtime(date / 1e9))
            raise PermissionError(
                f"{path}: dated {day}, in the future, and this cannot be changed; set the clock right, or use a copy"
            ) from None


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write ``value`` as indented JSON; NaN and infinity are refused, because they are not JSON."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file.

    Raises
    ------
    ValueError
        If the file is not JSON; the message names the file and the place.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: not valid JSON ({error}); delete it and rerun") from None


def write_npz(path: str | os.PathLike[str], **arrays: np.ndarray) -> None:
    """Write arrays as an uncompressed ``.npz``, atomically; NumPy fixes the time stamps, so the bytes are stable."""
    for name, array in arrays.items():
        if np.asarray(array).dtype.hasobject:
            raise ValueError(
                f"{path}: array '{name}' holds Python objects; only plain numeric or text arrays are stored"
            )
    with atomic(path) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)  # type: ignore[arg-type]


def read_npz(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read every array of an ``.npz``, never unpickling.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a whole ``.npz`` of plain arrays.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: not a readable .npz of plain arrays ({error})") from None


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 digest of a file, as hexadecimal text."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(folder: Path, names: Iterable[str]) -> dict[str, str | None]:
    """Return the SHA-256 digest of each named file in a folder, None for one that is missing."""
    return {name: sha256(folder / name) if (folder / name).exists() else None for name in names}
