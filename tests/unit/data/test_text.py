"""Tokenization, vocabulary, encoding, and packing of texts."""

import numpy as np
import pytest

from layerwise.data import load_texts, pack_texts, text, unpack_texts
from layerwise.pipeline.files import write_npz


@pytest.mark.parametrize(
    "sentence, expected",
    [
        ("It's GREAT, really!", ["it's", "great", ",", "really", "!"]),
        ("a <library> array; x_1 = 2.5", ["a", "<library>", "array", ";", "x_1", "=", "2", ".", "5"]),
        ("Crème brûlée – £3", ["crème", "brûlée", "–", "£", "3"]),
        ("  ", []),
    ],
)
def test_words_and_their_places(sentence, expected):
    assert text.words(sentence) == expected
    assert [sentence[start:stop].lower() for start, stop in text.spans(sentence)] == expected


def test_vocabulary_is_by_count_then_alphabet():
    vocabulary = text.vocabulary(["b b c a", "a d"], min_count=1, max_words=100)
    assert vocabulary == ["<padding>", "<unknown>", "a", "b", "c", "d"]
    assert text.vocabulary(["b b c a", "a d"], min_count=2, max_words=100) == ["<padding>", "<unknown>", "a", "b"]
    assert text.vocabulary(["b b c a", "a d"], min_count=1, max_words=3) == ["<padding>", "<unknown>", "a"]


def test_encode_pads_cuts_and_marks_unknown_words():
    rows = text.encode(["a b", "b z a a", ""], ["<padding>", "<unknown>", "a", "b"], 3)
    np.testing.assert_array_equal(rows, [[2, 3, 0], [3, 1, 2], [0, 0, 0]])
    assert rows.dtype == np.int32


def test_packed_texts_are_restored(tmp_path):
    texts = ["", "naïve café", "line\nbreak\ttab", "漢字", "\x85"]
    assert unpack_texts(*pack_texts(texts)) == texts
    data, offsets = pack_texts(texts)
    write_npz(tmp_path / "train.npz", text=data, text_offsets=offsets)
    assert load_texts(tmp_path / "train.npz") == texts


def test_a_split_without_texts_is_an_error(tmp_path):
    write_npz(tmp_path / "train.npz", x=np.zeros(1), y=np.zeros(1))
    with pytest.raises(ValueError, match=r"train\.npz: must be a split of a text dataset .*, got \['x', 'y'\]"):
        load_texts(tmp_path / "train.npz")


def test_the_vocabulary_contains_no_words_of_the_other_splits(prepared, monkeypatch):
    from layerwise.data import docstrings
    from layerwise.data.examples import Examples

    texts = [f"common word{index}" for index in range(40)]
    monkeypatch.setitem(
        docstrings.LOADERS, "docstrings", lambda spec: Examples("text", texts, np.arange(40) % 2, ["a", "b"])
    )
    made = prepared({"source": "docstrings", "min_count": 1})
    learned = {word for example in load_texts(made.folder / "train.npz") for word in text.words(example)}
    assert set(made.info["vocabulary"][2:]) == learned
    np.testing.assert_array_equal(made.test[0][:, 1], text.UNKNOWN)
