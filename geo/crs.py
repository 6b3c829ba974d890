"""Coordinate systems of Turkish practice; metres where metres are needed; nothing guessed silently."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from geopandas import GeoDataFrame
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

WGS84 = 4326
TUREF_TM = {27: 5253, 30: 5254, 33: 5255, 36: 5256, 39: 5257, 42: 5258, 45: 5259}
ED50_TM = {27: 2319, 30: 2320, 33: 2321, 36: 2322, 39: 2323, 42: 2324, 45: 2325}
ED50_UTM = {35: 23035, 36: 23036, 37: 23037, 38: 23038}
WGS84_UTM = {35: 32635, 36: 32636, 37: 32637, 38: 32638}
TURKISH = (WGS84, *TUREF_TM.values(), *ED50_TM.values(), *ED50_UTM.values(), *WGS84_UTM.values())
TURKEY_DEGREES = (25.5, 35.5, 45.0, 42.5)  # west, south, east, north

Floats = NDArray[np.float64]


class Units(StrEnum):
    """What a layer's numbers look like."""

    DEGREES = "crs.degrees"
    SWAPPED = "crs.swapped"
    PROJECTED = "crs.projected"
    PROJECTED_SWAPPED = "crs.projected_swapped"
    UNKNOWN = "crs.unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsFinding:
    """What the coordinates look like, for a person to confirm; nothing was changed.

    Attributes
    ----------
    units : the likeliest reading
    bounds : (xmin, ymin, xmax, ymax) as given
    candidates : EPSG codes under which the layer falls into the expected place
    outside : share of coordinates that reading leaves outside the expected place
    """

    units: Units
    bounds: tuple[float, float, float, float]
    candidates: tuple[int, ...]
    outside: float


def require_metric(frame: GeoDataFrame) -> GeoDataFrame:
    """Return `frame` unchanged if its CRS measures in metres.

    Raises
    ------
    ValueError
        If it has no CRS or one in other units.
    """
    if frame.crs is None:
        raise ValueError("layer has no CRS; set it where the file is read")
    units = {axis.unit_name for axis in frame.crs.axis_info}
    if units != {"metre"}:
        raise ValueError(f"{frame.crs.name} is in {', '.join(sorted(units))}; call geo.crs.to_metric() first")
    return frame


def metric_crs_for(frame: GeoDataFrame) -> CRS:
    """Metric CRS at the layer's middle: the TUREF three-degree zone in Turkey, else the WGS 84 UTM zone.

    Parameters
    ----------
    frame : any CRS, not empty

    Raises
    ------
    ValueError
        If the layer has no CRS or no geometry.
    """
    if frame.crs is None:
        raise ValueError("layer has no CRS; set it where the file is read")
    west, south, east, north = frame.to_crs(WGS84).total_bounds
    longitude, latitude = (west + east) / 2, (south + north) / 2
    if not np.isfinite([longitude, latitude]).all():
        raise ValueError("layer has no geometry; a CRS cannot be chosen for it")
    return CRS.from_epsg(metric_epsg(float(longitude), float(latitude)))


def metric_epsg(longitude: float, latitude: float) -> int:
    """EPSG code of the metric CRS at a point in degrees.

    Examples
    --------
    >>> metric_epsg(30.7, 36.9), metric_epsg(13.4, 52.5), metric_epsg(151.2, -33.9)
    (5254, 32633, 32756)
    """
    west, south, east, north = TURKEY_DEGREES
    if west <= longitude <= east and south <= latitude <= north:
        return TUREF_TM[min(TUREF_TM, key=lambda middle: abs(middle - longitude))]
    zone = int((longitude + 180) // 6) % 60 + 1
    return (32600 if latitude >= 0 else 32700) + zone


def to_metric(frame: GeoDataFrame) -> GeoDataFrame:
    """Return `frame` in metres: unchanged if it is, else in `metric_crs_for(frame)`."""
    if frame.crs is not None and {axis.unit_name for axis in frame.crs.axis_info} == {"metre"}:
        return frame
    return frame.to_crs(metric_crs_for(frame))


def guess_units(
    x: ArrayLike, y: ArrayLike, *, place: tuple[float, float, float, float] = TURKEY_DEGREES
) -> UnitsFinding:
    """Say what unlabelled coordinates look like, given where they should lie.

    Parameters
    ----------
    x, y : (n,) first and second coordinate as given; NaN is ignored
    place : (west, south, east, north) in degrees where the data should lie

    Returns
    -------
    UnitsFinding; the caller asks a person, it never converts on this alone
    """
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    known = np.isfinite(first) & np.isfinite(second)
    first, second = first[known], second[known]
    if not len(first):
        return UnitsFinding(units=Units.UNKNOWN, bounds=(np.nan,) * 4, candidates=(), outside=1.0)
    bounds = (float(first.min()), float(second.min()), float(first.max()), float(second.max()))
    readings = [_degrees(first, second, place), _projected(first, second, place)]
    best = min(readings, key=lambda reading: reading[1])
    if best[1] > 0.5:
        best = (Units.UNKNOWN, 1.0, ())
    return UnitsFinding(units=best[0], bounds=bounds, candidates=best[2], outside=best[1])


Reading = tuple[Units, float, tuple[int, ...]]


def _degrees(x: Floats, y: Floats, place: tuple[float, float, float, float]) -> Reading:
    plain, swapped = _outside(x, y, place), _outside(y, x, place)
    if plain <= swapped:
        return Units.DEGREES, plain, (WGS84,)
    return Units.SWAPPED, swapped, (WGS84,)


def _outside(x: Floats, y: Floats, place: tuple[float, float, float, float]) -> float:
    west, south, east, north = place
    return float(1 - ((x >= west) & (x <= east) & (y >= south) & (y <= north)).mean())


def _projected(x: Floats, y: Floats, place: tuple[float, float, float, float]) -> Reading:
    """Transverse Mercator: easting near 500 km, northing near latitude x 111 km."""
    south, north = place[1] * 110_500, place[3] * 111_700
    plain, swapped = _outside(x, y, (1e5, south, 9e5, north)), _outside(y, x, (1e5, south, 9e5, north))
    codes = tuple(code for code in TURKISH if code != WGS84)
    if plain <= swapped:
        return Units.PROJECTED, plain, codes
    return Units.PROJECTED_SWAPPED, swapped, codes
