"""Decoding a user's text file."""

from __future__ import annotations

import codecs
from pathlib import Path

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ")  # gzip, zip (also Office documents), bzip2, xz


def decoded(path: str, encoding: str | None = None) -> str:
    """Return the text of a file, without a byte order mark; one of UTF-16 takes precedence over the encoding.

    Parameters
    ----------
    path : str
    encoding : str, optional
        UTF-8 by default, and then messages do not offer to set another.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read or is not text in this encoding. The message names the file, the line and the byte.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file")
    data = Path(path).read_bytes()
    if data.startswith(PACKED):
        raise ValueError(f"{path}: must be a text file, got a compressed one; unpack it")
    used = "utf-16" if data.startswith(UTF_16) else encoding or "utf-8"
    try:
        text = data.decode(used).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = ", or set its encoding, e.g. 'encoding: latin-1'" if encoding else ""
        raise ValueError(
            f"{path}, line {line}: byte 0x{data[error.start]:02x} is not valid {used}; save the file in UTF-8{hint}"
        ) from None
    except (LookupError, ValueError):
        raise ValueError(
            f"{path}: encoding must be one that Python knows, e.g. utf-8 or latin-1, got {encoding!r}"
        ) from None
    if "\0" in text:
        raise ValueError(f"{path}: must be a text file, but contains zero bytes (another encoding, or not text)")
    return text
