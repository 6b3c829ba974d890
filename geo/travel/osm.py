"""Road graphs from an OpenStreetMap extract on disk; nothing is fetched."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
from pyproj import CRS, Transformer

from geo.crs import WGS84
from geo.travel.cache import cached, file_hash
from geo.travel.dijkstra import Bools, Floats, Ints
from geo.travel.graph import ISLAND_SHARE, RoadGraph, road_graph
from geo.travel.pbf import Box, Streets, extract_date, read_streets
from geo.travel.slope import HeightGrid, tobler_seconds

# Driven, not allowed: what a car averages on a class with its bends and crossings. A stated assumption.
SPEEDS = MappingProxyType(
    {
        "motorway": 105.0,
        "motorway_link": 55.0,
        "trunk": 80.0,
        "trunk_link": 45.0,
        "primary": 60.0,
        "primary_link": 40.0,
        "secondary": 50.0,
        "secondary_link": 35.0,
        "tertiary": 40.0,
        "tertiary_link": 30.0,
        "unclassified": 35.0,
        "residential": 25.0,
        "living_street": 12.0,
        "service": 12.0,
    }
)
OTHER_KM_PER_HOUR = 25.0
MOTORWAYS = ("motorway", "motorway_link")  # points are not put on them
ZONES = {"urban": 50.0, "rural": 90.0, "trunk": 110.0, "motorway": 120.0, "living_street": 20.0, "walk": 6.0}
KM_PER_MILE = 1.609344
LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(mph|km/?h|kmh)?")
FORWARD, BACKWARD = ("yes", "true", "1"), ("-1", "reverse")
STAIRS = 0.5  # of the speed on the flat, where no heights are given
TAGS = ("highway", "oneway", "junction", "maxspeed", "maxspeed:forward", "maxspeed:backward")
Mode = Literal["driving", "walking"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadSettings:
    """How ways become minutes.

    Attributes
    ----------
    mode : "driving" or "walking"
    speeds : km/h driven by class of road, where no limit is tagged
    limit_share : km/h driven over the limit, where one is tagged
    walk_km_per_hour : on the flat; with heights Tobler's function instead
    box : west, south, east, north in degrees, None = the whole extract
    island_share : parts of the network with a smaller share of its points are dropped; never the largest
    """

    mode: Mode = "driving"
    speeds: Mapping[str, float] = field(default_factory=lambda: dict(SPEEDS))
    limit_share: float = 0.85
    walk_km_per_hour: float = 4.8
    box: Box | None = None
    island_share: float = ISLAND_SHARE

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise ValueError(f'mode must be "driving" or "walking"; got {self.mode!r}')
        if not all(speed > 0 for speed in (*self.speeds.values(), self.limit_share, self.walk_km_per_hour)):
            raise ValueError(
                "speeds and the share of the limit must be > 0; leave a class out for the default"
            )


def read_roads(
    extract: Path,
    *,
    epsg: int,
    settings: RoadSettings | None = None,
    heights: HeightGrid | None = None,
    cache_folder: Path | None = None,
) -> RoadGraph:
    """Make a road graph of an extract, or take it from the cache.

    Parameters
    ----------
    extract : .osm.pbf
    epsg : metric CRS of the graph: metres, x to the east, y to the north whatever the order of its axes
    heights : walking only: speed by slope
    cache_folder : keeps the graph under the hash of the extract, the settings and the heights

    Raises
    ------
    ValueError
        If the CRS is not metric, the file is no extract, or it holds no network.
    ModuleNotFoundError
        If pyrosm is not installed.
    """
    settings = settings or RoadSettings()
    if {axis.unit_name for axis in CRS.from_epsg(epsg).axis_info} != {"metre"}:
        raise ValueError(f"EPSG:{epsg} does not measure in metres; give the metric CRS of the areas")
    hashed = file_hash(extract)
    made_of = {"extract": hashed, "epsg": epsg, "settings": asdict(settings), "heights": _hash(heights)}
    return cached(cache_folder, made_of, lambda: _build(extract, hashed, epsg, settings, heights))


def _hash(heights: HeightGrid | None) -> str:
    return "" if heights is None else heights.digest()


def _build(
    extract: Path, hashed: str, epsg: int, settings: RoadSettings, heights: HeightGrid | None
) -> RoadGraph:
    network = "walking" if settings.mode == "walking" else "driving+service"
    streets = read_streets(extract, network, tags=TAGS, box=settings.box)
    change = Transformer.from_crs(WGS84, epsg, always_xy=True)
    points_m = np.column_stack(change.transform(streets.lon, streets.lat))
    tails = np.concatenate([streets.tails, streets.heads])
    heads = np.concatenate([streets.heads, streets.tails])
    step = points_m[heads] - points_m[tails]
    told: dict[str, float | str]
    if settings.mode == "walking" and heights is not None:
        seconds, unknown = tobler_seconds(points_m, tails, heads, heights, epsg=epsg)
        told = {"walking_speed": "tobler", "without_height_share": unknown}
    else:
        speed, told = _speeds(streets, settings)
        with np.errstate(divide="ignore"):
            seconds = np.hypot(step[:, 0], step[:, 1]) * 3.6 / speed
    allowed = np.isfinite(seconds)
    source = {"mode": settings.mode, "extract": extract.name, "extract_sha256": hashed[:12]}
    day = extract_date(extract)
    if day:
        source["extract_date"] = day
    return road_graph(
        points_m,
        tails[allowed],
        heads[allowed],
        seconds[allowed],
        epsg=epsg,
        island_share=settings.island_share,
        closed=_closed(streets),
        facts={**source, **told},
    )


def _closed(streets: Streets) -> Ints:
    """(c, 2) points of pieces on which nobody stops or sets out."""
    rows = np.flatnonzero([name in MOTORWAYS for name in streets.tags["highway"]])
    return np.column_stack([streets.tails[rows], streets.heads[rows]])


def _speeds(streets: Streets, settings: RoadSettings) -> tuple[Floats, dict[str, float | str]]:
    """(2 m,) km/h along the pieces and then against them, 0 = not allowed, and what to print of them."""
    if settings.mode == "walking":
        speed = walking_km_per_hour(streets, settings)
        return np.tile(speed, 2), {"walk_km_per_hour": settings.walk_km_per_hour}
    return np.concatenate(driving_km_per_hour(streets, settings)), _told(settings)


def _told(settings: RoadSettings) -> dict[str, float | str]:
    speeds = ", ".join(f"{name} {speed:g}" for name, speed in settings.speeds.items())
    return {"speeds_km_per_hour": speeds, "speed_limit_share": settings.limit_share}


# -------------------------------------------------------------------- speeds
def walking_km_per_hour(streets: Streets, settings: RoadSettings) -> Floats:
    """(m,) speed on foot, slower on stairs."""
    stairs = np.array([name == "steps" for name in streets.tags["highway"]])
    return np.where(stairs, STAIRS, 1.0) * settings.walk_km_per_hour


def driving_km_per_hour(streets: Streets, settings: RoadSettings) -> tuple[Floats, Floats]:
    """(m,) speed along each way and against it, 0 where a one-way forbids it."""
    usual = np.array([settings.speeds.get(name, OTHER_KM_PER_HOUR) for name in streets.tags["highway"]])
    limit = _limits(streets.tags["maxspeed"])
    along, against = one_ways(streets)
    speeds = []
    for allowed, tag in ((along, "maxspeed:forward"), (against, "maxspeed:backward")):
        own = _limits(streets.tags[tag])
        signed = np.where(np.isnan(own), limit, own) * settings.limit_share
        speeds.append(np.where(allowed, np.where(np.isnan(signed), usual, signed), 0.0))
    return speeds[0], speeds[1]


def _limits(values: list[str]) -> Floats:
    known = {value: speed_limit(value) for value in set(values)}
    return np.array([known[value] for value in values])


def speed_limit(value: str) -> float:
    """Limit in km/h that a `maxspeed` states, NaN where it states none.

    >>> [speed_limit(value) for value in ("50", "30 mph", "70;50", "TR:urban", "none", "")]
    [50.0, 48.28032, 50.0, 50.0, nan, nan]
    """
    found = [_one_limit(part.strip().lower()) for part in value.split(";")]
    stated = [limit for limit in found if limit > 0]
    return min(stated, default=float("nan"))


def _one_limit(word: str) -> float:
    number = LIMIT.fullmatch(word)
    if number:
        return float(number[1]) * (KM_PER_MILE if number[2] == "mph" else 1.0)
    return ZONES.get(word.rpartition(":")[2], float("nan"))


def one_ways(streets: Streets) -> tuple[Bools, Bools]:
    """(m,) whether each way may be driven as drawn, and against that."""
    tags = streets.tags
    ways = [
        _one_way(*tagged) for tagged in zip(tags["oneway"], tags["junction"], tags["highway"], strict=True)
    ]
    return np.array([way >= 0 for way in ways]), np.array([way <= 0 for way in ways])


def _one_way(oneway: str, junction: str, highway: str) -> int:
    """1 = as drawn only, -1 = against only, 0 = both; roundabouts and motorways are one-way untold."""
    if oneway in BACKWARD:
        return -1
    implied = junction in ("roundabout", "circular") or highway == "motorway"
    return int(oneway in FORWARD or (implied and oneway != "no"))
