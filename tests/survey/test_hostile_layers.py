"""Hostile layers; each test carries the id of its row in tests/data/hostile/inputs.csv."""

import hashlib
import json
import re
import socket
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.areas import repair
from geo.layers import LayerCode, LayerOptions, LayerRefused, control_points, read_layer
from survey.door import inspect
from survey.layerfile import questions_of
from survey.problems import Code, Refused

ROWS = Path(__file__).parents[1] / "data" / "hostile" / "inputs.csv"
CHILD = """
import json, sys
from pathlib import Path
from geo.layers import LayerOptions, LayerRefused, read_layer
try:
    layer = read_layer(Path(sys.argv[1]), "shapefile", LayerOptions(**json.loads(sys.argv[2])))
    out = {"crs": layer.crs, "findings": [[f.code, f.detail] for f in layer.findings],
           "properties": [dict(f.properties) for f in layer.features], "encoding": layer.encoding}
except LayerRefused as why:
    out = {"refused": why.finding.code, "given": why.finding.given}
print(json.dumps(out))
"""


@pytest.fixture
def geojson(tmp_path):
    def _write(*geometries, properties=None, **more):
        items = [{"type": "Feature", "properties": properties or {}, "geometry": g} for g in geometries]
        path = tmp_path / "x.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": items, **more}))
        return path

    return _write


@pytest.fixture
def shapefile(tmp_path):
    """Zip of a shapefile of two points, without the parts named."""

    def _make(leave_out=(), crs=5254, encoding="cp1254", change=None):
        points = [shapely.Point(744494, 4425675), shapely.Point(744600, 4425700)]
        frame = gpd.GeoDataFrame({"ad": ["Şişli Çığ", "Iğdır"]}, geometry=points, crs=crs)
        frame.to_file(tmp_path / "k.shp", encoding=encoding)
        if change:
            change(tmp_path)
        with zipfile.ZipFile(tmp_path / "k.zip", "w") as pack:
            for part in sorted(tmp_path.glob("k.*")):
                if part.suffix not in {".zip", *leave_out}:
                    pack.write(part, part.name)
        return tmp_path / "k.zip"

    return _make


def in_child(path, **options):
    ran = subprocess.run(
        [sys.executable, "-c", CHILD, str(path), json.dumps(options)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def point(*xy):
    return {"type": "Point", "coordinates": list(xy)}


def polygon(*ring):
    return {"type": "Polygon", "coordinates": [list(map(list, ring))]}


def test_h047_unusable_coordinates_are_rejected_by_index_and_every_feature_is_counted(geojson):
    bad = [["30", "36"], [None, 36], [[30, 36]], []]
    path = geojson(*({"type": "Point", "coordinates": c} for c in bad), None, point(30, 36))
    layer = read_layer(path, "geojson")
    assert len(layer.features) == 6
    found = {f.feature: f.code for f in layer.findings}
    assert found == {**dict.fromkeys(range(4), LayerCode.COORDINATES), 4: LayerCode.GEOMETRY_MISSING}
    assert [f.wkb is None for f in layer.features] == [True] * 5 + [False]


def test_h049_metres_without_a_crs_are_asked_about_and_never_taken_as_degrees(geojson):
    layer = read_layer(geojson(point(744494, 4425675)), "geojson")
    assert layer.crs is None
    (asked,) = questions_of(layer.findings, what="x.geojson")
    assert (asked.code, asked.option) == (Code.LAYER_CRS_MISSING, "--crs EPSG:4326")
    assert "EPSG:5254" in asked.choices


def test_h051_a_utm_datum_is_asked_about_and_control_points_show_the_shift(geojson):
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32636"}}
    layer = read_layer(geojson(point(488033, 4421766), crs=named), "geojson")
    (asked,) = questions_of(layer.findings, what="x.geojson")
    assert (asked.code, asked.choices) == (Code.LAYER_DATUM_UNSURE, ("EPSG:32636", "EPSG:23036"))
    places = control_points(layer, asked.choices)
    metres = (places["EPSG:32636"] - places["EPSG:23036"])[0] * [85_300, 111_000]
    assert 100 < np.hypot(*metres) < 300
    settled = read_layer(geojson(point(1, 2), crs=named), "geojson", LayerOptions(crs="EPSG:23036"))
    assert (settled.crs, settled.findings) == ("EPSG:23036", ())


def test_h053_broken_polygons_are_reported_per_feature_and_repair_is_a_choice(geojson):
    square = [(0, 0), (0, 4), (4, 4), (4, 0), (0, 0)]
    hole = polygon(*square)
    hole["coordinates"].append([[8, 8], [8, 9], [9, 9], [8, 8]])
    layer = read_layer(
        geojson(
            polygon((0, 0), (4, 4), (4, 0), (0, 4), (0, 0)),
            polygon(*square[:-1]),
            polygon((0, 0), (1, 1)),
            hole,
            polygon(square[0], square[0], *square[1:]),
        ),
        "geojson",
    )
    found = {f.feature: (f.code, f.detail) for f in layer.findings}
    assert found[0][0] is LayerCode.GEOMETRY_INVALID
    assert "Self-intersection" in found[0][1]
    assert found[1] == (LayerCode.RING, "ring not closed")
    assert found[2][0] is LayerCode.RING
    assert "Hole lies outside shell" in found[3][1]
    assert 4 not in found
    with pytest.raises(ValueError, match="change the area"):
        repair(shapely.from_wkb(layer.features[0].wkb))


@pytest.mark.parametrize("depth", [3_000, 100_000])
def test_h055_deep_nesting_is_refused_cleanly(tmp_path, depth):
    opening = '{"type":"GeometryCollection","geometries":[' if depth == 3_000 else "["
    closing = "]}" if depth == 3_000 else "]"
    nest = opening * depth + closing * depth
    path = tmp_path / "x.geojson"
    path.write_text(
        f'{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{}},"geometry":{nest}}}]}}'
    )
    with pytest.raises(LayerRefused) as caught:
        read_layer(path, "geojson")
    assert caught.value.finding.code is LayerCode.TOO_DEEP


def test_h057_long_properties_are_capped_and_odd_keys_are_data(geojson):
    long = read_layer(geojson(point(30, 36), properties={"a": "x" * 10_000_000}), "geojson")
    assert [f.code for f in long.findings] == [LayerCode.PROPERTY_LONG]
    keys = {"__proto__": "p", "constructor": "c"}
    assert read_layer(geojson(point(30, 36), properties=keys), "geojson").features[0].properties == keys


def test_h059_a_virtual_dataset_named_geojson_is_refused_and_reads_nothing(tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("tc\n10000000146\n")
    path = tmp_path / "x.geojson"
    path.write_text(
        f"<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>{secret}</SrcDataSource>"
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    with pytest.raises(Refused) as caught:
        inspect(path, original_name="x.geojson")
    assert caught.value.problems[0].code is Code.FILE_KIND_UNKNOWN
    with pytest.raises(LayerRefused) as inner:
        read_layer(path, "geojson")
    assert "10000000146" not in str(inner.value)


def test_h061_a_link_to_a_crs_is_not_followed(geojson, monkeypatch):
    def no_network(*_args, **_more):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    link = {"type": "link", "properties": {"href": "http://127.0.0.1:9/crs", "type": "proj4"}}
    layer = read_layer(geojson(point(30, 36), crs=link), "geojson")
    assert [f.code for f in layer.findings] == [LayerCode.CRS_LINK, LayerCode.CRS_MISSING]
    assert layer.crs is None


@pytest.mark.parametrize("name", ["../../app/main.py", "/etc/x", "C:\\x", "a\\..\\b.shp"])
def test_h067_a_path_that_leaves_its_folder_is_refused_and_nothing_is_written(archive, tmp_path, name):
    path = archive({"k.shp": b"x", name: b"x"})
    before = tree_hash(tmp_path)
    with pytest.raises(Refused) as caught:
        inspect(path, original_name="k.zip")
    assert caught.value.problems[0].code is Code.ARCHIVE_UNSAFE_NAME
    assert tree_hash(tmp_path) == before


def tree_hash(folder):
    names = sorted(str(p) for p in folder.rglob("*"))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def test_h069_bombs_are_refused_before_anything_is_unpacked(archive, tmp_path):
    zeros = tmp_path / "zeros.zip"
    with (
        zipfile.ZipFile(zeros, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as pack,
        pack.open("k.shp", "w") as stream,
    ):
        for _ in range(300):
            stream.write(bytes(1_000_000))
    many = archive({"k.shp": b""} | {f"{k}.txt": b"" for k in range(5_000)}, "many.zip")
    inner = archive({"a.txt": b"x"}, "inner.zip").read_bytes()
    nested = archive({"k.shp": b"", "b.dat": inner}, "nested.zip")
    before = tree_hash(tmp_path)
    codes = []
    for path in (zeros, many, nested):
        with pytest.raises(Refused) as caught:
            inspect(path, original_name=path.name)
        codes.append(caught.value.problems[0].code)
    assert codes == [Code.ARCHIVE_TOO_LARGE, Code.ARCHIVE_TOO_MANY, Code.ARCHIVE_NESTED]
    assert tree_hash(tmp_path) == before


def test_h071_a_shapefile_without_prj_is_asked_about(shapefile):
    read = in_child(shapefile(leave_out=(".prj",)))
    assert read["crs"] is None
    assert "layer.crs_missing" in [code for code, _ in read["findings"]]
    assert in_child(shapefile(leave_out=(".prj",)), crs="EPSG:5254")["crs"] == "EPSG:5254"


def test_h073_turkish_letters_are_exact_without_cpg_and_the_detection_is_said(shapefile):
    def forget_driver(folder):
        data = bytearray((folder / "k.dbf").read_bytes())
        data[29] = 0
        (folder / "k.dbf").write_bytes(bytes(data))

    read = in_child(shapefile(leave_out=(".cpg",), change=forget_driver))
    assert [p["ad"] for p in read["properties"]] == ["Şişli Çığ", "Iğdır"]
    assert ["layer.encoding_detected", "cp1254"] in read["findings"]
    asked = in_child(shapefile(leave_out=(".cpg",), change=forget_driver), encoding="cp1254")
    assert asked["findings"] == []


def test_h075_field_names_that_collide_are_reported(shapefile):
    def collide(folder):
        frame = gpd.GeoDataFrame(
            {"nufus_2022": [1], "nufus_2023": [2]}, geometry=[shapely.Point(0, 0)], crs=5254
        )
        frame.to_file(folder / "k.shp")
        data = (folder / "k.dbf").read_bytes().replace(b"nufus_2023", b"nufus_2022")
        (folder / "k.dbf").write_bytes(data)

    read = in_child(shapefile(change=collide))
    assert (read["refused"], read["given"]) == ("layer.field_collision", "nufus_2022")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER kotu AFTER INSERT ON m BEGIN SELECT load_extension('x'); END",
        "CREATE VIEW kotu AS SELECT * FROM m",
    ],
)
def test_h077_a_geopackage_with_a_trigger_or_view_is_refused_and_untouched(tmp_path, statement):
    path = tmp_path / "a.gpkg"
    frame = gpd.GeoDataFrame({"ad": ["x"]}, geometry=[shapely.Point(0, 0)], crs=5254)
    frame.to_file(path, layer="m", driver="GPKG")
    assert inspect(path, original_name="a.gpkg").kind == "gpkg"
    base = sqlite3.connect(path)
    base.execute(statement)
    base.commit()
    base.close()
    before = path.read_bytes()
    with pytest.raises(Refused) as caught:
        inspect(path, original_name="a.gpkg")
    assert caught.value.problems[0].code is Code.LAYER_TRIGGER
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]


def test_every_row_of_the_hostile_inputs_has_a_test():
    ids = set(re.findall(r"^H\d{3}", ROWS.read_text("utf-8"), re.MULTILINE))
    sources = [Path(__file__), Path(__file__).with_name("test_hostile_tables.py")]
    tested = {f"H{n}" for path in sources for n in re.findall(r"def test_h(\d{3})_", path.read_text("utf-8"))}
    assert tested == ids
    assert len(ids) == 37
