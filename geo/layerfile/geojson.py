"""GeoJSON by `json` and shapely. GDAL is kept out: it decides a file's driver by its content."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import numpy as np
import shapely

from geo.layerfile.coordinates import BadCoordinates, OpenRing, build
from geo.layerfile.layer import (
    MAX_FEATURES,
    MAX_TEXT,
    Feature,
    Layer,
    LayerCode,
    LayerFinding,
    LayerOptions,
    LayerRefused,
    Value,
    datum_finding,
)

__all__ = ["MAX_DEPTH", "read_geojson"]

MAX_DEPTH = 64
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
EPSG = re.compile(r"(?:EPSG:{1,2}|EPSG/[\d.]*/|#)(\d{4,6})$", re.IGNORECASE)
CRS84 = re.compile(r"CRS84$", re.IGNORECASE)
TURKISH_PRACTICE = (
    "EPSG:4326",
    "EPSG:5254",
    "EPSG:5253",
    "EPSG:5255",
    "EPSG:5256",
    "EPSG:2320",
    "EPSG:23036",
)


def read_geojson(path: Path, options: LayerOptions) -> Layer:
    """Read a FeatureCollection (or one Feature). Links in a ``crs`` member are never followed.

    Raises
    ------
    LayerRefused
        Not GeoJSON, nested deeper than 64, numbers that are not finite, or too many features.
    """
    items, document = _features(_parse(path.read_bytes(), options), options)
    features: list[Feature] = []
    findings: list[LayerFinding] = []
    for index, item in enumerate(items):
        feature, found = _feature(index, item)
        features.append(feature)
        findings.extend(found)
    crs, said = _crs(document, features, options)
    return Layer(tuple(features), crs, (*said, *datum_finding(crs, options), *findings))


def _parse(data: bytes, options: LayerOptions) -> dict[str, object]:
    depth = _depth(data)
    if depth > MAX_DEPTH:
        raise _refused(LayerCode.TOO_DEEP, options, f"{depth} > {MAX_DEPTH}")
    try:
        document = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as why:
        raise _refused(LayerCode.NOT_GEOJSON, options, type(why).__name__) from why
    if not isinstance(document, dict):
        raise _refused(LayerCode.NOT_GEOJSON, options, "not an object")
    return document


def _depth(data: bytes) -> int:
    """Deepest nesting of brackets outside strings, without recursion."""
    signs = np.frombuffer(STRING.sub(b"", data), dtype=np.uint8)
    opens = (signs == ord("{")) | (signs == ord("["))
    closes = (signs == ord("}")) | (signs == ord("]"))
    steps = opens.astype(np.int8) - closes.astype(np.int8)
    return int(np.cumsum(steps[steps != 0], dtype=np.int64).max(initial=0))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _features(document: dict[str, object], options: LayerOptions) -> tuple[list[object], dict[str, object]]:
    kind = document.get("type")
    items = document.get("features")
    if kind == "Feature":
        return [document], document
    if kind != "FeatureCollection" or not isinstance(items, list):
        raise _refused(LayerCode.NOT_GEOJSON, options, f"type {str(kind)[:40]!r}")
    if not items:
        raise _refused(LayerCode.EMPTY, options, "")
    if len(items) > MAX_FEATURES:
        raise _refused(LayerCode.TOO_MANY, options, f"{len(items)} > {MAX_FEATURES}")
    return items, document


def _feature(index: int, item: object) -> tuple[Feature, list[LayerFinding]]:
    if not isinstance(item, dict) or item.get("type") != "Feature":
        return Feature({}, None), [LayerFinding(LayerCode.FEATURE_INVALID, index, detail="type")]
    raw = item.get("properties") or {}
    if not isinstance(raw, dict):
        return Feature({}, None), [LayerFinding(LayerCode.FEATURE_INVALID, index, detail="properties")]
    properties, wrong = _properties(raw)
    if wrong is not None:
        return Feature({}, None), [LayerFinding(wrong[0], index, detail=wrong[1])]
    wkb, found = _geometry(index, item.get("geometry"))
    return Feature(properties, wkb), found


def _properties(raw: Mapping[str, object]) -> tuple[dict[str, Value], tuple[LayerCode, str] | None]:
    """Keep plain values; nested ones as JSON text. Any key is data."""
    properties: dict[str, Value] = {}
    for key, value in raw.items():
        plain = value if isinstance(value, (str, int, float)) or value is None else json.dumps(value)
        if isinstance(plain, str) and len(plain) > MAX_TEXT:
            return {}, (LayerCode.PROPERTY_LONG, str(MAX_TEXT))
        if isinstance(plain, float) and not math.isfinite(plain):
            return {}, (LayerCode.FEATURE_INVALID, "number")
        properties[key] = plain
    return properties, None


def _geometry(index: int, raw: object) -> tuple[bytes | None, list[LayerFinding]]:
    if raw is None:
        return None, [LayerFinding(LayerCode.GEOMETRY_MISSING, index)]
    try:
        geometry = build(raw)
    except OpenRing as why:
        return None, [LayerFinding(LayerCode.RING, index, detail=str(why))]
    except (BadCoordinates, shapely.errors.ShapelyError) as why:
        return None, [LayerFinding(LayerCode.COORDINATES, index, detail=str(why))]
    found = []
    if not shapely.is_valid(geometry):
        reason = str(shapely.is_valid_reason(geometry))
        found.append(LayerFinding(LayerCode.GEOMETRY_INVALID, index, detail=reason))
    return bytes(shapely.to_wkb(geometry, output_dimension=2)), found


def _crs(
    document: dict[str, object], features: list[Feature], options: LayerOptions
) -> tuple[str | None, list[LayerFinding]]:
    """What the file says, else WGS84 if every coordinate can be degrees (RFC 7946), else a question."""
    declared, said = _declared(document.get("crs"))
    if options.crs is not None:
        return options.crs, said
    if declared is not None:
        return declared, said
    if not said and _degrees(features):
        return "EPSG:4326", said
    return None, [*said, LayerFinding(LayerCode.CRS_MISSING, given=options.name, choices=TURKISH_PRACTICE)]


def _declared(member: object) -> tuple[str | None, list[LayerFinding]]:
    if not isinstance(member, dict):
        return None, []
    if member.get("type") == "link":
        return None, [LayerFinding(LayerCode.CRS_LINK)]
    inner = member.get("properties")
    name = str(inner.get("name", "")) if isinstance(inner, dict) else ""
    if CRS84.search(name):
        return "EPSG:4326", []
    code = EPSG.search(name)
    if code:
        return f"EPSG:{code.group(1)}", []
    return None, [LayerFinding(LayerCode.CRS_UNKNOWN, given=name[:80])] if name else []


def _degrees(features: list[Feature]) -> bool:
    shapes = shapely.from_wkb([f.wkb for f in features if f.wkb is not None])
    if len(shapes) == 0:
        return True
    west, south, east, north = shapely.total_bounds(shapes)
    return bool(west >= -180 and east <= 180 and south >= -90 and north <= 90)


def _refused(code: LayerCode, options: LayerOptions, detail: str) -> LayerRefused:
    return LayerRefused(LayerFinding(code, given=options.name, detail=detail))
