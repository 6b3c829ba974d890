"""Tiles hold geometry and a number; shapes are derived once when they are published."""

import contextlib
import importlib.util
import math
from pathlib import Path

import pytest
import shapely
from sqlalchemy import text

from app.store import shapes, tiles
from app.store.logins import Login
from app.store.session import Store

NAMES = {1: "id", 2: "tags", 3: "type", 4: "geometry"}


def fields(data):
    """(number, value) of each field of a protobuf message: whole numbers and bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        assert kind in (0, 2), "a vector tile of ours has no other kinds"
        value, at = varint(data, at)
        if kind == 2:
            value, at = data[at : at + value], at + value
        yield number, value


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def layers(data):
    """Name -> features and all keys and values of attributes of a decoded vector tile."""
    found = {}
    for number, body in fields(data):
        assert number == 3
        parts = list(fields(body))
        name = next(value for n, value in parts if n == 1).decode()
        features = [{NAMES[n]: v for n, v in fields(value)} for number, value in parts if number == 2]
        words = [value.decode() for number, value in parts if number == 3]
        values = [next(fields(value))[1] for number, value in parts if number == 4]
        found[name] = {"features": features, "keys": words, "values": values}
    return found


def square(zoom, frame):
    """The tile over the middle of a frame in EPSG:3857."""
    west, south, east, north = frame.total_bounds
    side = tiles.WORLD_M / 2**zoom
    x = math.floor(((west + east) / 2 + tiles.WORLD_M / 2) / side)
    y = math.floor((tiles.WORLD_M / 2 - (south + north) / 2) / side)
    return tiles.Square(zoom, x, y)


@pytest.fixture
def planner(published_store):
    with published_store.session(Login.PLANNER) as session:
        yield session


@pytest.mark.parametrize("zoom", [6, 8, 11])
def test_a_tile_of_areas_holds_geometry_and_the_place_and_nothing_besides(planner, made_run, zoom):
    found = layers(tiles.areas(planner, 3, square(zoom, made_run["areas"])))
    assert set(found) == {"areas"}
    assert found["areas"]["keys"] == found["areas"]["values"] == []
    for feature in found["areas"]["features"]:
        assert set(feature) == {"id", "type", "geometry"}
        assert feature["type"] == 3


def test_every_area_is_in_the_tile_of_the_whole_city_under_its_place_by_code(planner, made_run):
    found = layers(tiles.areas(planner, 3, square(6, made_run["areas"])))["areas"]["features"]
    ids = {feature["id"] for feature in found}
    assert ids <= set(range(913))
    assert len(ids) == len(found) > 700  # the smallest are below a pixel there
    first = planner.execute(text("SELECT code FROM agg.areas WHERE boundary_id = 3 AND place = 0")).scalar()
    assert first == made_run["areas"]["code"].iloc[0]


def test_zones_are_outlines_with_their_number(planner, made_run):
    found = layers(tiles.zones(planner, 7, square(7, made_run["areas"])))["zones"]
    assert found["keys"] == found["values"] == []
    assert {feature["id"] for feature in found["features"]} <= set(made_run["zones"]["zone"])


def test_districts_carry_their_names_as_points_apart_from_the_outlines(planner, made_run):
    found = layers(tiles.districts(planner, 3, square(6, made_run["areas"])))
    assert found["districts"]["keys"] == []
    assert found["names"]["keys"] == ["name"]
    names = {value.decode() for value in found["names"]["values"]}
    assert names <= set(made_run["areas"]["district"])
    assert {feature["type"] for feature in found["names"]["features"]} == {1}


def test_nothing_is_drawn_where_there_is_no_city(planner):
    assert tiles.areas(planner, 3, tiles.Square(8, 0, 0)) == b""
    assert tiles.districts(planner, 3, tiles.Square(8, 0, 0)) == b""


def test_detail_below_a_pixel_is_not_sent(planner, made_run):
    frame = made_run["areas"]
    corners = shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()
    sent = len(tiles.areas(planner, 3, square(6, frame)))
    assert sent < corners * 6


def test_districts_are_numbered_by_size_and_cover_their_areas(planner, made_run):
    query = "SELECT place, name, ST_Area(geom) FROM agg.districts WHERE boundary_id = 3 ORDER BY place"
    rows = planner.execute(text(query)).all()
    assert [row[0] for row in rows] == list(range(19))
    assert [row[2] for row in rows] == sorted((row[2] for row in rows), reverse=True)
    sizes = made_run["areas"].assign(size=made_run["areas"].area).groupby("district")["size"].sum()
    for _, name, size in rows:
        assert size == pytest.approx(sizes[name], rel=1e-6)


def test_the_generated_city_has_valid_areas_that_share_their_borders():
    path = Path(__file__).parents[2] / "data" / "grid" / "make.py"
    spec = importlib.util.spec_from_file_location("grid", path)
    grid = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(grid)
    found = grid.polygons(40, 50)
    assert len(found) == 2000
    assert shapely.is_valid(found).all()
    assert shapely.union_all(found).area == pytest.approx(shapely.area(found).sum())
    assert shapely.get_num_coordinates(found).mean() > 30


@pytest.fixture
def copied(published_settings, fresh_copy):
    """A copy of the published store, to be changed."""
    with contextlib.closing(Store.open(fresh_copy(published_settings))) as store:
        yield store


def test_deriving_twice_changes_nothing(copied):
    query = "SELECT (SELECT count(*) FROM agg.districts), (SELECT digest FROM agg.boundaries)"
    with copied.session(Login.REFRESH) as session:
        before = session.execute(text(query)).one()
        shapes.derive(session, boundary_id=3, run_id=7)
        assert session.execute(text(query)).one() == before


def test_other_shapes_have_another_digest(copied):
    with copied.session(Login.OWNER) as session:
        before = session.execute(text("SELECT digest FROM agg.boundaries")).scalar()
        session.execute(text("UPDATE agg.areas SET geom = ST_Translate(geom, 1, 0) WHERE place = 5"))
        session.execute(text("DELETE FROM agg.boundaries"))
        shapes.derive(session, boundary_id=3, run_id=7)
        assert session.execute(text("SELECT digest FROM agg.boundaries")).scalar() != before
