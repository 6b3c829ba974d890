"""Travel times between points in metres: straight line, roads, slopes, buses or a routing server."""

from geo.travel.graph import RoadGraph, road_graph
from geo.travel.roads import RoadNetwork
from geo.travel.times import StraightLine, TravelMatrix, TravelTimes

__all__ = ["RoadGraph", "RoadNetwork", "StraightLine", "TravelMatrix", "TravelTimes", "road_graph"]
