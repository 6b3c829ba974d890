"""The run as layers for a GIS: class, reliability, chance and what else a map tells, EPSG:4326."""

import contextlib
import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from app.i18n import Language, say
from app.maps import Scene, words
from app.views import DISTRICT, DISTRICT_MARK, Contents, MapRun, RiskMap

DEGREES = "EPSG:4326"
STEPS = {"p": "exceedance", "k": "cluster", "d": "rose"}
SCALARS = (str, int, float, bool)


def write_geopackage(contents: Contents, path: Path, language: Language) -> Path:
    """Write neighbourhoods, districts, zones, centres, sites, plan and a table that explains the columns."""
    with _clock_stopped_at(contents.run):
        for name, layer in _layers(contents):
            if len(layer):
                pyogrio.write_dataframe(
                    layer.to_crs(DEGREES), path, layer=name, driver="GPKG", append=path.exists()
                )
        pyogrio.write_dataframe(_about(contents, language), path, layer="about", driver="GPKG", append=True)
    return path


@contextlib.contextmanager
def _clock_stopped_at(run: MapRun) -> Iterator[None]:
    """GDAL writes the run's day instead of now, so that the same run gives the same file."""
    stamp = run.published_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _layers(contents: Contents) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    scene = Scene(contents.areas, zones=contents.zones)
    fine = [about for about in contents.maps if about.level != DISTRICT]
    coarse = [about for about in contents.maps if about.level == DISTRICT]
    districts = _dissolved(scene.districts, "district")
    districts.insert(0, "code", DISTRICT_MARK + districts["district"])
    layers = {
        "neighbourhoods": _with_maps(contents.areas, contents, fine),
        "districts": _with_maps(districts, contents, coarse).drop(columns="code"),
        "zones": _dissolved(scene.zone_outlines, "zone"),
        "centres": _points(contents.points, "centre"),
        "sites": _points(contents.points, "site"),
        "plan": _plan(contents),
    }
    for name, layer in layers.items():
        yield name, layer.assign(simulation=contents.run.is_simulation)


def column_of(about: RiskMap) -> str:
    """A column name any GIS takes.

    >>> column_of(RiskMap(key="topic:yoksulluk|sex=female", kind="topic", year=2026))
    'topic_yoksulluk_sex_female'
    """
    return re.sub(r"\W+", "_", about.key).strip("_").lower()


def _with_maps(frame: gpd.GeoDataFrame, contents: Contents, maps: Sequence[RiskMap]) -> gpd.GeoDataFrame:
    """Beside each shape what every map says of it; columns of clusters and change where a map has them."""
    found: dict[str, pd.Series] = {}
    by_key = dict(iter(contents.classes.groupby("key", sort=False)))
    for about in maps:
        rows = by_key.get(about.key, contents.classes.iloc[:0]).set_index("code").reindex(frame["code"])
        found[f"c_{column_of(about)}"] = rows["risk_class"].astype("Int32").reset_index(drop=True)
        found[f"r_{column_of(about)}"] = rows["reliability"].reset_index(drop=True)
        for mark, name in STEPS.items():
            if name == "exceedance" or rows[name].notna().any():
                found[f"{mark}_{column_of(about)}"] = rows[name].astype("Int32").reset_index(drop=True)
    wide = pd.concat([frame.reset_index(drop=True), pd.DataFrame(found)], axis=1)
    return gpd.GeoDataFrame(wide, geometry="geometry", crs=frame.crs)


def _dissolved(shapes: Mapping[str, shapely.Geometry], name: str) -> gpd.GeoDataFrame:
    multi = [shapely.multipolygons(shapely.get_parts(shape)) for shape in shapes.values()]
    return gpd.GeoDataFrame({name: list(shapes)}, geometry=multi, crs="EPSG:3857")


def _points(points: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    """Places of a kind with their details as columns."""
    mine = points[points["kind"] == kind].reset_index(drop=True)
    detail = pd.DataFrame([_scalars(row) for row in mine["detail"]], index=mine.index)
    wide = pd.concat([mine[["key", "name"]], detail, mine[["geometry"]]], axis=1)
    return gpd.GeoDataFrame(wide, geometry="geometry", crs=points.crs)


def _plan(contents: Contents) -> gpd.GeoDataFrame:
    """Centres of the plan with the figures of their regions."""
    rows = [
        {"role": role, **_scalars(centre)}
        for role in ("new", "existing")
        for centre in cast(Sequence[Mapping[str, object]], (contents.plan or {}).get(role, ()))
    ]
    frame = pd.DataFrame(rows, columns=None if rows else ["role", "lon", "lat"])
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs=DEGREES)


def _scalars(row: Mapping[str, object]) -> dict[str, object]:
    """Only what fits in a cell; lists are joined."""
    flat = {
        name: "; ".join(map(str, value)) if isinstance(value, list) else value for name, value in row.items()
    }
    return {name: value for name, value in flat.items() if isinstance(value, SCALARS)}


def _about(contents: Contents, language: Language) -> pd.DataFrame:
    """What each column of a map means, and what the file is."""
    run = contents.run
    notes = say("export.simulated", language) if run.is_simulation else ""
    rows = [
        {
            "column": column_of(about),
            "title": words.title(about, language),
            "unit": words.unit(about, language),
            "year": about.year,
            "run": run.title,
            "score": say("export.about_score", language),
            "prefixes": say("export.prefixes", language),
            "note": notes,
        }
        for about in contents.maps
    ]
    return pd.DataFrame(rows)
