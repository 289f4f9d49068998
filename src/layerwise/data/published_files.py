"""URLs and SHA-256 digests of the published datasets.

Each location may store a dataset differently: as an archive, as unpacked files, compressed or not. A `Member` is the
file that is verified, and a `Container` describes how to extract it from one kind of file.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

MANIFEST = "fetched.json"
LIMIT = 500_000_000  # bytes; the largest published file has 170 million


@dataclass(frozen=True)
class Container:
    """A file that contains a member: its name in a mirror folder, the function to extract the member, its URLs."""

    name: str
    unpack: Callable[[Path], bytes]
    urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Member:
    """A file as stored in the downloads folder, and the containers to try in order."""

    name: str
    sha256: str
    containers: tuple[Container, ...]


@dataclass(frozen=True)
class Published:
    """A published source: its folder in a mirror, and its members."""

    folder: str
    members: tuple[Member, ...]


def plain(path: Path) -> bytes:
    """Return the content of a file, decompressed if its name ends in ``.gz``."""
    if path.suffix != ".gz":
        return path.read_bytes()
    with gzip.open(path) as file:
        return _limited(file)


def _limited(file: IO[bytes] | gzip.GzipFile) -> bytes:
    """Return the content of a compressed file, which must not expand beyond `LIMIT`."""
    data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise ValueError(f"expands to more than {LIMIT:,} bytes, the maximum size of a file")
    return data


def in_tar(name: str, path: Path) -> bytes:
    """Return the file called ``name`` in any folder of a tar archive, compressed or not."""
    with tarfile.open(path) as archive:
        for entry in archive:
            if entry.isfile() and PurePosixPath(entry.name).name == name:
                return _limited(archive.extractfile(entry))  # type: ignore[arg-type]
    raise ValueError(f"no '{name}' in the archive")


def in_zip(name: str, path: Path) -> bytes:
    """Return the file called ``name`` in any folder of a zip archive."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.namelist():
            if PurePosixPath(entry).name == name:
                with archive.open(entry) as file:
                    return _limited(file)
    raise ValueError(f"no '{name}' in the archive")


def mosaic(path: Path) -> bytes:
    """Return the CIFAR-10 records stored as one lossless image of 100 × 100 tiles and a separate file of labels.

    A record is the label byte, then 3,072 pixel bytes, channel by channel.
    """
    from PIL import Image

    tiles = np.asarray(Image.open(path).convert("RGB")).reshape(100, 32, 100, 32, 3)
    labels = np.frombuffer(path.with_suffix(".labels").read_bytes(), np.uint8)
    return np.column_stack([labels, tiles.transpose(0, 2, 4, 1, 3).reshape(10_000, 3072)]).tobytes()


def labelled_reviews(path: Path) -> bytes:
    """Return the labeled reviews of an aclImdb archive as JSON lines ``[path, text]``, sorted by path."""
    reviews = {}
    with tarfile.open(path) as archive:
        for entry in archive:
            match = re.search(r"(train|test)/(pos|neg)/\d+_\d+\.txt$", entry.name)
            if match and entry.isfile():
                reviews[match[0]] = _limited(archive.extractfile(entry)).decode("utf-8")  # type: ignore[arg-type]
    return "".join(json.dumps([name, reviews[name]]) + "\n" for name in sorted(reviews)).encode()


def float32_rows(read: Callable[[Path], bytes], path: Path) -> bytes:
    """Return a tab-separated table with its values rounded to float32, in which all copies agree."""
    table = np.loadtxt(io.BytesIO(read(path)), ndmin=2)
    lines = io.StringIO()
    np.savetxt(lines, np.float32(table), fmt="%.9g", delimiter="\t")
    return lines.getvalue().encode()


def _idx(folder: str, servers: tuple[str, ...], digests: dict[str, str]) -> Published:
    members = [
        Member(name, digest, (Container(f"{name}.gz", plain, tuple(f"{server}/{name}.gz" for server in servers)),))
        for name, digest in digests.items()
    ]
    return Published(folder, tuple(members))


def _cifar(batch: str, digest: str) -> Member:
    name, archive = f"{batch}.bin", "cifar-10-binary.tar.gz"
    home = Container(archive, partial(in_tar, name), (f"https://www.cs.toronto.edu/~kriz/{archive}",))
    return Member(name, digest, (Container(f"{batch}.webp", mosaic), home))


def _ucr(name: str, train: str, test: str) -> Published:
    raw = "https://raw.githubusercontent.com/iwuqing/Time-Series-Classification-based-on-KNN"
    commit = "6f961db51e2633ba46524913177c518bd03bb843"
    members = []
    for part, digest in (("TRAIN", train), ("TEST", test)):
        file = f"{name}_{part}.tsv"
        rows = partial(float32_rows, plain)
        zipped = partial(float32_rows, partial(in_zip, f"{name}_{part}.txt"))
        containers = (
            Container(f"{file}.gz", rows),
            Container(f"{name}_{part}.float32.tsv.gz", rows),
            Container(file, rows, (f"{raw}/{commit}/data/{name}/{file}",)),
            Container(f"{name}.zip", zipped, (f"https://www.timeseriesclassification.com/aeon-toolkit/{name}.zip",)),
        )
        members.append(Member(file, digest, containers))
    return Published(f"ucr/{name}", tuple(members))


def _polarity(sign: str, digest: str) -> Member:
    name, archive = f"rt-polarity.{sign}", "rt-polaritydata.tar.gz"
    urls = (
        f"https://www.cs.cornell.edu/people/pabo/movie-review-data/{archive}",
        f"https://storage.googleapis.com/seldon-datasets/sentence_polarity_v1/{archive}",
    )
    # NLTK's sentence_polarity.zip cannot be used: its text is modified (NEL characters became spaces).
    return Member(name, digest, (Container(f"{name}.gz", plain), Container(archive, partial(in_tar, name), urls)))


def _questions(name: str, zipped: str, digest: str) -> Member:
    servers = ("https://cogcomp.seas.upenn.edu/Data/QA/QC", "http://cogcomp.org/Data/QA/QC")
    nltk = "https://raw.githubusercontent.com/nltk/nltk_data/gh-pages/packages/corpora/qc.zip"
    containers = (
        Container(f"{name}.gz", plain),
        Container(name, plain, tuple(f"{server}/{name}" for server in servers)),
        Container("qc.zip", partial(in_zip, zipped), (nltk,)),
    )
    return Member(name, digest, containers)


PUBLISHED: dict[str, Published] = {
    "mnist": _idx(
        "mnist",
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist",
            "https://storage.googleapis.com/cvdf-datasets/mnist",
            "https://raw.githubusercontent.com/fgnt/mnist/master",
        ),
        {
            "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
    ),
    "fashion_mnist": _idx(
        "fashion-mnist",
        (
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        ),
        {
            "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
    ),
    "cifar10": Published(
        "cifar-10",
        (
            _cifar("data_batch_1", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
            _cifar("data_batch_2", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
            _cifar("data_batch_3", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
            _cifar("data_batch_4", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
            _cifar("data_batch_5", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
            _cifar("test_batch", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
        ),
    ),
    "imdb": Published(
        "imdb",
        (
            Member(
                "reviews.jsonl",
                "cc7b82709377e851d1b003f80f8de7154bde3ccdeb593caea4a210430d8f3ca1",
                (
                    Container("aclImdb_v1.labeled.tar.xz", labelled_reviews),
                    Container(
                        "aclImdb_v1.tar.gz",
                        labelled_reviews,
                        (
                            "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
                            "https://bj.bcebos.com/dataset/imdb%2FaclImdb_v1.tar.gz",
                        ),
                    ),
                ),
            ),
        ),
    ),
    "movie_reviews": Published(
        "mr-polarity",
        (
            _polarity("neg", "4af43bf489620b498a0852c5a8c6a535155dec7985fdfea782b8f7756b957ccc"),
            _polarity("pos", "d79ef14009bbf87cd6be21f91c3ea1a3cbcb73b34dfb4231aef7bbcd7677abc4"),
        ),
    ),
    "trec": Published(
        "trec-qc",
        (
            _questions(
                "train_5500.label",
                "train.txt",
                "9e4c8bdcaffb96ed61041bd64b564183d52793a8e91d84fc3a8646885f466ec3",
            ),
            _questions(
                "TREC_10.label",
                "test.txt",
                "033f22c028c2bbba9ca682f68ffe204dc1aa6e1cf35dd6207f2d4ca67f0d0e8e",
            ),
        ),
    ),
    "sms_spam": Published(
        "sms-spam",
        (
            Member(
                "SMSSpamCollection",
                "7d039a24a6083ed9ef0f806ebad56bbb976e3aeb8de05669173bfdc4996c239d",
                (
                    Container("SMSSpamCollection.gz", plain),
                    Container(
                        "smsspamcollection.zip",
                        partial(in_zip, "SMSSpamCollection"),
                        (
                            "https://archive.ics.uci.edu/static/public/228/sms+spam+collection.zip",
                            "https://archive.ics.uci.edu/ml/machine-learning-databases/00228/smsspamcollection.zip",
                        ),
                    ),
                    Container(
                        "sms.tsv",
                        plain,
                        ("https://raw.githubusercontent.com/justmarkham/pycon-2016-tutorial/master/data/sms.tsv",),
                    ),
                ),
            ),
        ),
    ),
    "ucr_gunpoint": _ucr(
        "GunPoint",
        "2de0333b0609757448b4d7cd497434ccc835324f6010e68be647c480e1e0c280",
        "ce007d20fb4447f2610e509f269cf886d6502e1848ad170409d611ddcaaa0a4b",
    ),
    "ucr_ecg200": _ucr(
        "ECG200",
        "5f1a56eb9cacf67b9222a7a593f8708a597d377d80d742ab0c982c5a37992496",
        "62e35b45e3067ea6d01504681f24287a80beb48d2c69e6fb547e9f184c2f2158",
    ),
    "ucr_ecg5000": _ucr(
        "ECG5000",
        "4923a39baea1f9e09450ff8cffe4b7640c6528d0b4a61b3143ad566c3c23ac91",
        "03f56ab42b4d4a54904619a0716e89aeadd45ca67157c01de7555aec72c1cd62",
    ),
    "ucr_italypowerdemand": _ucr(
        "ItalyPowerDemand",
        "d0df1e854005e24a6d76332855d33f9a861d3d21f141409be9d7defa10e74a9c",
        "a2896decad987219c38ebda55883fe576fed4221c9f7e1d22f920c044f9f0563",
    ),
    "ucr_swedishleaf": _ucr(
        "SwedishLeaf",
        "3bdb798d4c27619abed3097812d87230cee4ea66c50f926d4728ea5201db016e",
        "5688a2ad43ebb0b8c48bf9988d2695f59e7cdf38044413e173ad140d3ef2e770",
    ),
    "etth1": Published(
        "ett",
        (
            Member(
                "ETTh1.csv",
                "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
                (
                    Container("ETTh1.csv.gz", plain),
                    Container(
                        "ETTh1.csv",
                        plain,
                        tuple(
                            f"https://raw.githubusercontent.com/zhouhaoyi/ETDataset/{commit}/ETT-small/ETTh1.csv"
                            for commit in ("1d16c8f4f943005d613b5bc962e9eeb06058cf07", "main")
                        ),
                    ),
                ),
            ),
        ),
    ),
}
