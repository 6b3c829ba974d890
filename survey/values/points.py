"""Points on the ground: latitude and longitude in WGS84 degrees, never exchanged silently."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from survey.problems import Code
from survey.tablefile.sheet import Cell
from survey.values.numbers import DecimalFormat, decimal

__all__ = ["TURKIYE", "Bounds", "Point", "check_point", "geopoint", "point", "swapped_share"]


@dataclass(frozen=True, slots=True)
class Point:
    """A position in WGS84 degrees; `accuracy_m` as the device said, None when it did not."""

    lat: float
    lon: float
    altitude_m: float | None = None
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box in WGS84 degrees."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, lat: float, lon: float) -> bool:
        """Whether a position lies inside."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


TURKIYE = Bounds(south=35.8, west=25.6, north=42.2, east=44.9)


def point(lat: Cell, lon: Cell, style: DecimalFormat = "ambiguous") -> Point | Code | None:
    """Read two cells; None when both are empty. A lone 36,887 is clear: degrees have no thousands."""
    values = [_degrees(cell, style) for cell in (lat, lon)]
    for value in values:
        if isinstance(value, Code):
            return value
    first, second = values
    if first is None and second is None:
        return None
    if not isinstance(first, float) or not isinstance(second, float):
        return Code.POINT_INCOMPLETE
    if abs(first) > 1000 or abs(second) > 1000:
        return Code.POINT_PROJECTED
    return Point(first, second)


def _degrees(cell: Cell, style: DecimalFormat) -> float | Code | None:
    """Read a coordinate; its only mark is the decimal mark, since degrees have no thousands."""
    if isinstance(cell, str) and cell.count(",") + cell.count(".") == 1 and style != "point":
        return decimal(cell.replace(",", "."), "point")
    return decimal(cell, "point" if style == "ambiguous" else style)


def check_point(found: Point, bounds: Bounds = TURKIYE) -> Code | None:
    """Say whether a point is at 0, 0, outside, or outside but inside when exchanged."""
    if found.lat == 0 and found.lon == 0:
        return Code.POINT_ZERO
    if bounds.holds(found.lat, found.lon):
        return None
    return Code.POINT_SWAPPED if bounds.holds(found.lon, found.lat) else Code.POINT_OUTSIDE


def swapped_share(points: Iterable[Point], bounds: Bounds = TURKIYE) -> float:
    """Share of points that lie outside and would lie inside with latitude and longitude exchanged."""
    codes = [check_point(found, bounds) for found in points]
    return codes.count(Code.POINT_SWAPPED) / len(codes) if codes else 0.0


def geopoint(cell: Cell) -> Point | Code | None:
    """Read a form's own text: latitude longitude [altitude accuracy], in metres.

    >>> geopoint("36.9 30.7 12.5 4.0")
    Point(lat=36.9, lon=30.7, altitude_m=12.5, accuracy_m=4.0)
    """
    if cell is None:
        return None
    parts = str(cell).split()
    if not 2 <= len(parts) <= 4:
        return Code.VALUE_NOT_NUMBER
    numbers = [decimal(part, "point") for part in parts]
    plain = [number for number in numbers if isinstance(number, float)]
    if len(plain) != len(parts):
        return next((n for n in numbers if isinstance(n, Code)), Code.VALUE_NOT_NUMBER)
    if abs(plain[0]) > 90 or abs(plain[1]) > 180:
        return Code.POINT_OUTSIDE
    return Point(plain[0], plain[1], *(plain[2:]))
