"""A folder of a user's images: each subfolder is a class."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from layerwise.data.examples import Examples
from layerwise.pipeline.files import sha256

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
GREY = {"1", "L", "LA"}  # modes of Pillow without colour
PARTS = {"train": "learn", "test": "test"}


def images(spec: dict[str, Any]) -> Examples:
    """Read ``folder/class/image``, or ``folder/train/class/image`` and ``folder/test/class/image``.

    Images become grey ``(height, width, 1)`` if all of them are, else red, green and blue ``(height, width, 3)``;
    with ``size`` all are scaled to ``(size, size)``.

    Raises
    ------
    OSError, ValueError
        Naming the folder or the file, and what is accepted.
    """
    root = Path(spec["images"])
    split = all((root / name).is_dir() for name in PARTS)
    folders = {root / name: part for name, part in PARTS.items()} if split else {root: "pool"}
    found = [(file, part) for folder, part in folders.items() for file in _files(folder)]
    pictures = [_read(file, spec["size"]) for file, _ in found]
    mode = "L" if all(picture.mode in GREY for picture in pictures) else "RGB"
    for (file, _), picture in zip(found, pictures):
        if picture.size != pictures[0].size:
            raise ValueError(
                f"{file}: {_pixels(picture)}, but {found[0][0]} has {_pixels(pictures[0])}; accepted are images of one "
                "size, or 'size: 32' to scale all of them to 32 × 32"
            )
    x = np.stack([np.asarray(picture.convert(mode)) for picture in pictures])
    names = sorted({file.parent.name for file, _ in found})
    if len(names) < 2:
        raise ValueError(f"{root}: only one class, '{names[0]}'; accepted are at least two subfolders with images")
    part = np.array([part for _, part in found])
    y = np.array([names.index(file.parent.name) for file, _ in found])
    learned = [names[k] for k in np.unique(y[part != "test"])]
    for k in np.unique(y[part == "test"]):
        if names[k] not in learned:
            known = ", ".join(learned)
            raise ValueError(f"{root / 'test'}: class '{names[k]}' is not in {root / 'train'}; accepted are {known}")
    digest = hashlib.sha256("".join(f"{file.relative_to(root)}{sha256(file)}" for file, _ in found).encode())
    inputs = [{"file": f"{root}, {len(found)} images", "sha256": digest.hexdigest()}]
    return Examples("image", x.reshape(*x.shape[:3], -1), y, names, part=part, inputs=inputs)


def _files(folder: Path) -> list[Path]:
    """Return the images in the subfolders of a folder, in order; other files and hidden ones are left out."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder")
    found = sorted(file for file in folder.glob("[!.]*/[!.]*") if file.suffix.lower() in ENDINGS)
    if not found:
        raise ValueError(
            f"{folder}: holds no images in subfolders; accepted is a subfolder for each class, with files that end in "
            f"{', '.join(ENDINGS)}"
        )
    return found


def _read(file: Path, size: int | None) -> Image.Image:
    try:
        with Image.open(file) as picture:
            picture.load()
            if picture.mode[0] in "IF":  # Pillow would cut what does not fit into 8 bits
                raise OSError("more than 8 bits a channel; accepted are 8")
            return _sized(picture.convert("RGB") if picture.mode in ("P", "PA") else picture, size)
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        reason = "not an image" if isinstance(error, UnidentifiedImageError) else str(error)
        raise ValueError(
            f"{file}: cannot be read ({reason}); replace or remove it; accepted is a whole image"
        ) from None


def _sized(picture: Image.Image, size: int | None) -> Image.Image:
    return picture.copy() if size is None else picture.resize((size, size), Image.Resampling.BILINEAR)


def _pixels(picture: Image.Image) -> str:
    return f"{picture.height} × {picture.width} pixels"


LOADERS = {"images": images}
