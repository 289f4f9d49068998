"""Texts as rows of word ids. The vocabulary is learned from the training texts only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

PADDING, UNKNOWN = 0, 1
SPECIAL = ["<padding>", "<unknown>"]
WORD = re.compile(r"<\w+>|\w+(?:'\w+)?|[^\w\s]")


def words(text: str) -> list[str]:
    """Split a text into lower-case words (``don't`` is one, so is a mask like ``<library>``) and single marks."""
    return WORD.findall(text.lower())


def spans(text: str) -> list[tuple[int, int]]:
    """Return where each of `words` begins and ends in the text, so that a report can colour the text itself."""
    return [match.span() for match in WORD.finditer(text.lower())]


def vocabulary(texts: Iterable[str], min_count: int, max_words: int) -> list[str]:
    """Return the words by id: the two special ones, then the most frequent, ties in alphabetical order.

    Parameters
    ----------
    texts : iterable of str
    min_count : int
        A word that occurs less often is unknown.
    max_words : int
        At most so many ids, the special ones included.
    """
    counts = Counter(word for text in texts for word in words(text))
    frequent = sorted((word for word in counts if counts[word] >= min_count), key=lambda word: (-counts[word], word))
    return (SPECIAL + frequent)[:max_words]


def encode(texts: Sequence[str], vocabulary: Sequence[str], length: int) -> np.ndarray:
    """Return word ids ``(n, length)``, int32; a longer text loses its end, a shorter one is padded there."""
    ids = {word: index for index, word in enumerate(vocabulary)}
    rows = np.full((len(texts), length), PADDING, np.int32)
    for row, text in zip(rows, texts):
        known = [ids.get(word, UNKNOWN) for word in words(text)[:length]]
        row[: len(known)] = known
    return rows
