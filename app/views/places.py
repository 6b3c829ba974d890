"""Where things are: districts, the area under a click, what a map should show, addresses of tiles."""

import math
from dataclasses import dataclass

from app.errors import RefusedError
from app.store import published
from app.views.published import MapRun
from app.views.reader import Reader

RADIUS_M = 6_378_137.0  # of web Mercator
LIMIT_DEGREES = 85.06  # web Mercator ends here
DIGEST_LETTERS = 10
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class District:
    """A district and how many areas it has."""

    name: str
    areas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A centre or a candidate site; degrees, WGS84."""

    kind: str
    key: str
    name: str
    lon: float
    lat: float


def places_of(reader: Reader, *kinds: str) -> list[Place]:
    """Places of the given kinds (`centre`, `site`) by kind and key."""
    with reader.session() as session:
        rows = published.spots(session, kinds)
    return [
        Place(kind=kind, key=key, name=name, lon=round(_lon(x), 5), lat=round(_lat(y), 5))
        for kind, key, name, x, y in rows
    ]


def districts(reader: Reader, run: MapRun) -> list[District]:
    """Districts of a run in Turkish order."""
    names = reader.gazetteer(run)
    counted: dict[str, int] = {}
    order: dict[str, int] = {}
    for name, rank in zip(names.districts, names.district_rank.tolist(), strict=True):
        counted[name] = counted.get(name, 0) + 1
        order[name] = rank
    return [District(name, counted[name]) for name in sorted(order, key=lambda name: order[name])]


def at(reader: Reader, run: MapRun, *, lon: float, lat: float) -> str | None:
    """Code of the area that holds a point (degrees, WGS84); None outside the city."""
    if not (-180 <= lon <= 180 and -LIMIT_DEGREES <= lat <= LIMIT_DEGREES):
        return None
    x = math.radians(lon) * RADIUS_M
    y = math.asinh(math.tan(math.radians(lat))) * RADIUS_M
    with reader.session() as session:
        return published.area_at(session, run.boundary_id, x, y)


def extent(reader: Reader, run: MapRun, *, district: str = "", code: str = "") -> Box:
    """West, south, east, north in degrees of one area, one district, or the city.

    Raises
    ------
    RefusedError
        If the run knows no such area or district.
    """
    with reader.session() as session:
        found = published.extent(session, run.boundary_id, district=district, code=code)
    if found is None:
        raise RefusedError("risk.no_area", code=code or district or "-")
    west, south, east, north = found
    return _lon(west), _lat(south), _lon(east), _lat(north)


def _lon(x: float) -> float:
    return math.degrees(x / RADIUS_M)


def _lat(y: float) -> float:
    return math.degrees(math.atan(math.sinh(y / RADIUS_M)))


def version(reader: Reader, run: MapRun) -> str:
    """What addresses of area and district tiles name: the boundary version and its shapes' digest."""
    return f"{run.boundary_id}-{reader.gazetteer(run).digest[:DIGEST_LETTERS]}"


def zone_version(run: MapRun) -> str:
    """What the addresses of zone tiles name: the run and the moment it was published."""
    return f"{run.run_id}-{int(run.published_at.timestamp()):x}"
