"""GeoPackage and zipped shapefile through pyogrio, with every other GDAL driver switched off.

The switch works only before GDAL is loaded, so these readers belong into a fresh child process and refuse to
run where other drivers are present: a driver is chosen by content, and some of them open other files.
"""

from __future__ import annotations

import os
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import shapely

from geo.layerfile.dbf import dbf_encoding, dbf_fields, dbf_rows
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

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["ALLOWED_DRIVERS", "read_geopackage", "read_shapefile"]

ALLOWED_DRIVERS = frozenset({"GPKG", "ESRI Shapefile"})
SKIPPED = (
    "ADBC,AIVector,AVCBin,AVCE00,AmigoCloud,CSV,CSW,Carto,DGN,DXF,EDIGEO,EEDA,ESRIJSON,Elasticsearch,"
    "FlatGeobuf,GDALG,GML,GPSBabel,GPX,GTFS,GeoJSON,GeoJSONSeq,GeoRSS,HTTP,Idrisi,JML,JSONFG,KML,LIBKML,"
    "LVBAG,MBTiles,MEM,MVT,MapInfo File,MapML,MiraMonVector,NGW,OAPIF,ODS,OGCAPI,OGR_GMT,OGR_PDS,OGR_VRT,"
    "OSM,OpenFileGDB,PCIDSK,PDF,PDS4,PGDUMP,PLSCENES,PMTiles,S57,SQLite,SXF,Selafin,TopoJSON,VDV,VFK,VICAR,"
    "WAsP,WFS,XLSX"
)
COMMON_CRS = ("EPSG:4326", "EPSG:5254", "EPSG:5253", "EPSG:5255", "EPSG:5256", "EPSG:2320", "EPSG:23036")
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
SQLITE_MAGIC = b"SQLite format 3\x00"
SHP_MAGIC = struct.pack(">i", 9994)


def read_geopackage(path: Path, options: LayerOptions) -> Layer:
    """Read one feature layer of a GeoPackage, opened read-only and immutable.

    Raises
    ------
    LayerRefused
        Not a GeoPackage, a view or unusual trigger, several layers and none chosen, or a count that differs.
    """
    if not path.read_bytes()[:16] == SQLITE_MAGIC:
        raise _refused(LayerCode.DRIVER, options, "not SQLite")
    name = _choose(_tables(path, options), options)
    return _read(path, options, layer=name, encoding=None, driver="GPKG")


def read_shapefile(path: Path, options: LayerOptions) -> Layer:
    """Read the shapefile in a zip; parts are copied out under generated names.

    Raises
    ------
    LayerRefused
        A part missing, colliding field names, several shapefiles and none chosen, or a count that differs.
    """
    with tempfile.TemporaryDirectory(prefix="layer-") as folder:
        parts = _extract(path, Path(folder), options)
        fields = dbf_fields(parts[".dbf"])
        _refuse_collisions(fields, options)
        encoding, said = _encoding(parts, options)
        layer = _read(parts[".shp"], options, layer=None, encoding=encoding, driver="ESRI Shapefile")
        rows = dbf_rows(parts[".dbf"])
    if rows != len(layer.features):
        raise _refused(LayerCode.COUNT, options, str(len(layer.features)), given=str(rows))
    return Layer(layer.features, layer.crs, (*said, *layer.findings), encoding)


def _tables(path: Path, options: LayerOptions) -> list[str]:
    """Feature tables by the file's own list, read without GDAL; views are refused here as well."""
    address = f"file:{quote(str(path))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as base:
            base.execute("PRAGMA trusted_schema=OFF")
            real = {str(n) for (n,) in base.execute("SELECT name FROM sqlite_master WHERE type='table'")}
            views = base.execute("SELECT count(*) FROM sqlite_master WHERE type='view'").fetchone()[0]
            listed = base.execute(
                "SELECT table_name FROM gpkg_contents WHERE data_type='features'"
            ).fetchall()
    except sqlite3.DatabaseError as why:
        raise _refused(LayerCode.DAMAGED, options, "SQLite") from why
    if views or any(name not in real for (name,) in listed):
        raise _refused(LayerCode.TRIGGER, options, "view", given="view")
    return [str(name) for (name,) in listed]


def _choose(names: list[str], options: LayerOptions) -> str:
    if options.layer is not None and options.layer in names:
        return options.layer
    if len(names) == 1 and options.layer is None:
        return names[0]
    if not names:
        raise _refused(LayerCode.EMPTY, options, "")
    finding = LayerFinding(LayerCode.CHOICE, given=options.name, choices=tuple(names))
    raise LayerRefused(finding)


def _extract(path: Path, folder: Path, options: LayerOptions) -> dict[str, Path]:
    """Copy the wanted members to generated names; never a name from the archive."""
    with zipfile.ZipFile(path) as archive:
        listing = [m for m in archive.infolist() if "__MACOSX" not in m.filename and not m.is_dir()]
        stems = {Path(m.filename).with_suffix("").as_posix() for m in listing if _ending(m) == ".shp"}
        stem = _choose(sorted(stems), options)
        parts: dict[str, Path] = {}
        for member in listing:
            if _ending(member) in PARTS and Path(member.filename).with_suffix("").as_posix() == stem:
                target = folder / f"layer{_ending(member)}"
                target.write_bytes(archive.read(member))
                parts[_ending(member)] = target
    missing = [part for part in (".shp", ".shx", ".dbf") if part not in parts]
    if missing:
        raise _refused(LayerCode.MEMBER_MISSING, options, ", ".join(missing))
    if parts[".shp"].read_bytes()[:4] != SHP_MAGIC:
        raise _refused(LayerCode.DRIVER, options, "not a shapefile")
    return parts


def _ending(member: zipfile.ZipInfo) -> str:
    return Path(member.filename).suffix.lower()


def _refuse_collisions(fields: list[str], options: LayerOptions) -> None:
    seen: set[str] = set()
    twice = sorted({f for f in fields if f.upper() in seen or seen.add(f.upper())})  # type: ignore[func-returns-value]
    if twice:
        raise _refused(LayerCode.FIELD_COLLISION, options, "", given=", ".join(twice))


def _encoding(parts: dict[str, Path], options: LayerOptions) -> tuple[str, list[LayerFinding]]:
    declared = parts[".cpg"].read_text("ascii", "replace") if ".cpg" in parts else None
    encoding, detected = dbf_encoding(parts[".dbf"], asked=options.encoding, declared=declared)
    said = (
        [LayerFinding(LayerCode.ENCODING_DETECTED, given=options.name, detail=encoding)] if detected else []
    )
    return encoding, said


def _pyogrio(options: LayerOptions) -> ModuleType:
    """Load pyogrio with two drivers, or refuse to go on."""
    os.environ["OGR_SKIP"] = SKIPPED
    import pyogrio
    import pyogrio.raw

    extra = set(pyogrio.list_drivers()) - ALLOWED_DRIVERS
    if extra:
        raise RuntimeError(
            f"{len(extra)} other GDAL drivers are active; read layers in a fresh child process"
        )
    module: ModuleType = pyogrio
    return module


def _read(
    path: Path, options: LayerOptions, *, layer: str | None, encoding: str | None, driver: str
) -> Layer:
    ogr = _pyogrio(options)
    more: dict[str, object] = {"IMMUTABLE": "YES", "LIST_ALL_TABLES": "NO"} if driver == "GPKG" else {}
    try:
        info = ogr.read_info(path, layer=layer, encoding=encoding, force_feature_count=True, **more)
        if info["driver"] != driver:
            raise _refused(LayerCode.DRIVER, options, str(info["driver"]))
        if info["features"] > MAX_FEATURES:
            raise _refused(LayerCode.TOO_MANY, options, f"{info['features']} > {MAX_FEATURES}")
        meta, _, shapes, columns = ogr.raw.read(path, layer=layer, encoding=encoding, force_2d=True, **more)
    except ogr.errors.DataSourceError as why:
        raise _refused(LayerCode.DAMAGED, options, driver) from why
    if len(shapes) != info["features"]:
        raise _refused(LayerCode.COUNT, options, str(len(shapes)), given=str(info["features"]))
    return _layer(meta, shapes, columns, options)


def _layer(
    meta: Mapping[str, object],
    shapes: npt.NDArray[np.object_],
    columns: list[npt.NDArray[np.generic]],
    options: LayerOptions,
) -> Layer:
    names = [str(name) for name in np.asarray(meta["fields"])]
    features, findings = [], []
    for index, wkb in enumerate(shapes):
        values = {name: _plain(column[index]) for name, column in zip(names, columns, strict=True)}
        shape, found = _checked(index, wkb)
        if any(isinstance(value, str) and len(value) > MAX_TEXT for value in values.values()):
            values, found = {}, [LayerFinding(LayerCode.PROPERTY_LONG, index, detail=str(MAX_TEXT))]
        features.append(Feature(values, shape))
        findings.extend(found)
    declared = options.crs or (str(meta["crs"]) if meta.get("crs") else None)
    missing = (
        [] if declared else [LayerFinding(LayerCode.CRS_MISSING, given=options.name, choices=COMMON_CRS)]
    )
    return Layer(tuple(features), declared, (*missing, *datum_finding(declared, options), *findings))


def _checked(index: int, wkb: bytes | None) -> tuple[bytes | None, list[LayerFinding]]:
    shape = None if wkb is None else shapely.from_wkb(wkb, on_invalid="ignore")
    if shape is None or shape.is_empty:
        return None, [LayerFinding(LayerCode.GEOMETRY_MISSING, index)]
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return None, [LayerFinding(LayerCode.COORDINATES, index, detail="not finite")]
    if shapely.is_valid(shape):
        return bytes(shapely.to_wkb(shape)), []
    reason = str(shapely.is_valid_reason(shape))
    return bytes(shapely.to_wkb(shape)), [LayerFinding(LayerCode.GEOMETRY_INVALID, index, detail=reason)]


def _plain(value: object) -> Value:
    """A cell as a plain value; times as ISO text, not-a-number as missing."""
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)


def _refused(
    code: LayerCode, options: LayerOptions, detail: str, *, given: str | None = None
) -> LayerRefused:
    return LayerRefused(LayerFinding(code, given=options.name if given is None else given, detail=detail))
