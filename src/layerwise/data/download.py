"""Fetching published files: a mirror folder first, then each public home in turn, until the digest is right."""

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
from layerwise.data.published_files import MANIFEST, PUBLISHED, Container, Member, Published, plain
from layerwise.pipeline.files import atomic, sha256, write_json
from layerwise.suggest import nearest

MIRROR = "LAYERWISE_DATA_MIRROR"
ATTEMPTS, PAUSE = 3, 1.0
TIMEOUT, SLOWEST = (
    15.0,
    1_000,
)  # seconds without an answer, or with fewer bytes a second, before the next place is asked
LIMIT = 500_000_000  # bytes; the largest published file has 170 million
UNREADABLE = (
    *(OSError, EOFError, ValueError, KeyError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile),
    *(RuntimeError, MemoryError),  # an encrypted zip, a length that is a lie
)


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
        print(f"{source}: {SOURCES[source].origin}, nothing to fetch")
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
        if not isinstance(place, Path) and _is_web_page(path):
            reason = "answered with a web page instead of the file"
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


def _is_web_page(path: Path) -> bool:
    """Tell whether a file is HTML, such as the page where a network wants its users to sign in."""
    with open(path, "rb") as file:
        return file.read(1000).lstrip().lower().startswith((b"<!doctype html", b"<html"))


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
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError, Unavailable) as error:
            reason, passing = _diagnosis(error, partial)
            print(f"{url}: {reason} (attempt {attempt} of {ATTEMPTS})", file=sys.stderr)
            if not passing or attempt == ATTEMPTS:
                raise Unavailable(reason) from None
            time.sleep(PAUSE * attempt)
    return path


def _diagnosis(error: Exception, partial: Path) -> tuple[str, bool]:
    """Return what went wrong, and whether trying again may help."""
    if isinstance(error, Unavailable):
        return str(error), False
    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        return f"answered {status} {error.response.reason}", status >= 500 or status in (408, 416, 429)
    if isinstance(error, requests.TooManyRedirects):
        return "redirects in circles", False
    if isinstance(error, ValueError | urllib3.exceptions.HTTPError):
        return f"answered with a broken header or redirect ({error})", False
    if isinstance(error, requests.exceptions.SSLError):
        return "no secure connection (is the clock of this machine right?)", False
    if partial.exists():
        return f"connection cut after {partial.stat().st_size:,} bytes", True
    # Where no connection is made at all, as without a network, a second attempt makes none either.
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return "no connection", not isinstance(reason, urllib3.exceptions.NewConnectionError)


def resume(partial: Path, url: str, output_file: str, pooch: Any) -> None:
    """Download for pooch, going on where an earlier attempt stopped.

    The bytes are kept in ``partial``; only when all have come is it moved to ``output_file``. A thread waits for them,
    so that a name server or a server that keeps it waiting, a byte at a time perhaps, can be left behind.
    """
    transfer = Transfer(url, partial)
    threading.Thread(target=transfer.run, daemon=True).start()
    before = 0
    while not futures.wait([transfer.done], TIMEOUT).done:
        if transfer.received - before < SLOWEST * TIMEOUT:
            transfer.left = True
            raise Unavailable(
                f"too slow, {transfer.received:,} bytes came" if transfer.received else "did not answer in time"
            )
        before = transfer.received
    transfer.done.result()
    os.replace(partial, output_file)


class Transfer:
    """The bytes of an address on their way into a file."""

    def __init__(self, url: str, partial: Path):
        self.url, self.partial = url, partial
        self.received = 0
        self.left = False  # set when nobody waits any longer
        self.done: futures.Future[None] = futures.Future()

    def run(self) -> None:
        """Fetch all bytes; ``done`` says how it ended."""
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
        # The time-out here only ends a thread that was left.
        with requests.get(self.url, headers=headers, stream=True, timeout=2 * TIMEOUT) as response:
            if response.status_code == 416:  # nothing follows what is there: it is not a beginning of this file
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
                mininterval=0.2 if sys.stderr.isatty() else 10,  # a log gets a line now and then
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
            raise Unavailable(f"sent more than {LIMIT:,} bytes, which no file here has")
