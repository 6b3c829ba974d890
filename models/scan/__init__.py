"""Scan statistics: clusters in space, and in space and time, with p-values that allow for the search."""

from models.scan.results import Cluster, Clusters
from models.scan.spacetime import SpaceTimeScan
from models.scan.spatial import CircularScan, EllipticScan

__all__ = ["CircularScan", "Cluster", "Clusters", "EllipticScan", "SpaceTimeScan"]
