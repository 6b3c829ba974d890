"""GeoJSON coordinates to shapely, with the nesting each type demands."""

from __future__ import annotations

import math
from collections.abc import Callable

import shapely
from shapely.geometry.base import BaseGeometry

__all__ = ["BadCoordinates", "OpenRing", "build"]

Position = tuple[float, ...]
MAX_PARTS = 10_000


class BadCoordinates(ValueError):
    """Coordinates are not finite numbers in the nesting their type demands."""


class OpenRing(BadCoordinates):
    """A polygon's ring is not closed or has fewer than four positions."""


def build(raw: object) -> BaseGeometry:
    """One geometry from its GeoJSON member.

    Raises
    ------
    BadCoordinates
        With a short reason; `OpenRing` for rings.
    """
    if not isinstance(raw, dict):
        raise BadCoordinates("geometry is not an object")
    kind = raw.get("type")
    if kind == "GeometryCollection":
        parts = _items(raw.get("geometries"), "geometries")
        if len(parts) > MAX_PARTS:
            raise BadCoordinates(f"{len(parts)} parts")
        return shapely.GeometryCollection([build(part) for part in parts])
    builder = BUILDERS.get(str(kind))
    if builder is None:
        raise BadCoordinates(f"type {str(kind)[:40]!r}")
    return builder(raw.get("coordinates"))


def _items(value: object, what: str) -> list[object]:
    if not isinstance(value, list) or not value:
        raise BadCoordinates(f"{what} is empty or not a list")
    return value


def _position(value: object) -> Position:
    items = _items(value, "position")
    if len(items) < 2 or len(items) > 4:
        raise BadCoordinates(f"position of {len(items)} numbers")
    numbers: list[float] = []
    for item in items[:2]:
        if isinstance(item, bool) or not isinstance(item, (int, float)) or not math.isfinite(item):
            raise BadCoordinates("position is not made of finite numbers")
        numbers.append(float(item))
    return tuple(numbers)


def _positions(value: object, at_least: int = 2) -> list[Position]:
    found = [_position(item) for item in _items(value, "coordinates")]
    if len(found) < at_least:
        raise BadCoordinates(f"{len(found)} positions where {at_least} are needed")
    return found


def _ring(value: object) -> list[Position]:
    ring = _positions(value, 1)
    if len(ring) < 4:
        raise OpenRing(f"{len(ring)} positions in a ring")
    if ring[0] != ring[-1]:
        raise OpenRing("ring not closed")
    return ring


def _polygon(value: object) -> shapely.Polygon:
    shell, *holes = (_ring(ring) for ring in _items(value, "coordinates"))
    return shapely.Polygon(shell, holes)


BUILDERS: dict[str, Callable[[object], BaseGeometry]] = {
    "Point": lambda value: shapely.Point(_position(value)),
    "MultiPoint": lambda value: shapely.MultiPoint(_positions(value, 1)),
    "LineString": lambda value: shapely.LineString(_positions(value)),
    "MultiLineString": lambda value: shapely.MultiLineString(
        [_positions(line) for line in _items(value, "coordinates")]
    ),
    "Polygon": _polygon,
    "MultiPolygon": lambda value: shapely.MultiPolygon(
        [_polygon(part) for part in _items(value, "coordinates")]
    ),
}
