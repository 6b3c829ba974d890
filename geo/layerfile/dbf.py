"""What GDAL does not tell about a .dbf: field names as stored, row count, and the letters' encoding."""

from __future__ import annotations

import codecs
import struct
from pathlib import Path

__all__ = ["dbf_encoding", "dbf_fields", "dbf_rows"]

TURKISH_WINDOWS_DRIVER = 0xCA  # language driver id of cp1254
CODEPAGES = {"1254": "cp1254", "65001": "utf-8", "28599": "iso8859-9", "857": "cp857", "88599": "iso8859-9"}


def dbf_rows(path: Path) -> int:
    """Number of rows that are not marked as deleted."""
    data = path.read_bytes()
    count, start, width = struct.unpack("<IHH", data[4:12])
    return sum(data[start + row * width : start + row * width + 1] != b"*" for row in range(count))


def dbf_fields(path: Path) -> list[str]:
    """Field names as stored, at most ten characters each."""
    data = path.read_bytes()
    start = struct.unpack("<H", data[8:10])[0]
    blocks = (data[at : at + 32] for at in range(32, start - 1, 32))
    return [block[:11].split(b"\x00")[0].decode("latin-1") for block in blocks if block[:1] != b"\r"]


def dbf_encoding(path: Path, *, asked: str | None, declared: str | None) -> tuple[str, bool]:
    """Tell the encoding by answer, .cpg, language driver or else the bytes; and whether it was detected."""
    if asked is not None:
        return asked, False
    named = _named(declared or "")
    if named is not None:
        return named, False
    data = path.read_bytes()
    if data[29] == TURKISH_WINDOWS_DRIVER:
        return "cp1254", False
    start = struct.unpack("<H", data[8:10])[0]
    try:
        data[32:start].decode("utf-8")
        data[start:].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1254", True
    return "utf-8", True


def _named(text: str) -> str | None:
    plain = text.strip().lower()
    for number, codec in CODEPAGES.items():
        if number in plain:
            return codec
    try:
        return codecs.lookup(plain).name if plain else None
    except LookupError:
        return None
