import datetime as dt
import struct
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pyrosm
import pytest
from pyproj import Transformer
from pyrosm.proto.fileformat_pb2 import Blob, BlobHeader
from pyrosm.proto.osmformat_pb2 import HeaderBlock

from geo.travel import HeightGrid, RoadNetwork, RoadSettings, read_roads
from geo.travel.osm import driving_km_per_hour, one_ways, speed_limit
from geo.travel.pbf import Streets, extract_date

HELSINKI = Path(pyrosm.__path__[0]) / "data" / "Helsinki.osm.pbf"
EPSG = 32635
CLASS = RoadSettings().speeds


@pytest.fixture(scope="module")
def ways():
    """The extract as pyrosm reads it: points, and pieces with their tags."""
    reader = pyrosm.OSM(str(HELSINKI), engine="in_memory", keep_metadata=False)
    own = ["maxspeed:forward", "maxspeed:backward"]
    nodes, edges = reader.get_network("driving+service", nodes=True, extra_attributes=own)
    x, y = Transformer.from_crs(4326, EPSG, always_xy=True).transform(nodes["lon"], nodes["lat"])
    return dict(zip(nodes["id"], zip(x, y, strict=True), strict=True)), edges


@pytest.fixture(scope="module")
def roads(ways):
    """The largest part of the driving network as networkx has it, from the tags."""
    places, edges = ways
    graph = nx.DiGraph()
    for way in edges.to_dict("records"):
        u, v = way["u"], way["v"]
        metres = np.hypot(*np.subtract(places[u], places[v]))
        for tail, head, own in ((u, v, "maxspeed:forward"), (v, u, "maxspeed:backward")):
            limit = next((way[tag] for tag in (own, "maxspeed") if isinstance(way[tag], str)), None)
            seconds = metres * 3.6 / (0.85 * float(limit) if limit else CLASS[way["highway"]])
            shorter = seconds < graph.get_edge_data(tail, head, {"seconds": np.inf})["seconds"]
            if shorter and (tail == u or way["oneway"] != "yes"):
                graph.add_edge(tail, head, seconds=seconds)
    return graph.subgraph(max(nx.strongly_connected_components(graph), key=len)).copy()


def test_two_hundred_pairs_are_those_of_networkx(ways, roads):
    places, _ = ways
    rng = np.random.default_rng(0)
    pairs = rng.choice(sorted(roads), (200, 2))
    graph = read_roads(HELSINKI, epsg=EPSG, settings=RoadSettings(island_share=1.0))
    assert len(graph.points_m) == len(roads)
    assert len(graph.nodes_m) < 0.7 * len(roads)  # the others only lead on
    homes, centres = (np.array([places[node] for node in column]) for column in pairs.T)
    minutes = np.diag(RoadNetwork(graph).between(homes, centres).minutes)
    expected = [nx.dijkstra_path_length(roads, one, two, weight="seconds") / 60 for one, two in pairs]
    np.testing.assert_allclose(minutes, expected, rtol=1e-9, atol=1e-9)
    assert max(expected) > 3


def test_the_matrix_tells_what_it_rests_on(tmp_path):
    graph = read_roads(HELSINKI, epsg=EPSG, cache_folder=tmp_path)
    again = read_roads(HELSINKI, epsg=EPSG, cache_folder=tmp_path)
    assert again.facts == graph.facts
    settings = RoadNetwork(again).between(again.nodes_m[:1], again.nodes_m[:1]).settings
    assert settings["extract"] == "Helsinki.osm.pbf"
    assert len(settings["extract_sha256"]) == 12
    assert "extract_date" not in settings  # the header of this file tells none
    assert settings["speed_limit_share"] == 0.85
    assert settings["speeds_km_per_hour"].startswith("motorway 105, motorway_link 55")
    assert 0 < settings["island_points_share"] < 0.5


def test_each_setting_makes_another_cached_graph(tmp_path):
    for settings in (RoadSettings(), RoadSettings(limit_share=0.7), RoadSettings(mode="walking")):
        read_roads(HELSINKI, epsg=EPSG, settings=settings, cache_folder=tmp_path)
    read_roads(HELSINKI, epsg=3067, cache_folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 4


def test_walking_takes_footways_both_ways_and_stairs_slowly():
    graph = read_roads(HELSINKI, epsg=EPSG, settings=RoadSettings(mode="walking"))
    network = RoadNetwork(graph)
    places = graph.nodes_m[np.random.default_rng(1).integers(0, len(graph.nodes_m), 30)]
    made = network.between(places, places)
    np.testing.assert_allclose(made.minutes, made.minutes.T, rtol=1e-9)
    metres = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    assert (made.minutes * 80 >= metres - 1e-6)[~np.isnan(made.minutes)].all()  # 80 m a minute
    assert made.method == "roads_walking"


def test_uphill_takes_longer_than_downhill():
    flat = read_roads(HELSINKI, epsg=EPSG, settings=RoadSettings(mode="walking"))
    west, south = flat.points_m.min(axis=0) - 100
    east = np.arange(0, 6000, 50.0)
    grid = HeightGrid(
        heights_m=np.tile(0.1 * east, (120, 1)), transform=(50, 0, west, 0, -50, south + 6000), epsg=EPSG
    )
    hilly = read_roads(HELSINKI, epsg=EPSG, settings=RoadSettings(mode="walking"), heights=grid)
    assert hilly.facts["without_height_share"] == 0
    low, high = hilly.nodes_m[hilly.nodes_m[:, 0].argmin()], hilly.nodes_m[hilly.nodes_m[:, 0].argmax()]
    ends = np.array([low, high])
    minutes = RoadNetwork(hilly).between(ends, ends).minutes
    assert minutes[0, 1] > 1.3 * minutes[1, 0]


def test_a_box_reads_a_part():
    settings = RoadSettings(box=(24.94, 60.165, 24.95, 60.17))
    part = read_roads(HELSINKI, epsg=EPSG, settings=settings)
    assert len(part.nodes_m) < 0.6 * len(read_roads(HELSINKI, epsg=EPSG).nodes_m)


def test_the_day_of_an_extract_is_that_of_its_header(tmp_path):
    header = HeaderBlock(
        osmosis_replication_timestamp=int(dt.datetime(2026, 11, 2, tzinfo=dt.UTC).timestamp())
    )
    blob = Blob(raw=header.SerializeToString()).SerializeToString()
    head = BlobHeader(type="OSMHeader", datasize=len(blob)).SerializeToString()
    (tmp_path / "town.osm.pbf").write_bytes(struct.pack(">I", len(head)) + head + blob)
    assert extract_date(tmp_path / "town.osm.pbf") == "2026-11-02"


# ---------------------------------------------------------------------- tags
def pieces(**tags):
    tags = {"highway": "residential", "oneway": "", "junction": "", "maxspeed": ""} | tags
    tags = {"maxspeed:forward": "", "maxspeed:backward": ""} | tags
    none = np.zeros(1)
    return Streets(
        lon=none, lat=none, tails=none, heads=none, tags={name: [value] for name, value in tags.items()}
    )


@pytest.mark.parametrize(
    ("tags", "ways"),
    [
        ({}, (True, True)),
        ({"oneway": "yes"}, (True, False)),
        ({"oneway": "-1"}, (False, True)),
        ({"junction": "roundabout"}, (True, False)),
        ({"highway": "motorway"}, (True, False)),
        ({"highway": "motorway", "oneway": "no"}, (True, True)),
    ],
)
def test_one_ways(tags, ways):
    assert tuple(bool(allowed[0]) for allowed in one_ways(pieces(**tags))) == ways


@pytest.mark.parametrize(
    ("tags", "speeds"),
    [
        ({}, (25, 25)),
        ({"highway": "raceway"}, (25, 25)),
        ({"maxspeed": "60"}, (51, 51)),
        ({"maxspeed": "60", "maxspeed:backward": "40"}, (51, 34)),
        ({"maxspeed": "TR:rural", "oneway": "yes"}, (76.5, 0)),
        ({"maxspeed": "signals"}, (25, 25)),
        ({"maxspeed": "0"}, (25, 25)),
    ],
)
def test_speeds(tags, speeds):
    made = driving_km_per_hour(pieces(**tags), RoadSettings())
    assert [float(speed[0]) for speed in made] == pytest.approx(list(speeds))


def test_the_lower_of_two_limits_counts():
    assert speed_limit("80; 50") == 50


# -------------------------------------------------------------------- errors
@pytest.mark.parametrize("bad", [{"mode": "flying"}, {"limit_share": 0}, {"speeds": {"primary": -1}}])
def test_impossible_settings_are_refused(bad):
    with pytest.raises(ValueError, match="must be"):
        RoadSettings(**bad)


def test_degrees_are_refused():
    with pytest.raises(ValueError, match="EPSG:4326 does not measure in metres"):
        read_roads(HELSINKI, epsg=4326)


@pytest.mark.parametrize(
    "data", [b"", b"not a map", HELSINKI.read_bytes()[:5000]], ids=["empty", "text", "cut"]
)
def test_a_file_that_is_no_extract_is_named(tmp_path, data):
    (tmp_path / "town.osm.pbf").write_bytes(data)
    with pytest.raises(ValueError, match=r"town\.osm\.pbf cannot be read"):
        read_roads(tmp_path / "town.osm.pbf", epsg=EPSG)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.osm\.pbf"):
        read_roads(tmp_path / "no.osm.pbf", epsg=EPSG)


def test_without_pyrosm_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyrosm", None)
    with pytest.raises(ModuleNotFoundError, match=r"install mahalle\[roads\]"):
        read_roads(HELSINKI, epsg=EPSG)
