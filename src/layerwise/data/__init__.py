"""Datasets: bundled, generated, published, or a user's own, all prepared into the same files.

Reading prepared files needs NumPy only, so a training process may import this package:

>>> from layerwise.data import load_split
>>> x, y = load_split("results/data/mnist5k/train.npz")  # doctest: +SKIP
"""

from layerwise.data.splits import load_split, load_texts, pack_texts, unpack_texts

__all__ = ["load_split", "load_texts", "pack_texts", "unpack_texts"]
