"""Travel times between points in metres: straight line, roads, slopes, buses or a routing server."""

from geo.travel.bus import BusNetwork, BusSettings
from geo.travel.demand import AreaMinutes, inner_minutes, mean_distance_m, weighted_minutes, with_inner
from geo.travel.graph import RoadGraph, road_graph
from geo.travel.gtfs import read_gtfs
from geo.travel.homes import Homes, read_homes
from geo.travel.lines import BusLine, BusLines, read_lines
from geo.travel.osm import RoadSettings, read_roads
from geo.travel.roads import RoadNetwork
from geo.travel.server import RoutingServer, RoutingServerError
from geo.travel.slope import HeightGrid, read_heights
from geo.travel.tables import TableError
from geo.travel.times import StraightLine, TravelMatrix, TravelTimes

__all__ = [
    "AreaMinutes",
    "BusLine",
    "BusLines",
    "BusNetwork",
    "BusSettings",
    "HeightGrid",
    "Homes",
    "RoadGraph",
    "RoadNetwork",
    "RoadSettings",
    "RoutingServer",
    "RoutingServerError",
    "StraightLine",
    "TableError",
    "TravelMatrix",
    "TravelTimes",
    "inner_minutes",
    "mean_distance_m",
    "read_gtfs",
    "read_heights",
    "read_homes",
    "read_lines",
    "read_roads",
    "road_graph",
    "weighted_minutes",
    "with_inner",
]
