import json
import sqlite3
import subprocess
import sys
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.layers import LayerCode, LayerOptions, LayerRefused, control_points, read_layer

SQUARE = [[[30.0, 36.0], [30.1, 36.0], [30.1, 36.1], [30.0, 36.0]]]
CHILD = """
import json, sys
from geo.layers import LayerOptions, LayerRefused, read_layer
from pathlib import Path
try:
    layer = read_layer(Path(sys.argv[1]), sys.argv[2], LayerOptions(**json.loads(sys.argv[3])))
    out = {"crs": layer.crs, "encoding": layer.encoding, "n": len(layer.features),
           "properties": [dict(f.properties) for f in layer.features],
           "findings": [f.code for f in layer.findings]}
except LayerRefused as why:
    out = {"refused": why.finding.code, "choices": why.finding.choices}
print(json.dumps(out))
"""


def in_child(path, kind, **options):
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHILD, str(path), kind, json.dumps(options)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture
def geojson(tmp_path):
    def _write(features, **more):
        path = tmp_path / "x.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **more}))
        return path

    return _write


@pytest.fixture
def frame():
    square = shapely.box(744000, 4425000, 745000, 4426000)
    return gpd.GeoDataFrame({"ad": ["Şişli", "Iğdır"]}, geometry=[square, square], crs=5254)


def shapefile_zip(frame, folder, leave_out=(), encoding="cp1254"):
    frame.to_file(folder / "katman.shp", encoding=encoding)
    path = folder / "katman.zip"
    with zipfile.ZipFile(path, "w") as pack:
        for part in folder.glob("katman.*"):
            if part.suffix not in {".zip", *leave_out}:
                pack.write(part, part.name)
    return path


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def test_degrees_without_a_declaration_are_wgs84(geojson):
    layer = read_layer(geojson([feature({"type": "Polygon", "coordinates": SQUARE}, ad="Kaş")]), "geojson")
    assert (layer.crs, layer.findings) == ("EPSG:4326", ())
    assert layer.features[0].properties == {"ad": "Kaş"}
    assert shapely.from_wkb(layer.features[0].wkb).area == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("name", "crs"),
    [
        ("urn:ogc:def:crs:EPSG::5254", "EPSG:5254"),
        ("EPSG:2320", "EPSG:2320"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
        ("http://www.opengis.net/def/crs/EPSG/0/5254", "EPSG:5254"),
    ],
)
def test_a_named_coordinate_system_is_read(geojson, name, crs):
    point = feature({"type": "Point", "coordinates": [744494, 4425675]})
    layer = read_layer(geojson([point], crs={"type": "name", "properties": {"name": name}}), "geojson")
    assert layer.crs == crs


def test_an_answer_settles_the_coordinate_system(geojson):
    path = geojson([feature({"type": "Point", "coordinates": [744494, 4425675]})])
    layer = read_layer(path, "geojson", LayerOptions(crs="EPSG:5254"))
    assert (layer.crs, layer.findings) == ("EPSG:5254", ())


def test_nested_properties_are_kept_as_text(geojson):
    path = geojson([feature({"type": "Point", "coordinates": [30, 36]}, a={"b": [1]})])
    assert read_layer(path, "geojson").features[0].properties["a"] == '{"b": [1]}'


def test_an_overflowing_number_is_rejected(tmp_path):
    path = tmp_path / "x.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        '"geometry":{"type":"Point","coordinates":[1e400,36]}}]}'
    )
    assert [f.code for f in read_layer(path, "geojson").findings] == [LayerCode.COORDINATES]


@pytest.mark.parametrize("text", ["[]", "{}", '{"type":"FeatureCollection","features":NaN}', '{"a":'])
def test_other_json_is_refused(tmp_path, text):
    path = tmp_path / "x.geojson"
    path.write_text(text)
    with pytest.raises(LayerRefused) as caught:
        read_layer(path, "geojson")
    assert caught.value.finding.code is LayerCode.NOT_GEOJSON


def test_an_unknown_kind_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="kind must be one of"):
        read_layer(tmp_path / "a.kml", "kml")


def test_control_points_show_the_shift_between_datums(geojson):
    path = geojson([feature({"type": "Point", "coordinates": [488000, 4421700]})])
    layer = read_layer(path, "geojson", LayerOptions(crs="EPSG:32636"))
    points = control_points(layer, ("EPSG:32636", "EPSG:23036"))
    shift_m = np.hypot(*((points["EPSG:32636"] - points["EPSG:23036"])[0] * [85_000, 111_000]))
    assert 100 < shift_m < 300


def test_a_geopackage_is_read_in_a_child_with_its_crs_and_letters(frame, tmp_path):
    frame.to_file(tmp_path / "a.gpkg", layer="mahalle", driver="GPKG")
    read = in_child(tmp_path / "a.gpkg", "gpkg")
    assert read["crs"] == "EPSG:5254"
    assert [p["ad"] for p in read["properties"]] == ["Şişli", "Iğdır"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.gpkg"]


def test_several_layers_are_asked_about(frame, tmp_path):
    frame.to_file(tmp_path / "a.gpkg", layer="mahalle", driver="GPKG")
    frame.to_file(tmp_path / "a.gpkg", layer="ilce", driver="GPKG")
    asked = in_child(tmp_path / "a.gpkg", "gpkg")
    assert (asked["refused"], sorted(asked["choices"])) == ("layer.choice", ["ilce", "mahalle"])
    assert in_child(tmp_path / "a.gpkg", "gpkg", layer="ilce")["n"] == 2


def test_a_view_posing_as_a_layer_is_refused(frame, tmp_path):
    frame.to_file(tmp_path / "a.gpkg", layer="mahalle", driver="GPKG")
    base = sqlite3.connect(tmp_path / "a.gpkg")
    base.execute("CREATE VIEW gizli AS SELECT * FROM mahalle")
    base.commit()
    base.close()
    assert in_child(tmp_path / "a.gpkg", "gpkg")["refused"] == "layer.trigger"


def test_a_shapefile_with_all_its_parts_needs_no_question(frame, tmp_path):
    read = in_child(shapefile_zip(frame, tmp_path), "shapefile")
    assert read["findings"] == []
    assert read["properties"][0]["ad"] == "Şişli"


def test_a_missing_part_is_named(frame, tmp_path):
    path = shapefile_zip(frame, tmp_path, leave_out=(".dbf",))
    assert in_child(path, "shapefile")["refused"] == "layer.member_missing"


def test_layers_are_not_read_where_other_drivers_are_active(frame, tmp_path):
    frame.to_file(tmp_path / "a.gpkg", driver="GPKG")
    with pytest.raises(RuntimeError, match="fresh child process"):
        read_layer(tmp_path / "a.gpkg", "gpkg")


def test_a_virtual_dataset_in_disguise_is_not_opened(tmp_path):
    path = tmp_path / "a.gpkg"
    path.write_text("<OGRVRTDataSource><OGRVRTLayer name='x'></OGRVRTLayer></OGRVRTDataSource>")
    assert in_child(path, "gpkg")["refused"] == "file.changed_driver"
