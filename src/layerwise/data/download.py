"""Fetching published files: a mirror folder first, then each public home in turn, until the digest is right."""

from __future__ import annotations

import functools
import hashlib
import lzma
import os
import shutil
import sys
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pooch
import requests
from tqdm import tqdm

from layerwise.data.catalogue import SOURCES
from layerwise.data.homes import MANIFEST, PUBLISHED, Container, Member, Published, plain
from layerwise.files import atomic, sha256, write_json
from layerwise.names import nearest

MIRROR = "LAYERWISE_DATA_MIRROR"
ATTEMPTS, PAUSE, TIMEOUT = 3, 1.0, 30.0
UNREADABLE = (OSError, EOFError, ValueError, KeyError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile)


def fetch(source: str, downloads: str | os.PathLike[str], mirror: str | os.PathLike[str] | None = None) -> None:
    """Leave the verified files of a published source in ``<downloads>/<source>/``, and ``fetched.json`` last.

    Parameters
    ----------
    source : str
        A published source of `layerwise.data.catalogue`; for one that comes with a library there is nothing to do.
    downloads : path
    mirror : path, optional
        A folder asked before the network; the environment variable ``LAYERWISE_DATA_MIRROR`` goes before it.

    Raises
    ------
    ValueError
        If the source is unknown or the mirror is no folder.
    OSError
        If some file is to be had nowhere; the message says what each place answered.
    """
    if source not in SOURCES:
        raise ValueError(f"--source: unknown source '{source}'{nearest(source, SOURCES)}")
    if source not in PUBLISHED:
        print(f"{source}: {SOURCES[source].home}, nothing to fetch")
        return
    name, chosen = (MIRROR, os.environ[MIRROR]) if os.environ.get(MIRROR) else ("mirror", mirror)
    if chosen and not os.access(chosen, os.R_OK | os.X_OK):
        raise ValueError(f"{name}: '{chosen}' is not a folder that can be read; name one, or none to use the network")
    fetch_published(source, PUBLISHED[source], Path(downloads) / source, Path(chosen) if chosen else None)


def fetch_published(source: str, published: Published, folder: Path, mirror: Path | None) -> None:
    """Fetch the members that ``folder`` does not hold yet, then write the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    parts = folder / ".parts"  # archives shared by members, and pieces that a later call goes on from
    entries = []
    for member in published.members:
        path = folder / member.name
        if path.exists() and sha256(path) == member.sha256:
            came_from = "already there"
        else:
            try:
                data, came_from = obtain(source, member, published.folder, parts, mirror)
                with atomic(path) as temporary:
                    temporary.write_bytes(data)
            except OSError as error:
                if error.errno is None:
                    raise
                raise OSError(f"{path}: could not be written ({error.strerror})") from None
        print(f"{source}: {member.name} verified ({came_from})")
        entries.append({"file": member.name, "sha256": member.sha256, "from": came_from})
    shutil.rmtree(parts, ignore_errors=True)
    write_json(folder / MANIFEST, {"source": source, "files": entries})


def obtain(source: str, member: Member, folder: str, parts: Path, mirror: Path | None) -> tuple[bytes, str]:
    """Return the content of a member, and where it came from: the first place where the digest is right."""
    refusals = []
    for container, place in places(member, folder, mirror):
        try:
            path = place if isinstance(place, Path) else downloaded(place, parts)
        except Unavailable as error:
            refusals.append(f"{place}: {error}")
            continue
        label = f"mirror: {folder}/{container.name}" if isinstance(place, Path) else place
        try:
            data = container.unpack(path)
            found = hashlib.sha256(data).hexdigest()
            if found == member.sha256:
                return data, label
            reason = f"sha256 {found[:12]}… instead of {member.sha256[:12]}…, a wrong or edited file"
        except UNREADABLE as error:
            reason = f"truncated or damaged ({error})"
        refusals.append(f"{label}: {reason}")
        print(f"warning: {refusals[-1]}", file=sys.stderr)
        if not isinstance(place, Path):
            path.unlink()
    raise OSError(
        f"{source}: '{member.name}' could not be fetched ({'; '.join(refusals)}); "
        f"try again, or put '{member.containers[0].name}' into '{folder}/' of a folder that {MIRROR} names"
    )


def places(member: Member, folder: str, mirror: Path | None) -> Iterator[tuple[Container, Path | str]]:
    """Yield the containers a member may come from: files of the mirror, then public addresses."""
    if mirror:
        for container in (*member.containers, Container(member.name, plain)):
            if (mirror / folder / container.name).is_file():
                yield container, mirror / folder / container.name
    for container in member.containers:
        for url in container.urls:
            yield container, url


class Unavailable(Exception):
    """An address did not give its file; the message says what it answered."""


def downloaded(url: str, parts: Path) -> Path:
    """Return the file behind an address, downloading it unless that was done before.

    Raises
    ------
    Unavailable
        If it cannot be had.
    """
    path = parts / f"{hashlib.sha256(url.encode()).hexdigest()[:8]}-{Path(url).name}"
    partial = path.with_name(f"{path.name}.partial")
    pooch.get_logger().setLevel("WARNING")
    for attempt in range(1, ATTEMPTS + 1):
        if path.exists():
            break
        try:
            pooch.retrieve(url, None, path.name, parts, downloader=functools.partial(resume, partial))
        except requests.RequestException as error:
            reason, passing = _diagnosis(error, partial)
            print(f"{url}: {reason} (attempt {attempt} of {ATTEMPTS})", file=sys.stderr)
            if not passing or attempt == ATTEMPTS:
                raise Unavailable(reason) from None
            time.sleep(PAUSE * attempt)
    return path


def _diagnosis(error: requests.RequestException, partial: Path) -> tuple[str, bool]:
    """Return what went wrong, and whether trying again may help."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        return f"answered {status} {error.response.reason}", status >= 500 or status in (408, 416, 429)
    if isinstance(error, requests.Timeout):
        return "did not answer in time", True
    if partial.exists():
        return f"connection cut after {partial.stat().st_size:,} bytes", True
    return "no connection", isinstance(error, requests.ConnectionError)


def resume(partial: Path, url: str, output_file: str, pooch: Any) -> None:
    """Download for pooch, going on where an earlier attempt stopped.

    The bytes are kept in ``partial``; only when all have come is it moved to ``output_file``.
    """
    have = partial.stat().st_size if partial.exists() else 0
    # Ranges count encoded bytes, so the server must not compress.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if response.status_code == 416:  # nothing follows what is there: it is not a beginning of this file
            partial.unlink()
        response.raise_for_status()
        have = have if response.status_code == 206 else 0
        rest = response.headers.get("Content-Length")
        progress = tqdm(
            desc=Path(url).name,
            total=have + int(rest) if rest else None,
            initial=have,
            unit="B",
            unit_scale=True,
            mininterval=0.2 if sys.stderr.isatty() else 10,  # a log gets a line now and then
        )
        with open(partial, "ab" if have else "wb") as file, progress:
            for chunk in response.iter_content(1 << 16):
                file.write(chunk)
                progress.update(len(chunk))
    os.replace(partial, output_file)
