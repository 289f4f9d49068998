"""A user's folder of images with one subfolder per class."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from layerwise.data.examples import Examples
from layerwise.pipeline.files import sha256

ENDINGS = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pbm", ".pgm", ".ppm")
UNREADABLE = ("", ".heic", ".heif", ".avif", ".svg", ".psd", ".ico", ".dng", ".raw", ".cr2", ".nef", ".jp2")
GREY = {"1", "L", "LA", "La"}  # grayscale modes of Pillow
VALIDATION = ("validation", "val", "valid")


def images(spec: dict[str, Any]) -> Examples:
    """Read ``folder/class/image``, or ``folder/train/class/image`` and the same in ``test`` and maybe ``validation``.

    Images become grayscale ``(height, width, 1)`` if all of them are grayscale, else RGB ``(height, width, 3)``;
    transparent parts become white, and photographs are turned upright as their camera noted. With ``size`` all are
    resized to ``(size, size)``.

    Raises
    ------
    OSError, ValueError
        If the folder does not have this layout or an image is invalid. The message names the folder or file.
    """
    root = Path(spec["images"])
    folders = _parts(root)
    files = [(file, part) for folder, part in folders.items() for file in _files(folder)]
    pictures = [_read(file, spec["size"]) for file, _ in files]
    mode = "L" if all(picture.mode == "L" for picture in pictures) else "RGB"
    for (file, _), picture in zip(files, pictures):
        if picture.size != pictures[0].size:
            raise ValueError(
                f"{file}: images must have the same size, got {_pixels(picture)} but {_pixels(pictures[0])} in "
                f"{files[0][0]}; set 'size: 32' to resize all of them to 32 × 32"
            )
    x = np.stack([np.asarray(picture.convert(mode)) for picture in pictures])
    if all(np.array_equal(image, x[0]) for image in x[1:]):
        raise ValueError(f"{root}: images must differ, but all {len(x)} are the same")
    names = sorted({file.parent.name for file, _ in files})
    if len(names) < 2:
        raise ValueError(f"{root}: must have at least two subfolders (classes) with images, got only '{names[0]}'")
    part = np.array([part for _, part in files])
    y = np.array([names.index(file.parent.name) for file, _ in files])
    trained = [names[k] for k in np.unique(y[(part != "test") & (part != "validation")])]
    for folder, name in folders.items():
        for k in np.unique(y[part == name]):
            if names[k] not in trained:
                known = ", ".join(trained)
                raise ValueError(f"{folder}: class must be one of the training images, {known}, got '{names[k]}'")
    digest = hashlib.sha256("".join(f"{file.relative_to(root)}{sha256(file)}" for file, _ in files).encode())
    inputs = [{"file": f"{root}, {len(files)} images", "sha256": digest.hexdigest()}]
    return Examples("image", x.reshape(*x.shape[:3], -1), y, names, part=part, inputs=inputs)


def _parts(root: Path) -> dict[Path, str]:
    """Return the folders of the splits and the names of their parts: those below a folder, or the folder itself."""
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder")
    folders = {
        path.name.lower(): path for path in sorted(root.iterdir()) if path.is_dir() and _is_visible(Path(path.name))
    }
    validation = [name for name in VALIDATION if name in folders]
    if "train" not in folders or not ("test" in folders or validation):
        return {root: "pool"}
    if "test" not in folders or len(folders) > 2 + len(validation[:1]):
        raise ValueError(
            f"{root}: must have the subfolders train and test, and possibly validation, and no others, "
            f"got {', '.join(sorted(folders))}"
        )
    parts = {folders["train"]: "train" if validation else "learn"}
    return parts | {folders[name]: "validation" for name in validation} | {folders["test"]: "test"}


def _is_visible(path: Path) -> bool:
    """Return whether a path is neither hidden nor added by an archive program."""
    return not any(name.startswith((".", "__MACOSX")) for name in path.parts)


def _files(folder: Path) -> list[Path]:
    """Return the sorted image files in the subfolders of a folder, ignoring hidden and other files.

    Raises
    ------
    ValueError
        If there are none, if an image is not directly in the folder of a class, or if one has an unknown format.
    """
    visible = sorted(path for path in folder.rglob("*") if _is_visible(path.relative_to(folder)))
    files = [path for path in visible if path.suffix.lower() in ENDINGS and not path.is_dir()]
    depths = {path: len(path.relative_to(folder).parts) for path in visible}
    if not any(depths[file] == 2 for file in files):
        raise ValueError(
            f"{folder}: no images in subfolders; must have one subfolder per class with files ending in "
            f"{', '.join(ENDINGS)}"
        )
    for file in files:
        if depths[file] != 2:
            raise ValueError(f"{file}: must be directly in the folder of its class, {folder / 'class' / file.name}")
    for path in visible:
        if depths[path] == 2 and path.suffix.lower() in UNREADABLE and not path.is_dir():
            raise ValueError(f"{path}: must end in {', '.join(ENDINGS)}; convert, rename or remove it")
    return files


def _read(file: Path, size: int | None) -> Image.Image:
    """Return an image in mode L or RGB, upright, laid over white and resized."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(file)
        with picture:
            frames = getattr(picture, "n_frames", 1)
            if frames > 1:
                raise OSError(f"must be a single image, got {frames} frames or pages")
            picture.load()
            if picture.mode[0] in "IF":  # Pillow would clip values that do not fit into 8 bits
                raise OSError("must have 8 bits per channel, got more")
            upright = ImageOps.exif_transpose(picture)
            mode = "L" if picture.mode in GREY else "RGB"
            if upright.has_transparency_data:
                white = Image.new("RGBA", upright.size, "white")
                upright = Image.alpha_composite(white, upright.convert("RGBA"))
            return _sized(upright.convert(mode), size)
    except UnidentifiedImageError:
        reason = "not an image"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        reason = f"must have at most {Image.MAX_IMAGE_PIXELS:,} pixels"
    except Exception as error:  # Pillow's decoders raise errors of many types for a damaged file
        reason = str(error) or type(error).__name__
    raise ValueError(f"{file}: cannot be read ({reason}); replace or remove it")


def _sized(picture: Image.Image, size: int | None) -> Image.Image:
    return picture.copy() if size is None else picture.resize((size, size), Image.Resampling.BILINEAR)


def _pixels(picture: Image.Image) -> str:
    return f"{picture.height} × {picture.width} pixels"


LOADERS = {"images": images}
