"""Minutes from areas to places, by the way of travelling that the installation chose."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from app.errors import SetupError
from app.settings import Settings
from geo.areas import locate
from geo.travel import (
    BusNetwork,
    BusSettings,
    RoadGraph,
    RoadNetwork,
    RoadSettings,
    RoutingServer,
    RoutingServerError,
    StraightLine,
    TableError,
    TravelMatrix,
    TravelTimes,
    inner_minutes,
    read_gtfs,
    read_heights,
    read_homes,
    read_lines,
    read_roads,
    weighted_minutes,
    with_inner,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ends:
    """From where to where: areas by a point each, and places.

    Attributes
    ----------
    frame : (n,) areas in EPSG:4326, in order
    metric : the same in a metric CRS
    points_m : (n, 2) a point in each, metres
    columns_m : (m, 2) places, metres
    column_area : (m,) row of the area each place stands in, -1 outside
    """

    frame: gpd.GeoDataFrame
    metric: gpd.GeoDataFrame
    points_m: Floats
    columns_m: Floats
    column_area: Ints

    @property
    def epsg(self) -> int:
        """Of the metric CRS."""
        return int(self.metric.crs.to_epsg())


def travel_minutes(ends: Ends, settings: Settings) -> TravelMatrix:
    """(n_areas, n_places) minutes of the people of each area, with what they rest on and leave out.

    From where people live if the installation knows, else from the area's point; then never below what it
    takes on average to get across one's own area.

    Raises
    ------
    SetupError
        If a file or the routing server that the installation names cannot be used.
    """
    try:
        times = _times(ends.epsg, settings)
        if settings.travel_homes:
            return _from_homes(ends, times, settings.travel_homes)
        found = times.between(ends.points_m, ends.columns_m)
    except (OSError, ValueError, TableError, RoutingServerError, ModuleNotFoundError) as error:
        raise SetupError("travel.unusable", by=settings.travel_by, reason=str(error)) from None
    inner = inner_minutes(
        list(ends.metric.geometry), ends.points_m, minutes_per_m=straight(settings).minutes_per_m
    )
    return replace(found, minutes=with_inner(found.minutes, inner, ends.column_area))


def _from_homes(ends: Ends, times: TravelTimes, file: Path) -> TravelMatrix:
    """Mean minutes of the people of each area from where they live; areas without homes go by their point."""
    homes = read_homes(file)
    area = locate(np.asarray(shapely.points(homes.lon, homes.lat)), ends.frame)
    known = np.flatnonzero((area >= 0) & (homes.persons > 0))
    spots = gpd.GeoSeries.from_xy(homes.lon[known], homes.lat[known], crs=4326).to_crs(ends.metric.crs)
    every = np.concatenate([np.column_stack([spots.x, spots.y]), ends.points_m])
    lived = np.zeros(len(ends.points_m), dtype=np.bool_)
    lived[area[known]] = True
    row = np.concatenate([area[known], np.arange(len(lived))])
    people = np.concatenate([homes.persons[known], np.where(lived, 0.0, 1.0)])
    found = times.between(every, ends.columns_m)
    made = weighted_minutes(found.minutes, row, people, areas=len(lived))
    said = {**found.settings, "homes": len(known), "areas_without_homes": int((~lived).sum())}
    return replace(found, minutes=made.minutes.copy(), settings=said)


def straight(settings: Settings) -> StraightLine:
    """The straight line with the installation's detour and speed."""
    return StraightLine(detour=settings.travel_detour, km_per_hour=settings.travel_km_per_hour)


def _times(epsg: int, settings: Settings) -> TravelTimes:
    if settings.travel_by == "line":
        return straight(settings)
    if settings.travel_by == "server":
        return RoutingServer(
            base_url=settings.travel_server,
            allowed_hosts=settings.travel_server_hosts,
            epsg=epsg,
            service=settings.travel_server_kind,
            profile="driving" if settings.travel_server_kind == "osrm" else "auto",
        )
    if settings.travel_by == "bus":
        return _bus(epsg, settings)
    graph = _graph(epsg, settings, "walking" if settings.travel_by == "walking" else "driving")
    return RoadNetwork(graph, limit_minutes=settings.travel_limit_minutes)


def _bus(epsg: int, settings: Settings) -> BusNetwork:
    file = settings.travel_lines
    if file is None:
        raise ValueError("MAHALLE_TRAVEL_LINES")
    lines = (
        read_gtfs(file, weekday=settings.travel_weekday, window=settings.travel_hours)
        if file.suffix == ".zip"
        else read_lines(file)
    )
    roads = _graph(epsg, settings, "walking") if settings.travel_extract else None
    limit = BusSettings(limit_minutes=settings.travel_limit_minutes)
    return BusNetwork(lines, epsg=epsg, roads=roads, settings=limit)


def _graph(epsg: int, settings: Settings, mode: Literal["driving", "walking"]) -> RoadGraph:
    if settings.travel_extract is None:
        raise ValueError("MAHALLE_TRAVEL_EXTRACT")
    heights = None
    if settings.travel_heights and mode == "walking":
        heights = read_heights(settings.travel_heights, epsg=settings.travel_heights_epsg or epsg)
    return read_roads(
        settings.travel_extract,
        epsg=epsg,
        settings=RoadSettings(mode=mode),
        heights=heights,
        cache_folder=settings.here.folder / "roads",
    )
