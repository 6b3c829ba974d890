"""The result of reading a layer, and what can be wrong with one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "MAX_FEATURES",
    "MAX_TEXT",
    "Feature",
    "Layer",
    "LayerCode",
    "LayerFinding",
    "LayerOptions",
    "LayerRefused",
    "Value",
    "datum_finding",
]

Value = str | int | float | bool | None
MAX_FEATURES = 500_000
MAX_TEXT = 100_000  # characters of one property


class LayerCode(StrEnum):
    """What can be wrong with a layer; the same codes have sentences in the catalogue of problems."""

    NOT_GEOJSON = "layer.not_geojson"
    TOO_DEEP = "layer.too_deep"
    TOO_MANY = "layer.too_many"
    EMPTY = "layer.empty"
    CHOICE = "layer.choice"
    CRS_MISSING = "layer.crs_missing"
    DATUM_UNSURE = "layer.datum_unsure"
    CRS_LINK = "layer.crs_link"
    CRS_UNKNOWN = "layer.crs_unknown"
    FEATURE_INVALID = "layer.feature_invalid"
    GEOMETRY_MISSING = "layer.geometry_missing"
    COORDINATES = "layer.coordinates"
    RING = "layer.ring"
    GEOMETRY_INVALID = "layer.geometry_invalid"
    PROPERTY_LONG = "layer.property_long"
    FIELD_COLLISION = "layer.field_collision"
    ENCODING_DETECTED = "layer.encoding_detected"
    MEMBER_MISSING = "layer.member_missing"
    TRIGGER = "layer.trigger"
    COUNT = "layer.count"
    DRIVER = "file.changed_driver"
    DAMAGED = "file.damaged"


@dataclass(frozen=True, slots=True)
class LayerFinding:
    """One finding; `feature` counts from 0, or is None for the whole file."""

    code: LayerCode
    feature: int | None = None
    given: str = ""
    detail: str = ""
    choices: tuple[str, ...] = ()


class LayerRefused(ValueError):
    """The file as a whole is not taken."""

    def __init__(self, finding: LayerFinding) -> None:
        super().__init__(finding)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class LayerOptions:
    """Answers to questions: coordinate system, letters' encoding, which layer of several."""

    name: str = ""
    crs: str | None = None
    encoding: str | None = None
    layer: str | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature in its place in the file; `wkb` is None when the geometry is missing or unusable."""

    properties: Mapping[str, Value]
    wkb: bytes | None


@dataclass(frozen=True, slots=True)
class Layer:
    """Features in file order, the coordinate system as text (``EPSG:5254``, WKT) or None, and findings."""

    features: tuple[Feature, ...]
    crs: str | None
    findings: tuple[LayerFinding, ...]
    encoding: str | None = None


def datum_finding(crs: str | None, options: LayerOptions) -> tuple[LayerFinding, ...]:
    """Ask for the datum of UTM layers: ED50 labelled WGS84 is some 190 m off and no bounding box sees it."""
    if crs is None or options.crs is not None:
        return ()
    code = crs.upper()
    if not re.fullmatch(r"EPSG:(3263[5-8]|2303[5-8])", code):
        return ()
    zone = code[-2:]
    return (LayerFinding(LayerCode.DATUM_UNSURE, given=crs, choices=(f"EPSG:326{zone}", f"EPSG:230{zone}")),)
