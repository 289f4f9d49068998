"""A user's folder of images with one subfolder per class."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from layerwise.data.examples import Examples
from layerwise.pipeline.files import sha256

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
GREY = {"1", "L", "LA"}  # grayscale modes of Pillow
PARTS = {"train": "learn", "test": "test"}


def images(spec: dict[str, Any]) -> Examples:
    """Read ``folder/class/image``, or ``folder/train/class/image`` and ``folder/test/class/image``.

    Images become grayscale ``(height, width, 1)`` if all of them are grayscale, else RGB ``(height, width, 3)``;
    with ``size`` all are resized to ``(size, size)``.

    Raises
    ------
    OSError, ValueError
        If the folder does not have this layout or an image is invalid. The message names the folder or file.
    """
    root = Path(spec["images"])
    split = all((root / name).is_dir() for name in PARTS)
    folders = {root / name: part for name, part in PARTS.items()} if split else {root: "pool"}
    files = [(file, part) for folder, part in folders.items() for file in _files(folder)]
    pictures = [_read(file, spec["size"]) for file, _ in files]
    mode = "L" if all(picture.mode in GREY for picture in pictures) else "RGB"
    for (file, _), picture in zip(files, pictures):
        if picture.size != pictures[0].size:
            raise ValueError(
                f"{file}: images must have the same size, got {_pixels(picture)} but {_pixels(pictures[0])} in "
                f"{files[0][0]}; set 'size: 32' to resize all of them to 32 × 32"
            )
    x = np.stack([np.asarray(picture.convert(mode)) for picture in pictures])
    names = sorted({file.parent.name for file, _ in files})
    if len(names) < 2:
        raise ValueError(f"{root}: must have at least two subfolders (classes) with images, got only '{names[0]}'")
    part = np.array([part for _, part in files])
    y = np.array([names.index(file.parent.name) for file, _ in files])
    trained = [names[k] for k in np.unique(y[part != "test"])]
    for k in np.unique(y[part == "test"]):
        if names[k] not in trained:
            known = ", ".join(trained)
            raise ValueError(f"{root / 'test'}: class must be one of {root / 'train'}, {known}, got '{names[k]}'")
    digest = hashlib.sha256("".join(f"{file.relative_to(root)}{sha256(file)}" for file, _ in files).encode())
    inputs = [{"file": f"{root}, {len(files)} images", "sha256": digest.hexdigest()}]
    return Examples("image", x.reshape(*x.shape[:3], -1), y, names, part=part, inputs=inputs)


def _files(folder: Path) -> list[Path]:
    """Return the sorted image files in the subfolders of a folder, ignoring hidden and other files."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder")
    files = sorted(file for file in folder.glob("[!.]*/[!.]*") if file.suffix.lower() in ENDINGS)
    if not files:
        raise ValueError(
            f"{folder}: no images in subfolders; must have one subfolder per class with files ending in "
            f"{', '.join(ENDINGS)}"
        )
    return files


def _read(file: Path, size: int | None) -> Image.Image:
    try:
        with Image.open(file) as picture:
            picture.load()
            if picture.mode[0] in "IF":  # Pillow would clip values that do not fit into 8 bits
                raise OSError("must have 8 bits per channel, got more")
            return _sized(picture.convert("RGB") if picture.mode in ("P", "PA") else picture, size)
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        reason = "not an image" if isinstance(error, UnidentifiedImageError) else str(error)
        raise ValueError(f"{file}: cannot be read ({reason}); replace or remove it") from None


def _sized(picture: Image.Image, size: int | None) -> Image.Image:
    return picture.copy() if size is None else picture.resize((size, size), Image.Resampling.BILINEAR)


def _pixels(picture: Image.Image) -> str:
    return f"{picture.height} × {picture.width} pixels"


LOADERS = {"images": images}
