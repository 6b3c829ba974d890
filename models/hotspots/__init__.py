"""Spatial autocorrelation, of the whole map and of each area, on raw values and on rates."""

from models.hotspots.general import general_g
from models.hotspots.getis import getis_ord
from models.hotspots.local import local_geary, local_moran
from models.hotspots.rates import eb_standardised, local_rate_moran, rate_getis_ord, rate_moran
from models.hotspots.results import GetisStatistics, GlobalStatistic, LocalStatistics
from models.hotspots.whole import geary, moran

__all__ = [
    "GetisStatistics",
    "GlobalStatistic",
    "LocalStatistics",
    "eb_standardised",
    "geary",
    "general_g",
    "getis_ord",
    "local_geary",
    "local_moran",
    "local_rate_moran",
    "moran",
    "rate_getis_ord",
    "rate_moran",
]
