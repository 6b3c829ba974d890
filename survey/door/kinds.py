"""The kind of a file, from its first bytes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

__all__ = ["Kind", "sniff"]

HEAD_BYTES = 4096
TEXT_BLANKS = b" \t\r\n"


class Kind(StrEnum):
    """Kinds of file that are read."""

    XLSX = "xlsx"
    XLS = "xls"
    CSV = "csv"
    GEOJSON = "geojson"
    GPKG = "gpkg"
    SHAPEFILE = "shapefile"


MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"SQLite format 3\x00", "gpkg"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "rar"),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"MZ", "exe"),
    (b"\x7fELF", "elf"),
    (b"\x00\x00\x27\x0a", "bare shapefile"),
)
UTF16 = (b"\xff\xfe", b"\xfe\xff")


def sniff(path: Path) -> str:
    """Name the container: zip, ole, gpkg, xml, geojson, csv, or a kind that is refused."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    for magic, name in MAGIC:
        if head.startswith(magic):
            return name
    if head.startswith(UTF16):
        return "csv"
    return _text_kind(head)


def _text_kind(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(TEXT_BLANKS)
    if b"\x00" in head:
        return "binary"
    if text.startswith(b"<"):
        return "xml"
    if text.startswith((b"{", b"[")):
        return "geojson"
    return "csv"
