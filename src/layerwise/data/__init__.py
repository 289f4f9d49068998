"""Datasets (bundled, generated, published or user-supplied), all prepared in one file format.

Reading prepared files needs only NumPy, so a training process can import this package cheaply:

>>> from layerwise.data import load_split
>>> x, y = load_split("results/data/mnist5k/train.npz")  # doctest: +SKIP
"""

from layerwise.data.splits import load_split, load_texts, pack_texts, unpack_texts

__all__ = ["load_split", "load_texts", "pack_texts", "unpack_texts"]
