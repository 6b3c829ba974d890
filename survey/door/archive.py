"""Zip archives: caps on count, size and ratio, names, and a full read of every member's bytes."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from survey.problems import Code, Problem, Refused, problem

__all__ = ["ARCHIVE", "MAX_ENTRIES", "MAX_RATIO", "MAX_UNPACKED_BYTES", "Watcher", "check_archive", "members"]

ARCHIVE = "zip"  # stands for the file in a problem until its name is known
MAX_ENTRIES = 200
MAX_UNPACKED_BYTES = 200 * 1024**2
MAX_RATIO = 100  # unpacked : packed, of archives above one megabyte
RATIO_FLOOR_BYTES = 1024**2
CHUNK_BYTES = 1024**2
OVERLAP_BYTES = 64  # a token cut by a chunk's end is seen whole in the next
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ARCHIVE_ENDINGS = (".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz", ".kmz", ".jar")
ARCHIVE_MAGIC = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh9")
MARKUP_ENDINGS = (".xml", ".rels", ".vml", ".kml", ".gml")
DOCTYPES = tuple("<!DOCTYPE".encode(code) for code in ("ascii", "utf-16-le", "utf-16-be"))

# Called with member name and chunk, for checks that ride along with the one pass over the bytes.
Watcher = Callable[[str, bytes], None]


def members(path: Path) -> list[zipfile.ZipInfo]:
    """List the archive's members, or refuse a damaged archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeError) as why:
        raise _refused(Code.FILE_DAMAGED, "zip") from why


def check_archive(path: Path, *, watch: Watcher, nested_allowed: bool = False) -> None:
    """Refuse an archive that breaks a cap, has an unsafe name, or a member that cannot be read whole.

    Raises
    ------
    Refused
        With one problem, before any byte is unpacked when the listing alone shows it.
    """
    listing = members(path)
    _check_caps(path, listing)
    for member in listing:
        _check_member(member, nested_allowed)
    try:
        with zipfile.ZipFile(path) as archive:
            for member in listing:
                _read_through(archive, member, watch=watch, nested_allowed=nested_allowed)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as why:
        if isinstance(why, Refused):
            raise
        raise _refused(Code.FILE_DAMAGED, "zip") from why


def _check_caps(path: Path, listing: list[zipfile.ZipInfo]) -> None:
    if len(listing) > MAX_ENTRIES:
        raise _refused(Code.ARCHIVE_TOO_MANY, f"{len(listing)} > {MAX_ENTRIES}")
    unpacked = sum(member.file_size for member in listing)
    if unpacked > MAX_UNPACKED_BYTES:
        raise _refused(Code.ARCHIVE_TOO_LARGE, f"{unpacked} > {MAX_UNPACKED_BYTES} bytes")
    ratio = unpacked / max(path.stat().st_size, 1)
    if unpacked > RATIO_FLOOR_BYTES and ratio > MAX_RATIO:
        raise _refused(Code.ARCHIVE_RATIO, f"{ratio:.0f}:1 > {MAX_RATIO}:1")


def _check_member(member: zipfile.ZipInfo, nested_allowed: bool) -> None:
    name = member.orig_filename
    if member.flag_bits & 0x1:
        raise _refused(Code.FILE_PASSWORD, name)
    if unsafe(name):
        raise _refused(Code.ARCHIVE_UNSAFE_NAME, name)
    if stat.S_ISLNK(member.external_attr >> 16):
        raise _refused(Code.ARCHIVE_LINK, name)
    if member.compress_type not in METHODS:
        raise _refused(Code.ARCHIVE_METHOD, name)
    if not nested_allowed and name.lower().endswith(ARCHIVE_ENDINGS):
        raise _refused(Code.ARCHIVE_NESTED, name)


def unsafe(name: str) -> bool:
    r"""Tell whether a member's name could leave its folder on some system.

    >>> unsafe("../a"), unsafe("C:\\a"), unsafe("xl/workbook.xml")
    (True, True, False)
    """
    parts = PurePosixPath(name).parts
    return name.startswith("/") or ".." in parts or any(sign in name for sign in ("\\", ":", "\x00"))


def _read_through(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, watch: Watcher, nested_allowed: bool
) -> None:
    """Read every byte (zipfile checks length and CRC) and show each chunk with a little overlap."""
    name, tail = member.filename, b""
    with archive.open(member) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            first = not tail
            if first and not nested_allowed and chunk.startswith(ARCHIVE_MAGIC):
                raise _refused(Code.ARCHIVE_NESTED, name)
            _refuse_doctype(name, tail + chunk, markup=first and _is_markup(name, chunk))
            watch(name, tail + chunk)
            tail = chunk[-OVERLAP_BYTES:]


def _is_markup(name: str, head: bytes) -> bool:
    return name.lower().endswith(MARKUP_ENDINGS) or head[:64].lstrip(
        b"\xef\xbb\xbf\xff\xfe \r\n\t"
    ).startswith(b"<")


def _refuse_doctype(name: str, data: bytes, *, markup: bool) -> None:
    if (markup or name.lower().endswith(MARKUP_ENDINGS)) and any(mark in data for mark in DOCTYPES):
        raise _refused(Code.XML_DOCTYPE, name)


def _refused(code: Code, detail: str) -> Refused:
    found: Problem = problem(code, given=ARCHIVE, detail=detail)
    return Refused((found,))
