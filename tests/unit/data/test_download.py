"""Downloading from servers with all kinds of faults, and from a mirror folder."""

import gzip
import hashlib
import http.server
import io
import re
import resource
import socket
import struct
import tarfile
import threading
import time
import zipfile
from functools import partial

import numpy as np
import pytest
from PIL import Image

from layerwise.data import download, published_files
from layerwise.data.published import verified
from layerwise.data.published_files import Container, Member, Published
from layerwise.pipeline.files import read_json

CONTENT = np.random.default_rng(0).bytes(200_000)
GZ = gzip.compress(CONTENT, mtime=0)
SHA = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serve each path from its queue in `answers`, one entry per request; the last entry is repeated."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.requests = {}, []

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path[1:]
        self.server.requests.append((name, self.headers.get("Range")))
        queue = self.server.answers.get(name, [404])
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if callable(answer):
            answer(self)
            return
        if isinstance(answer, int):
            self.send_error(answer)
            return
        body, cut, ranges = answer if isinstance(answer, tuple) else (answer, None, True)
        start = 0
        wanted = re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if wanted and ranges:
            start = int(wanted[1])
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.wfile.write(body[start:cut])  # a truncated answer is shorter than its Content-Length

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(download, "PAUSE", 0)
    monkeypatch.delenv(download.MIRROR, raising=False)
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def source(*urls):
    return Published("toy", (Member("toy.bin", SHA, (Container("toy.bin.gz", published_files.plain, urls),)),))


def fetch(server, tmp_path, *paths, mirror=None):
    folder = tmp_path / "downloads" / "toy"
    download.fetch_published("toy", source(*map(server.url, paths)), folder, mirror)
    return folder


def assert_whole(folder, came_from):
    assert (folder / "toy.bin").read_bytes() == CONTENT
    assert read_json(folder / "fetched.json")["files"] == [{"file": "toy.bin", "sha256": SHA, "from": came_from}]
    assert sorted(path.name for path in folder.iterdir()) == ["fetched.json", "toy.bin"]


def test_a_good_file_is_verified_unpacked_and_listed(server, tmp_path):
    server.answers["a/toy.bin.gz"] = [GZ]
    assert_whole(fetch(server, tmp_path, "a/toy.bin.gz"), server.url("a/toy.bin.gz"))


WRONG = gzip.compress(b"an edited copy", mtime=0)


@pytest.mark.parametrize(
    "answer, sentence",
    [
        (404, "returned 404 Not Found"),
        (503, "returned 503 Service Unavailable (attempt 3 of 3)"),
        (
            WRONG,
            f"expected sha256 {SHA[:12]}…, got {hashlib.sha256(b'an edited copy').hexdigest()[:12]}… (wrong or",
        ),
        (GZ[:90_000], "truncated or corrupted (Compressed file ended before the end-of-stream marker was reached)"),
        (b"Sign in to the network", "truncated or corrupted (Not a gzipped file"),
        ((GZ, 65_536, True), "connection lost after 65,536 bytes"),
    ],
    ids=["404", "503", "wrong file", "truncated file", "not the file", "always cut"],
)
def test_a_failing_url_is_reported_and_the_next_one_tried(server, tmp_path, capsys, answer, sentence):
    server.answers = {"a/toy.bin.gz": [answer], "b/toy.bin.gz": [GZ]}
    if isinstance(answer, tuple):  # a server that always closes the connection at byte 65,536
        server.answers["a/toy.bin.gz"] = [(GZ, 65_536, False)]
    assert_whole(fetch(server, tmp_path, "a/toy.bin.gz", "b/toy.bin.gz"), server.url("b/toy.bin.gz"))
    assert sentence in capsys.readouterr().err


SILENCE = 10.0  # seconds, longer than a test waits


def silent(handler):
    time.sleep(SILENCE)


def silent_midway(handler):
    headers(handler, {"Content-Length": str(len(GZ))})
    handler.wfile.write(GZ[: 1 << 13])
    time.sleep(SILENCE)


def dripping(handler):
    headers(handler, {"Content-Length": str(len(GZ))})
    drip(handler, GZ)


def dripping_headers(handler):
    drip(handler, b"HTTP/1.0 200 OK\r\n" + b"X: y\r\n" * 1000)


def drip(handler, content):
    end = time.monotonic() + SILENCE
    for byte in content:
        if time.monotonic() > end:
            break
        handler.wfile.write(bytes([byte]))
        time.sleep(0.05)


def endless(handler):
    headers(handler, {})
    for _ in range(1000):
        handler.wfile.write(bytes(1000))


def reset(handler):
    headers(handler, {"Content-Length": str(len(GZ))})
    handler.wfile.write(GZ[:70_000])
    handler.wfile.flush()
    time.sleep(0.2)  # so that the client reads what was sent before the reset discards it
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def redirecting(place):
    return lambda handler: headers(handler, {"Location": place}, 302)


def length(text):
    def answer(handler):
        headers(handler, {"Content-Length": text})
        handler.wfile.write(WRONG)

    return answer


def headers(handler, fields, status=200):
    handler.send_response(status)
    for name, value in fields.items():
        handler.send_header(name, value)
    handler.end_headers()


@pytest.mark.parametrize(
    "answer, sentence, requests",
    [
        (silent, "timed out", 1),
        (silent_midway, "too slow, received 8,192 bytes", 1),
        (dripping, "timed out", 1),
        (dripping_headers, "timed out", 1),
        (endless, "sent more than 500,000 bytes, the maximum size of a file", 1),
        (reset, "connection lost after", 3),
        (redirecting("/a/toy.bin.gz"), "too many redirects", 31),
        (redirecting("http://[bad"), "invalid header or redirect", 1),
        (redirecting("file:///etc/hostname"), "invalid header or redirect", 1),
        (redirecting("http://127.0.0.1:9/toy"), "no connection", 1),
        (length("abc"), "(wrong or modified file)", 1),
        (length("-5"), "(wrong or modified file)", 1),
        (length("²"), "(wrong or modified file)", 1),
        (b"\n<!DOCTYPE html><title>Sign in</title>", "returned a web page instead of the file", 1),
    ],
)
def test_a_faulty_server_is_abandoned_for_the_next(server, tmp_path, capsys, monkeypatch, answer, sentence, requests):
    monkeypatch.setattr(download, "TIMEOUT", 0.5)
    monkeypatch.setattr(download, "LIMIT", 500_000)
    server.answers = {"a/toy.bin.gz": [answer], "b/toy.bin.gz": [GZ]}
    start = time.monotonic()
    assert_whole(fetch(server, tmp_path, "a/toy.bin.gz", "b/toy.bin.gz"), server.url("b/toy.bin.gz"))
    assert time.monotonic() - start < SILENCE
    assert sentence in capsys.readouterr().err
    assert len(server.requests) == requests + 1


def test_a_slow_server_is_tolerated(server, tmp_path, monkeypatch):
    """The download takes longer than the timeout but never falls below the minimum rate."""

    def slow(handler):
        headers(handler, {"Content-Length": str(len(GZ))})
        for start in range(0, len(GZ), 20_000):
            handler.wfile.write(GZ[start : start + 20_000])
            time.sleep(0.15)

    monkeypatch.setattr(download, "TIMEOUT", 1.0)
    server.answers["a/toy.bin.gz"] = [slow]
    assert_whole(fetch(server, tmp_path, "a/toy.bin.gz"), server.url("a/toy.bin.gz"))


ATTEMPTS_APART = 6 * download.PAUSE  # the pauses of only two locations, tried three times each


def test_without_a_network_it_fails_at_once(tmp_path, monkeypatch):
    """Name resolution fails or stalls; the pauses of repeated attempts would add up."""

    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    def waiting(*_, **__):
        time.sleep(SILENCE)

    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    urls = tuple(f"https://{name}.invalid/toy.bin.gz" for name in "abc")
    for lookup, sentence in ((unknown, "no connection"), (waiting, "timed out")):
        monkeypatch.setattr(socket, "getaddrinfo", lookup)
        start = time.monotonic()
        with pytest.raises(OSError, match=rf"a\.invalid/toy\.bin\.gz: {sentence}; .*c\.invalid"):
            download.fetch_published("toy", source(*urls), tmp_path, None)
        assert time.monotonic() - start < ATTEMPTS_APART


def test_a_lost_connection_is_resumed(server, tmp_path):
    server.answers["a/toy.bin.gz"] = [(GZ, 131_072, True), GZ]
    assert_whole(fetch(server, tmp_path, "a/toy.bin.gz"), server.url("a/toy.bin.gz"))
    assert server.requests == [("a/toy.bin.gz", None), ("a/toy.bin.gz", "bytes=131072-")]


def test_a_later_call_resumes_a_partial_download(server, tmp_path, monkeypatch):
    server.answers["a/toy.bin.gz"] = [(GZ, 131_072, True), GZ]
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    with pytest.raises(OSError, match="connection lost after 131,072 bytes"):
        fetch(server, tmp_path, "a/toy.bin.gz")
    folder = tmp_path / "downloads" / "toy"
    assert not (folder / "toy.bin").exists() and not (folder / "fetched.json").exists()
    assert_whole(fetch(server, tmp_path, "a/toy.bin.gz"), server.url("a/toy.bin.gz"))
    assert server.requests[-1] == ("a/toy.bin.gz", "bytes=131072-")


def test_without_range_support_the_download_restarts(server, tmp_path):
    server.answers["a/toy.bin.gz"] = [(GZ, 131_072, False), (GZ, None, False)]
    assert_whole(fetch(server, tmp_path, "a/toy.bin.gz"), server.url("a/toy.bin.gz"))


def test_a_file_that_became_shorter_is_downloaded_from_the_start(server, tmp_path):
    """The server rejects the range because the partial file is longer than the new file; it is discarded."""
    server.answers["a/toy.bin.gz"] = [(GZ + bytes(200_000), 262_144, True), GZ]
    assert_whole(fetch(server, tmp_path, "a/toy.bin.gz"), server.url("a/toy.bin.gz"))
    assert [wanted for _, wanted in server.requests] == [None, "bytes=262144-", None]


def test_no_file_is_left_when_every_location_fails(server, tmp_path):
    server.answers = {"b/toy.bin.gz": [WRONG], "c/toy.bin.gz": [GZ[:1000]]}
    with pytest.raises(OSError) as caught:
        fetch(server, tmp_path, "a/toy.bin.gz", "b/toy.bin.gz", "c/toy.bin.gz")
    message = str(caught.value)
    assert message.startswith("toy: 'toy.bin' could not be downloaded (http://127.0.0.1")
    reasons = ("a/toy.bin.gz: returned 404", "b/toy.bin.gz: expected sha256", "c/toy.bin.gz: truncated")
    for part in (*reasons, download.MIRROR):
        assert part in message
    folder = tmp_path / "downloads" / "toy"
    assert [path.name for path in folder.rglob("*") if path.is_file()] == []
    with pytest.raises(FileNotFoundError, match=r"fetched\.json: no such file; run python -m layerwise\.data fetch"):
        verified("toy", folder)


def test_a_full_disk_is_reported_and_leaves_no_file(server, tmp_path):
    server.answers["a/toy.bin.gz"] = [GZ]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # writing fails as on a full disk
    try:
        with pytest.raises(OSError, match=r"toy\.bin: could not be written \(File too large\)"):
            fetch(server, tmp_path, "a/toy.bin.gz")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_whole(fetch(server, tmp_path, "a/toy.bin.gz"), server.url("a/toy.bin.gz"))


def test_a_refused_connection_is_reported(server, tmp_path):
    closed = Published("toy", (Member("x", SHA, (Container("x", published_files.plain, ("http://127.0.0.1:9/x",)),)),))
    with pytest.raises(OSError, match=r"127\.0\.0\.1:9/x: no connection"):
        download.fetch_published("toy", closed, tmp_path, None)


def test_a_verified_file_is_not_downloaded_again(server, tmp_path):
    server.answers["a/toy.bin.gz"] = [GZ]
    folder = fetch(server, tmp_path, "a/toy.bin.gz")
    (folder / "fetched.json").unlink()
    assert_whole(fetch(server, tmp_path, "a/toy.bin.gz"), "already there")
    assert len(server.requests) == 1
    (folder / "toy.bin").write_bytes(CONTENT[:-1])
    with pytest.raises(ValueError, match=r"toy\.bin: missing or changed since the download"):
        verified("toy", folder)
    assert_whole(fetch(server, tmp_path, "a/toy.bin.gz"), server.url("a/toy.bin.gz"))


@pytest.mark.parametrize("name, content", [("toy.bin.gz", GZ), ("toy.bin", CONTENT)])
def test_the_mirror_is_tried_first_in_either_container(server, tmp_path, name, content):
    (tmp_path / "mirror" / "toy").mkdir(parents=True)
    (tmp_path / "mirror" / "toy" / name).write_bytes(content)
    assert_whole(fetch(server, tmp_path, "a/toy.bin.gz", mirror=tmp_path / "mirror"), f"mirror: toy/{name}")
    assert server.requests == []


@pytest.mark.parametrize("content", [None, WRONG, GZ[:1000]])
def test_a_mirror_without_the_right_file_is_skipped(server, tmp_path, capsys, content):
    (tmp_path / "mirror" / "toy").mkdir(parents=True)
    if content:
        (tmp_path / "mirror" / "toy" / "toy.bin.gz").write_bytes(content)
    server.answers["a/toy.bin.gz"] = [GZ]
    folder = fetch(server, tmp_path, "a/toy.bin.gz", mirror=tmp_path / "mirror")
    assert_whole(folder, server.url("a/toy.bin.gz"))
    assert ("warning: mirror: toy/toy.bin.gz: " in capsys.readouterr().err) == bool(content)


def test_the_environment_variable_takes_precedence_over_the_option(monkeypatch, tmp_path):
    mirrors = []
    monkeypatch.setattr(download, "fetch_published", lambda *arguments: mirrors.append(arguments[-1]))
    for name in "ab":
        (tmp_path / name).mkdir()
    monkeypatch.delenv(download.MIRROR, raising=False)
    download.fetch("mnist", tmp_path, None)
    download.fetch("mnist", tmp_path, tmp_path / "a")
    monkeypatch.setenv(download.MIRROR, str(tmp_path / "b"))
    download.fetch("mnist", tmp_path, tmp_path / "a")
    assert mirrors == [None, tmp_path / "a", tmp_path / "b"]


def test_an_invalid_mirror_and_an_unknown_source_are_reported(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.delenv(download.MIRROR, raising=False)
    for bad in ("nowhere", "file"):
        with pytest.raises(ValueError, match=f"mirror: must be a readable folder, got '.*{bad}'"):
            download.fetch("mnist", tmp_path, tmp_path / bad)
    monkeypatch.setenv(download.MIRROR, "nowhere")
    with pytest.raises(ValueError, match="LAYERWISE_DATA_MIRROR: must be a readable folder, got 'nowhere'"):
        download.fetch("mnist", tmp_path)
    with pytest.raises(ValueError, match="unknown source 'mnits'; did you mean 'mnist'"):
        download.fetch("mnits", tmp_path)


def test_one_archive_serves_all_its_members(server, tmp_path):
    """Two members in one archive need one download."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in ("one", "two"):
            entry = tarfile.TarInfo(f"folder/{name}.bin")
            entry.size = 3
            archive.addfile(entry, io.BytesIO(name.encode()))
    server.answers["all.tar.gz"] = [packed.getvalue()]
    members = tuple(
        Member(f"{name}.bin", hashlib.sha256(name.encode()).hexdigest(),
               (Container("all.tar.gz", partial(published_files.in_tar, f"{name}.bin"), (server.url("all.tar.gz"),)),))
        for name in ("one", "two")
    )  # fmt: skip
    download.fetch_published("toy", Published("toy", members), tmp_path, None)
    assert (tmp_path / "two.bin").read_bytes() == b"two" and len(server.requests) == 1


def test_containers_give_the_same_bytes(tmp_path):
    """Extract the same member from a tar file, a zip file, a gzip file and a plain file."""
    (tmp_path / "m.txt").write_bytes(b"content")
    (tmp_path / "m.txt.gz").write_bytes(gzip.compress(b"content"))
    with tarfile.open(tmp_path / "m.tar.xz", "w:xz") as archive:
        archive.add(tmp_path / "m.txt", "deep/m.txt")
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.write(tmp_path / "m.txt", "deep/m.txt")
    unpacked = [
        published_files.plain(tmp_path / "m.txt"),
        published_files.plain(tmp_path / "m.txt.gz"),
        published_files.in_tar("m.txt", tmp_path / "m.tar.xz"),
        published_files.in_zip("m.txt", tmp_path / "m.zip"),
    ]
    assert unpacked == [b"content"] * 4
    for unpack, name in ((published_files.in_tar, "m.tar.xz"), (published_files.in_zip, "m.zip")):
        with pytest.raises(ValueError, match="no 'other' in the archive"):
            unpack("other", tmp_path / name)


def test_a_file_that_expands_without_end_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(published_files, "LIMIT", 100_000)
    (tmp_path / "m.txt").write_bytes(bytes(100_001))
    (tmp_path / "m.txt.gz").write_bytes(gzip.compress(bytes(100_001)))
    with tarfile.open(tmp_path / "m.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "m.txt", "m.txt")
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "m.txt", "m.txt")
    for unpack, name in (
        (published_files.plain, "m.txt.gz"),
        (partial(published_files.in_tar, "m.txt"), "m.tar.gz"),
        (partial(published_files.in_zip, "m.txt"), "m.zip"),
    ):
        with pytest.raises(ValueError, match="expands to more than 100,000 bytes, the maximum size of a file"):
            unpack(tmp_path / name)


def test_a_mosaic_is_cut_into_records(tmp_path):
    rng = np.random.default_rng(0)
    tiles, labels = rng.integers(0, 256, (100, 100, 32, 32, 3), dtype=np.uint8), rng.bytes(10_000)
    Image.fromarray(tiles.transpose(0, 2, 1, 3, 4).reshape(3200, 3200, 3)).save(tmp_path / "b.bmp")
    (tmp_path / "b.labels").write_bytes(labels)
    records = np.frombuffer(published_files.mosaic(tmp_path / "b.bmp"), np.uint8).reshape(10_000, 3073)
    np.testing.assert_array_equal(records[:, 0], np.frombuffer(labels, np.uint8))
    np.testing.assert_array_equal(records[1234, 1:].reshape(3, 32, 32), tiles[12, 34].transpose(2, 0, 1))


def test_values_of_a_table_do_not_depend_on_how_they_are_written(tmp_path):
    (tmp_path / "tabs.tsv").write_text("1\t0.1\t-2\n")
    (tmp_path / "spaces.txt").write_text("  1.0000000e+00  1.00000000e-01 -2.0000000e+00\n")
    rows = [published_files.float32_rows(published_files.plain, tmp_path / name) for name in ("tabs.tsv", "spaces.txt")]
    assert rows == [b"1\t0.100000001\t-2\n"] * 2


def test_every_public_address_is_a_web_address_and_every_digest_a_digest():
    for published in published_files.PUBLISHED.values():
        for member in published.members:
            assert re.fullmatch(r"[0-9a-f]{64}", member.sha256)
            urls = [url for container in member.containers for url in container.urls]
            assert urls and all(re.match(r"https?://", url) for url in urls)
