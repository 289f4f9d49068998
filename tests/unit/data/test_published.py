"""Every published source, fetched from the mirror folder and prepared, has the counts its authors state."""

import hashlib
import json

import numpy as np
import pytest

from layerwise.data import catalogue, download, load_texts, published, published_files
from layerwise.pipeline.files import read_json

BALANCED = [1000] * 10
# source, kind, shape, counts (train, validation, test), classes in the test split
TABLE = [
    ("mnist", "image", [28, 28, 1], (48_000, 12_000, 10_000), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]),
    ("fashion_mnist", "image", [28, 28, 1], (48_000, 12_000, 10_000), BALANCED),
    ("cifar10", "image", [32, 32, 3], (40_000, 10_000, 10_000), BALANCED),
    ("movie_reviews", "text", [58], (6824, 1706, 2132), [1066, 1066]),
    ("trec", "text", [37], (4362, 1090, 500), [9, 138, 94, 65, 81, 113]),
    ("sms_spam", "text", [100], (1338, 334, 3902), [3392, 510]),
    ("imdb", "text", [400], (20_000, 5000, 25_000), [12_500, 12_500]),
    ("ucr_gunpoint", "series", [150, 1], (40, 10, 150), [76, 74]),
    ("ucr_ecg200", "series", [96, 1], (80, 20, 100), [36, 64]),
    ("ucr_ecg5000", "series", [140, 1], (400, 100, 4500), [2627, 1590, 86, 175, 22]),
    ("ucr_italypowerdemand", "series", [24, 1], (54, 13, 1029), [513, 516]),
    ("ucr_swedishleaf", "series", [128, 1], (400, 100, 625), None),
    ("etth1", "series", [96, 7], (8449, 2785, 2785), None),
]


@pytest.fixture(scope="module")
def downloads(mirror, tmp_path_factory):
    """Return a function that fetches a source once, from the mirror only."""
    folder = tmp_path_factory.mktemp("downloads")

    def fetched(source):
        if not (folder / source / published_files.MANIFEST).exists():
            download.fetch_published(source, published_files.PUBLISHED[source], folder / source, mirror)
        return folder

    return fetched


def test_every_published_source_is_in_the_table_and_has_files():
    here = {name for name, source in catalogue.SOURCES.items() if source.origin == "published"}
    assert here == {row[0] for row in TABLE} == set(published_files.PUBLISHED) == set(published.READERS)


@pytest.mark.parametrize("source, kind, shape, counts, balance", TABLE, ids=[row[0] for row in TABLE])
def test_prepared_datasets_match_the_published_description(
    downloads, prepared, monkeypatch, source, kind, shape, counts, balance
):
    monkeypatch.setattr(download, "downloaded", lambda url, parts: pytest.fail(f"went to {url}"))
    folder = downloads(source)
    files = read_json(folder / source / published_files.MANIFEST)["files"]
    assert all(entry["from"].startswith("mirror: ") for entry in files)
    made = prepared({"source": source}, source, folder)
    info = made.info
    assert (info["kind"], info["shape"], tuple(info["counts"].values())) == (kind, shape, counts)
    assert info["kind"] == catalogue.SOURCES[source].kind
    if balance:
        assert info["class_balance"]["test"] == balance
    assert {entry["sha256"] for entry in info["inputs"]} == {
        m.sha256 for m in published_files.PUBLISHED[source].members
    }
    # Test examples that also occur in train or validation; 123 for IMDB is the number in the literature.
    duplicates = {"imdb": 123, "sms_spam": 246, "trec": 10, "ucr_swedishleaf": 2}
    assert info["duplicates"]["train_test"] + info["duplicates"]["validation_test"] == duplicates.get(source, 0)
    x, y = made.test
    assert x.shape == (counts[2], *shape) and len(y) == counts[2]
    assert np.isfinite(x).all()


def test_cifar_pixels_have_the_published_mean(downloads):
    examples = published.cifar10({}, downloads("cifar10") / "cifar10")
    pixels = examples.x[:50_000]
    np.testing.assert_allclose(pixels[::5].mean(axis=(0, 1, 2)) / 255, [0.4914, 0.4822, 0.4465], atol=2e-3)
    assert examples.class_names[examples.y[0]] == "frog"  # the first image of data_batch_1


def test_imdb_is_the_list_of_files_with_the_published_digest(downloads):
    with open(downloads("imdb") / "imdb" / "reviews.jsonl", encoding="utf-8") as file:
        reviews = [json.loads(line) for line in file]
    listing = "".join(f"{hashlib.sha256(text.encode()).hexdigest()}  aclImdb/{path}\n" for path, text in reviews)
    digest = hashlib.sha256(listing.encode()).hexdigest()
    assert digest == "b155ae18c4016500d64b7ea091f3f04c4ea9e702ab3bdb2b4aa0effbd4da11c6"


def test_questions_of_nltk_are_the_same(mirror):
    for member in published_files.PUBLISHED["trec"].members:
        container = next(container for container in member.containers if container.name == "qc.zip")
        assert hashlib.sha256(container.unpack(mirror / "trec-qc" / "qc.zip")).hexdigest() == member.sha256


def test_movie_reviews_keep_their_texts_in_ten_folds(prepared, downloads):
    made = prepared({"source": "movie_reviews", "folds": 10, "fold": 3}, "mr", downloads("movie_reviews"))
    assert made.info["counts"]["test"] == 1066 and made.info["class_balance"]["test"] == [533, 533]
    texts = load_texts(made.folder / "test.npz")
    assert len(texts) == 1066 and all(text and "\n" not in text for text in texts)


def test_messages_are_split_in_their_order(prepared, downloads):
    made = prepared({"source": "sms_spam"}, "sms", downloads("sms_spam"))
    lines = (downloads("sms_spam") / "sms_spam" / "SMSSpamCollection").read_text(encoding="utf-8").split("\n")
    assert load_texts(made.folder / "test.npz")[0] == lines[1672].split("\t", 1)[1]


def test_etth1_reproduces_the_published_naive_error(prepared, downloads):
    """Repeating the last value has MSE 1.295 and MAE 0.713 on the standardized test months (horizon 96)."""
    x, y = prepared({"source": "etth1"}, "etth1", downloads("etth1")).test
    error = x[:, -1:, :] - y
    assert np.mean(error**2, dtype=float) == pytest.approx(1.294, abs=1e-3)
    assert np.mean(np.abs(error), dtype=float) == pytest.approx(0.713, abs=1e-3)


def test_gunpoint_reproduces_the_published_nearest_neighbor_error(prepared, downloads):
    """The 1-nearest-neighbor error is 0.0867 with all training series, including validation."""
    made = prepared({"source": "ucr_gunpoint"}, "gunpoint", downloads("ucr_gunpoint"))
    x = np.concatenate([made.train[0], made.validation[0]])[:, :, 0]
    y = np.concatenate([made.train[1], made.validation[1]])
    nearest = np.argmin(((made.test[0][:, None, :, 0] - x[None]) ** 2).sum(axis=-1), axis=1)
    assert np.mean(y[nearest] != made.test[1]) == pytest.approx(0.0867, abs=1e-4)


def test_a_file_changed_after_the_download_is_an_error(prepared, downloads, tmp_path):
    folder = downloads("trec")
    path = folder / "trec" / "TREC_10.label"
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[:-100])
        with pytest.raises(ValueError, match=r"TREC_10\.label: missing or changed since the download"):
            prepared({"source": "trec"}, "trec", folder)
    finally:
        path.write_bytes(whole)
    with pytest.raises(FileNotFoundError, match="fetch --source trec"):
        prepared({"source": "trec"}, "trec", tmp_path / "empty")
