"""Travel times between points in metres: straight line, roads, slopes, buses or a routing server."""

from geo.travel.demand import AreaMinutes, inner_minutes, mean_distance_m, weighted_minutes, with_inner
from geo.travel.graph import RoadGraph, road_graph
from geo.travel.osm import RoadSettings, read_roads
from geo.travel.roads import RoadNetwork
from geo.travel.server import RoutingServer, RoutingServerError
from geo.travel.slope import HeightGrid, read_heights
from geo.travel.times import StraightLine, TravelMatrix, TravelTimes

__all__ = [
    "AreaMinutes",
    "HeightGrid",
    "RoadGraph",
    "RoadNetwork",
    "RoadSettings",
    "RoutingServer",
    "RoutingServerError",
    "StraightLine",
    "TravelMatrix",
    "TravelTimes",
    "inner_minutes",
    "mean_distance_m",
    "read_heights",
    "read_roads",
    "road_graph",
    "weighted_minutes",
    "with_inner",
]
