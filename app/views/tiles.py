"""Tiles: geometry and a number for each area, never a class, a count or a person."""

import contextlib
import gzip
import hashlib
import json
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from app.errors import RefusedError
from app.store import published, tiles
from app.views.places import DIGEST_LETTERS, zone_version
from app.views.published import runs
from app.views.reader import Reader

LAYERS = ("areas", "districts", "zones")
DEEPEST = 14  # the browser enlarges these beyond
KEPT_DEEPEST = 10
VERSION = re.compile(r"(\d{1,9})-([0-9a-f]{1,16})")
CACHE_CONTROL = "private, max-age=31536000, immutable"
BASEMAP_DEEPEST = 22
KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


@dataclass(frozen=True, slots=True)
class Tile:
    """A vector tile as sent: `Content-Encoding: gzip`, `Cache-Control` as `CACHE_CONTROL`, and its ETag."""

    bytes_gzip: bytes
    etag: str
    cache_control: str = CACHE_CONTROL


def tile(reader: Reader, layer: str, version: str, z: int, x: int, y: int) -> Tile:
    """One Mapbox vector tile (web Mercator, 4096 units a side).

    Parameters
    ----------
    layer : `areas` (geometry, place as feature id), `districts` (outlines, and `names` as points), `zones`
    version : as `views.version` or, for zones, `views.zone_version` gives it; another is refused, so
        that what a browser keeps for ever under this address stays true
    z, x, y : 0 <= z <= 14, 0 <= x, y < 2**z

    Raises
    ------
    RefusedError
        If there is no such tile.
    """
    if layer not in LAYERS or not _exists(z, x, y, deepest=DEEPEST):
        raise RefusedError("risk.no_tile")
    number = _known(reader, layer, version)
    draw = {"areas": tiles.areas, "districts": tiles.districts, "zones": tiles.zones}[layer]

    def _make() -> bytes:
        with reader.session() as session:
            return gzip.compress(draw(session, number, tiles.Square(z, x, y)), 6, mtime=0)

    packed = reader.tiles.get((layer, version, z, x, y), _make) if z <= KEPT_DEEPEST else _make()
    return Tile(packed, f'"{hashlib.sha256(packed).hexdigest()[:24]}"')


def names(reader: Reader, version: str) -> Tile:
    """Names of all areas in order of place, JSON, for the area under the pointer.

    Parameters
    ----------
    version : as `views.version` gives it

    Raises
    ------
    RefusedError
        If there is no such version.
    """
    number = _known(reader, "areas", version)

    def _make() -> bytes:
        of = reader.gazetteer_of(number)
        told = [f"{name}, {district}" for name, district in zip(of.names, of.districts, strict=True)]
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return gzip.compress(text.encode(), 6, mtime=0)

    packed = reader.tiles.get(("names", version, 0, 0, 0), _make)
    return Tile(packed, f'"{hashlib.sha256(packed).hexdigest()[:24]}"')


def _exists(z: int, x: int, y: int, *, deepest: int) -> bool:
    return 0 <= z <= deepest and 0 <= x < 2**z and 0 <= y < 2**z


def _known(reader: Reader, layer: str, version: str) -> int:
    """Number of the boundary version or run, if `version` is its present one."""
    parsed = VERSION.fullmatch(version)
    if parsed is None:
        raise RefusedError("risk.no_tile")
    number = int(parsed[1])
    return reader.versions.get((layer, version), lambda: _checked(reader, layer, version, number))


def _checked(reader: Reader, layer: str, version: str, number: int) -> int:
    if layer == "zones":
        if any(zone_version(run) == version for run in runs(reader)):
            return number
        raise RefusedError("risk.no_tile")
    with reader.session() as session:
        digest = published.boundary_digest(session, number)
    if digest is None or version != f"{number}-{digest[:DIGEST_LETTERS]}":
        raise RefusedError("risk.no_tile")
    return number


@dataclass(frozen=True, slots=True)
class Picture:
    """A tile of the municipality's own base map."""

    content: bytes
    kind: str


def basemap_tile(file: Path, *, z: int, x: int, y: int) -> Picture:
    """One picture of an MBTiles file (SQLite, opened read-only; rows count from the south).

    Raises
    ------
    RefusedError
        If there is no such tile, or the file is not MBTiles.
    """
    if not _exists(z, x, y, deepest=BASEMAP_DEEPEST):
        raise RefusedError("risk.no_tile")
    query = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
    try:
        with contextlib.closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            row = opened.execute(query, (z, x, 2**z - 1 - y)).fetchone()
    except sqlite3.Error as why:
        raise RefusedError("risk.no_basemap", file=file) from why
    kind = next((name for start, name in KINDS.items() if row and bytes(row[0]).startswith(start)), None)
    if row is None or kind is None:
        raise RefusedError("risk.no_tile")
    return Picture(bytes(row[0]), kind)
