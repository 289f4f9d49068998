"""Downloading published files: from a mirror folder, then from each public URL, until the SHA-256 matches."""

from __future__ import annotations

import functools
import hashlib
import lzma
import os
import shutil
import sys
import tarfile
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import pooch
import requests
import urllib3
from tqdm import tqdm

from layerwise.data.catalogue import SOURCES
from layerwise.data.published_files import LIMIT, MANIFEST, PUBLISHED, Container, Member, Published, plain
from layerwise.pipeline.files import atomic, sha256, write_json
from layerwise.suggest import nearest

MIRROR = "LAYERWISE_DATA_MIRROR"
ATTEMPTS, PAUSE = 3, 1.0
TIMEOUT, SLOWEST = (
    15.0,
    1_000,
)  # seconds without an answer, and minimum bytes per second, before the next location is tried
UNREADABLE = (
    *(OSError, EOFError, ValueError, KeyError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile),
    *(RuntimeError, MemoryError),  # an encrypted zip; a false length field
)


def fetch(source: str, downloads: str | os.PathLike[str], mirror: str | os.PathLike[str] | None = None) -> None:
    """Download the files of a published source into ``<downloads>/<source>/`` and verify them.

    The manifest ``fetched.json`` is written last.

    Parameters
    ----------
    source : str
        A source of `layerwise.data.catalogue`. Sources that are not published need no download.
    downloads : path
    mirror : path, optional
        A folder to try before the network. The environment variable ``LAYERWISE_DATA_MIRROR`` takes precedence.

    Raises
    ------
    ValueError
        If the source is unknown or the mirror is not a readable folder.
    OSError
        If a file is not available at any location. The message lists the failure of each.
    """
    if source not in SOURCES:
        raise ValueError(f"--source: unknown source '{source}'{nearest(source, SOURCES)}")
    if source not in PUBLISHED:
        print(f"{source}: {SOURCES[source].origin}, nothing to fetch")
        return
    name, chosen = (MIRROR, os.environ[MIRROR]) if os.environ.get(MIRROR) else ("mirror", mirror)
    if chosen and not os.access(chosen, os.R_OK | os.X_OK):
        raise ValueError(f"{name}: must be a readable folder, got '{chosen}'; unset it to use the network")
    fetch_published(source, PUBLISHED[source], Path(downloads) / source, Path(chosen) if chosen else None)


def fetch_published(source: str, published: Published, folder: Path, mirror: Path | None) -> None:
    """Download the members missing from ``folder``, then write the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    parts = folder / ".parts"  # archives shared by members, and partial downloads that a later call resumes
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
    """Return the content of a member and its origin, the first location where the digest matches."""
    failures = []
    for container, place in places(member, folder, mirror):
        try:
            path = place if isinstance(place, Path) else downloaded(place, parts)
        except Unavailable as error:
            failures.append(f"{place}: {error}")
            continue
        label = f"mirror: {folder}/{container.name}" if isinstance(place, Path) else place
        try:
            data = container.unpack(path)
            digest = hashlib.sha256(data).hexdigest()
            if digest == member.sha256:
                return data, label
            reason = f"expected sha256 {member.sha256[:12]}…, got {digest[:12]}… (wrong or modified file)"
        except UNREADABLE as error:
            reason = f"truncated or corrupted ({error})"
        if not isinstance(place, Path) and _is_web_page(path):
            reason = "returned a web page instead of the file"
        failures.append(f"{label}: {reason}")
        print(f"warning: {failures[-1]}", file=sys.stderr)
        if not isinstance(place, Path):
            path.unlink()
    raise OSError(
        f"{source}: '{member.name}' could not be downloaded ({'; '.join(failures)}); "
        f"try again, or put '{member.containers[0].name}' in the subfolder '{folder}/' of the folder set in {MIRROR}"
    )


def places(member: Member, folder: str, mirror: Path | None) -> Iterator[tuple[Container, Path | str]]:
    """Yield the containers of a member with their locations: files in the mirror, then public URLs."""
    if mirror:
        for container in (*member.containers, Container(member.name, plain)):
            if (mirror / folder / container.name).is_file():
                yield container, mirror / folder / container.name
    for container in member.containers:
        for url in container.urls:
            yield container, url


def _is_web_page(path: Path) -> bool:
    """Return whether a file is HTML, such as the sign-in page of a network."""
    with open(path, "rb") as file:
        return file.read(1000).lstrip().lower().startswith((b"<!doctype html", b"<html"))


class Unavailable(Exception):
    """A URL did not return its file; the message gives the reason."""


def downloaded(url: str, parts: Path) -> Path:
    """Return the path of the file at a URL, downloading it unless it already exists.

    Raises
    ------
    Unavailable
        If the download fails.
    """
    path = parts / f"{hashlib.sha256(url.encode()).hexdigest()[:8]}-{Path(url).name}"
    partial = path.with_name(f"{path.name}.partial")
    pooch.get_logger().setLevel("WARNING")
    for attempt in range(1, ATTEMPTS + 1):
        if path.exists():
            break
        try:
            pooch.retrieve(url, None, path.name, parts, downloader=functools.partial(resume, partial))
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError, Unavailable) as error:
            reason, retry = _diagnosis(error, partial)
            print(f"{url}: {reason} (attempt {attempt} of {ATTEMPTS})", file=sys.stderr)
            if not retry or attempt == ATTEMPTS:
                raise Unavailable(reason) from None
            time.sleep(PAUSE * attempt)
    return path


def _diagnosis(error: Exception, partial: Path) -> tuple[str, bool]:
    """Return the reason of a failure and whether a retry may help."""
    if isinstance(error, Unavailable):
        return str(error), False
    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        return f"returned {status} {error.response.reason}", status >= 500 or status in (408, 416, 429)
    if isinstance(error, requests.TooManyRedirects):
        return "too many redirects", False
    if isinstance(error, ValueError | urllib3.exceptions.HTTPError):
        return f"returned an invalid header or redirect ({error})", False
    if isinstance(error, requests.exceptions.SSLError):
        return "no secure connection (is the system clock correct?)", False
    if partial.exists():
        return f"connection lost after {partial.stat().st_size:,} bytes", True
    # Without a network no connection is opened at all, and a retry would not help.
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return "no connection", not isinstance(reason, urllib3.exceptions.NewConnectionError)


def resume(partial: Path, url: str, output_file: str, pooch: Any) -> None:
    """Download a file for pooch, resuming an interrupted attempt.

    The bytes are collected in ``partial``, which is moved to ``output_file`` when complete. A separate thread downloads
    them, so that a name server or web server that stalls, or sends single bytes, can be abandoned.
    """
    transfer = Transfer(url, partial)
    threading.Thread(target=transfer.run, daemon=True).start()
    before = 0
    while not futures.wait([transfer.done], TIMEOUT).done:
        if transfer.received - before < SLOWEST * TIMEOUT:
            transfer.left = True
            raise Unavailable(f"too slow, received {transfer.received:,} bytes" if transfer.received else "timed out")
        before = transfer.received
    transfer.done.result()
    os.replace(partial, output_file)


class Transfer:
    """The download of a URL into a file."""

    def __init__(self, url: str, partial: Path):
        self.url, self.partial = url, partial
        self.received = 0
        self.left = False  # set when the caller has stopped waiting
        self.done: futures.Future[None] = futures.Future()

    def run(self) -> None:
        """Download all bytes and report the outcome in ``done``."""
        try:
            self._fetch()
        except BaseException as error:
            self.done.set_exception(error)
        else:
            self.done.set_result(None)

    def _fetch(self) -> None:
        have = self.partial.stat().st_size if self.partial.exists() else 0
        # Ranges count encoded bytes, so the server must not compress.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        # This timeout only ends an abandoned thread.
        with requests.get(self.url, headers=headers, stream=True, timeout=2 * TIMEOUT) as response:
            if response.status_code == 416:  # the partial file is not shorter than the file on the server
                self.partial.unlink()
            response.raise_for_status()
            have = have if response.status_code == 206 else 0
            length = response.headers.get("Content-Length", "")
            progress = tqdm(
                desc=Path(self.url).name,
                total=have + int(length) if length.isdecimal() else None,
                initial=have,
                unit="B",
                unit_scale=True,
                mininterval=0.2 if sys.stderr.isatty() else 10,  # fewer lines in a log
            )
            with open(self.partial, "ab" if have else "wb") as file, progress:
                for chunk in response.iter_content(1 << 13):
                    if self.left:
                        return
                    self.received += len(chunk)
                    file.write(chunk)
                    progress.update(len(chunk))
                    if have + self.received > LIMIT:
                        break
        if have + self.received > LIMIT:
            self.partial.unlink()
            raise Unavailable(f"sent more than {LIMIT:,} bytes, the maximum size of a file")
