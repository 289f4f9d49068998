"""Encoding texts as rows of word ids, with a vocabulary built from the training texts only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

PADDING, UNKNOWN = 0, 1
SPECIAL = ["<padding>", "<unknown>"]
WORD = re.compile(r"<\w+>|\w+(?:'\w+)?|[^\w\s]")


def words(text: str) -> list[str]:
    """Split a text into lowercase words and punctuation marks; ``don't`` and ``<library>`` are single words."""
    return WORD.findall(text.lower())


def spans(text: str) -> list[tuple[int, int]]:
    """Return the start and end of each of `words` in the text, so that a report can highlight it."""
    return [match.span() for match in WORD.finditer(text.lower())]


def vocabulary(texts: Iterable[str], min_count: int, max_words: int) -> list[str]:
    """Return the words by id: the two special tokens, then words by decreasing frequency, ties alphabetically.

    Parameters
    ----------
    texts : iterable of str
    min_count : int
        Minimum count of a word to be included.
    max_words : int
        Maximum size of the vocabulary, including the special tokens.
    """
    counts = Counter(word for text in texts for word in words(text))
    frequent = sorted((word for word in counts if counts[word] >= min_count), key=lambda word: (-counts[word], word))
    return (SPECIAL + frequent)[:max_words]


def encode(texts: Sequence[str], vocabulary: Sequence[str], length: int) -> np.ndarray:
    """Return int32 word ids ``(n, length)``; longer texts are truncated and shorter ones padded at the end."""
    ids = {word: index for index, word in enumerate(vocabulary)}
    rows = np.full((len(texts), length), PADDING, np.int32)
    for row, text in zip(rows, texts):
        encoded = [ids.get(word, UNKNOWN) for word in words(text)[:length]]
        row[: len(encoded)] = encoded
    return rows
