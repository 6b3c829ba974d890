"""Inspect an upload: size, kind, archive, encoding. The result says what may parse it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from survey.door.archive import ARCHIVE, check_archive, members
from survey.door.kinds import Kind, sniff
from survey.door.sheets import SheetReach
from survey.door.text import detect_encoding
from survey.problems import Code, Problem, Refused, escape, problem

__all__ = ["MAX_CSV_BYTES", "MAX_LAYER_BYTES", "MAX_XLSX_BYTES", "Upload", "display_name", "inspect"]

MAX_XLSX_BYTES = 20 * 1024**2
MAX_CSV_BYTES = 64 * 1024**2
MAX_LAYER_BYTES = 64 * 1024**2
NAME_LIMIT = 120
MAX_BYTES = {
    Kind.XLSX: MAX_XLSX_BYTES,
    Kind.XLS: MAX_XLSX_BYTES,
    Kind.CSV: MAX_CSV_BYTES,
    Kind.GEOJSON: MAX_LAYER_BYTES,
    Kind.GPKG: MAX_LAYER_BYTES,
    Kind.SHAPEFILE: MAX_LAYER_BYTES,
}
ENDINGS = {
    ".xlsx": Kind.XLSX,
    ".xlsm": Kind.XLSX,
    ".xls": Kind.XLS,
    ".csv": Kind.CSV,
    ".geojson": Kind.GEOJSON,
    ".gpkg": Kind.GPKG,
}
# What GDAL writes into every GeoPackage to keep its spatial index and counts; anything else is refused.
PLAIN_TRIGGER = re.compile(
    r"^(rtree_.+_(insert|update[1-7]?|delete)|trigger_(insert|delete)_feature_count_.+"
    r"|(gpkg|fk)_.*(insert|update|delete).*)$",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that passed the door. `name` is for display only and is never a path."""

    path: Path
    kind: Kind
    size_bytes: int
    name: str
    encoding: str | None = None
    findings: tuple[Problem, ...] = ()


def display_name(original: str) -> str:
    r"""Escape a sender's file name for display; no control or direction characters, at most 120 long.

    >>> display_name("rapor\u202efdp.csv")
    'rapor\\u202efdp.csv'
    """
    return escape(original, limit=NAME_LIMIT)


def inspect(path: Path, *, original_name: str, encoding: str | None = None) -> Upload:
    """Tell what a file is and refuse what is unsafe, reading its bytes once and writing nothing.

    Parameters
    ----------
    path
        The stored bytes, under a generated name.
    original_name
        What the sender called it; kept as escaped metadata.
    encoding
        The answer to an earlier question about a text file's encoding.

    Raises
    ------
    Refused
        With the reason; never an exception of a parser.
    """
    name, size = display_name(original_name), path.stat().st_size
    if size == 0:
        raise _refused(Code.FILE_EMPTY, name)
    if size > max(MAX_BYTES.values()):
        raise _refused(Code.FILE_TOO_BIG, name, detail=f"{size} > {max(MAX_BYTES.values())} bytes")
    try:
        kind = _kind(path, name)
        if size > MAX_BYTES[kind]:
            raise _refused(Code.FILE_TOO_BIG, name, detail=f"{size} > {MAX_BYTES[kind]} bytes")
        findings = [*_mismatch(kind, name), *_check(path, kind, name)]
    except Refused as refusal:
        named = (replace(one, given=name) if one.given == ARCHIVE else one for one in refusal.problems)
        raise Refused(tuple(named), refusal.questions) from None
    if kind is not Kind.CSV:
        return Upload(path, kind, size, name, findings=tuple(findings))
    found, said = detect_encoding(path, asked=encoding)
    return Upload(path, kind, size, name, encoding=found, findings=(*findings, *said))


def _kind(path: Path, name: str) -> Kind:
    container = sniff(path)
    if container == "zip":
        return _zip_kind(path, name)
    if container == "ole":
        return _ole_kind(path, name)
    if container in set(Kind):
        return Kind(container)
    raise _refused(Code.FILE_KIND_UNKNOWN, name, detail=container)


def _zip_kind(path: Path, name: str) -> Kind:
    names = [member.filename.lower() for member in members(path)]
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    if any(entry.endswith((".shp", ".dbf")) for entry in names):
        return Kind.SHAPEFILE
    check_archive(path, watch=_ignore)
    raise _refused(Code.ARCHIVE_CONTENT, name, detail=", ".join(names[:3]))


def _ole_kind(path: Path, name: str) -> Kind:
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise _refused(Code.FILE_PASSWORD, name)
    if any(stream.encode("utf-16-le") in data for stream in ("Workbook", "Book")):
        return Kind.XLS
    raise _refused(Code.FILE_KIND_UNKNOWN, name, detail="OLE")


def _mismatch(kind: Kind, name: str) -> list[Problem]:
    said = ENDINGS.get(Path(name.lower()).suffix)
    if said is None or said is kind:
        return []
    return [problem(Code.FILE_KIND_MISMATCH, given=name, detail=f"{said} / {kind}")]


def _check(path: Path, kind: Kind, name: str) -> list[Problem]:
    if kind is Kind.XLSX:
        check_archive(path, watch=SheetReach().watch, nested_allowed=True)
        return _active_content(path, name)
    if kind is Kind.XLS and "_VBA_PROJECT".encode("utf-16-le") in path.read_bytes():
        return [problem(Code.FILE_MACROS, given=name)]
    if kind is Kind.SHAPEFILE:
        check_archive(path, watch=_ignore)
    if kind is Kind.GPKG:
        _check_geopackage(path, name)
    return []


def _active_content(path: Path, name: str) -> list[Problem]:
    names = [member.filename.lower() for member in members(path)]
    signs = (
        (Code.FILE_MACROS, ("vbaproject.bin", "macrosheets/")),
        (Code.FILE_EXTERNAL_LINKS, ("externallinks/", "xl/connections.xml", "querytables/")),
        (Code.FILE_EMBEDDED_OBJECT, ("embeddings/", "activex/", "oleobject")),
    )
    return [
        problem(code, given=name)
        for code, marks in signs
        if any(mark in entry for entry in names for mark in marks)
    ]


def _check_geopackage(path: Path, name: str) -> None:
    """Refuse views and unusual triggers, having opened the file so that nothing in it can run."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as base:
            base.execute("PRAGMA trusted_schema=OFF")
            entries = base.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    except sqlite3.DatabaseError as why:
        raise _refused(Code.FILE_DAMAGED, name, detail="SQLite") from why
    for kind, entry, sql in entries:
        if kind == "view" or (kind == "trigger" and not PLAIN_TRIGGER.match(entry)):
            raise _refused(Code.LAYER_TRIGGER, f"{kind} {entry}")
        if re.match(r"\s*create\s+virtual", sql or "", re.I) and not re.search(
            r"using\s+\"?rtree", sql, re.I
        ):
            raise _refused(Code.LAYER_TRIGGER, f"virtual {entry}")
    if "gpkg_contents" not in {entry for _, entry, _ in entries}:
        raise _refused(Code.FILE_KIND_UNKNOWN, name, detail="SQLite")


def _ignore(_name: str, _data: bytes) -> None:
    """Watch nothing."""


def _refused(code: Code, given: str, *, detail: str = "") -> Refused:
    return Refused((problem(code, given=given, detail=detail),))
