"""Travel times between points in metres: straight line, roads, slopes, buses or a routing server."""

from geo.travel.graph import RoadGraph, road_graph
from geo.travel.osm import RoadSettings, read_roads
from geo.travel.roads import RoadNetwork
from geo.travel.slope import HeightGrid, read_heights
from geo.travel.times import StraightLine, TravelMatrix, TravelTimes

__all__ = [
    "HeightGrid",
    "RoadGraph",
    "RoadNetwork",
    "RoadSettings",
    "StraightLine",
    "TravelMatrix",
    "TravelTimes",
    "read_heights",
    "read_roads",
    "road_graph",
]
