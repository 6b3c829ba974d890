"""Contiguous zones of alike areas, and clusters of case points."""

from models.zones.cases import case_clusters
from models.zones.contiguous import contiguous_zones, risk_zones
from models.zones.results import CaseClusters, ContiguousZones

__all__ = ["CaseClusters", "ContiguousZones", "case_clusters", "contiguous_zones", "risk_zones"]
