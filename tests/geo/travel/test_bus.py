import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from geo.travel import BusLine, BusLines, BusNetwork, BusSettings, TableError, read_lines, road_graph

EPSG = 5254
WEST, SOUTH = 500_000.0, 4_100_000.0
A, B, C, D = (0, 0), (4000, 0), (8000, 0), (4000, 5000)
PACE = {"walk_km_per_hour": 6.0, "walk_detour": 1.0}  # 100 m a minute


def network(*lines, stops=(A, B, C, D), roads=None, **how):
    x, y = np.array(stops, dtype=float).T
    lon, lat = Transformer.from_crs(EPSG, 4326, always_xy=True).transform(x + WEST, y + SOUTH)
    made = tuple(
        BusLine(
            name=name, stops=np.array(at), minutes=np.array(minutes, dtype=float), headway_minutes=headway
        )
        for name, at, minutes, headway in lines
    )
    made = BusLines(lon=lon, lat=lat, lines=made, facts={"lines_file": "hatlar.csv"})
    return BusNetwork(made, epsg=EPSG, roads=roads, settings=BusSettings(**(PACE | how)))


def at(*places):
    return np.array(places, dtype=float) + np.array([WEST, SOUTH])


ONE = ("1", [0, 1, 2], [0, 10, 25], 20)  # A - B - C
TWO = ("2", [1, 3], [0, 12], 40)  # B - D


def test_walk_wait_ride_and_walk():
    made = network(ONE).between(at((0, 300)), at((8000, -200), (4000, 100)))
    assert made.minutes[0] == pytest.approx([3 + 10 + 25 + 2, 3 + 10 + 10 + 1], abs=1e-3)
    assert made.method == "bus"
    assert (made.settings["bus_lines"], made.settings["bus_stops"]) == (1, 4)
    assert made.settings["lines_file"] == "hatlar.csv"
    assert "timetable" in made.left_out


def test_a_change_waits_again_and_costs_its_time_once():
    made = network(ONE, TWO, max_wait_minutes=15.0).between(at(A), at(D))
    assert made.minutes[0, 0] == pytest.approx(
        10 + 10 + 5 + 15 + 12, abs=1e-3
    )  # half of 40 is 20, but 15 at most
    patient = network(ONE, TWO, max_wait_minutes=99.0, transfer_minutes=0.0).between(at(A), at(D))
    assert patient.minutes[0, 0] == pytest.approx(10 + 10 + 0 + 20 + 12, abs=1e-3)


def test_the_change_may_be_on_foot():
    near = ("2", [3, 2], [0, 3], 10)
    made = network(ONE, near, stops=(A, B, (9000, 0), (4000, 400))).between(at(A), at((9000, 0)))
    by_two = 10 + 10 + 4 + 5 + 5 + 3
    assert made.minutes[0, 0] == pytest.approx(min(by_two, 35), abs=1e-3)


def test_a_line_runs_in_its_direction():
    made = network(ONE, limit_minutes=60).between(at(C), at(A))
    assert np.isnan(made.minutes[0, 0])


def test_walking_is_taken_where_it_is_sooner():
    made = network(ONE).between(at((0, 0)), at((0, 600), (4000, 0)))
    assert made.minutes[0] == pytest.approx([6, 20], abs=1e-3)


def test_too_far_from_any_stop_one_walks_and_a_point_nobody_knows_is_unreachable():
    made = network(ONE, walk_limit_m=1000.0).between(at((0, 1001), (np.nan, 0)), at((8000, 0), (np.nan, 1)))
    assert made.minutes[0, 0] == pytest.approx(np.hypot(8000, 1001) / 100, abs=1e-3)
    assert np.isnan([made.minutes[0, 1], *made.minutes[1]]).all()
    assert made.settings["origins_without_access"] == 2


def test_beyond_the_limit_is_unreachable():
    made = network(ONE, limit_minutes=30.0).between(at(A), at(B, C))
    assert np.isnan(made.minutes[0]).tolist() == [False, True]


# --------------------------------------------------------------------- roads
def street():
    """A street along the line, 100 m a minute, broken by a river between 5 and 7 km."""
    points = [(0, 0), (5000, 0), (5000, -3000), (7000, -3000), (7000, 0), (8000, 0)]
    both = [pair for one in itertools.pairwise(range(6)) for pair in (one, one[::-1])]
    tails, heads = np.array(both).T
    metres = np.hypot(*(np.array(points)[tails] - np.array(points)[heads]).T)
    facts = {"extract": "town.osm.pbf"}
    return road_graph(at(*points), tails, heads, metres * 0.6, epsg=EPSG, facts=facts)


def test_people_walk_along_the_streets_and_stops_lie_on_them():
    made = network(ONE, roads=street()).between(at((300, 100)), at((7800, 0), (4000, 0), (100, 0)))
    assert made.minutes[0] == pytest.approx([1 + 3 + 10 + 25 + 2, 1 + 3 + 10 + 10, 1 + 2], abs=1e-3)
    assert (made.settings["extract"], made.settings["stops_too_far"]) == ("town.osm.pbf", 1)


def test_around_the_river_on_foot():
    made = network(("1", [0, 1], [0, 10], 20), roads=street()).between(at((4500, 0)), at((7500, 0)))
    assert made.minutes[0, 0] == pytest.approx(5 + 30 + 20 + 30 + 5, abs=1e-3)


def test_roads_of_another_crs_are_refused():
    with pytest.raises(ValueError, match="give one CRS"):
        BusNetwork(BusLines(lon=np.zeros(1), lat=np.zeros(1), lines=()), epsg=5255, roads=street())


def test_no_line_is_refused():
    with pytest.raises(ValueError, match="no bus line"):
        network()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("1", [0, 1], [0, -1], 20), "never fall"),
        (("1", [0, 1], [-1, 1], 20), "never fall"),
        (("1", [0, 1], [0, np.nan], 20), "never fall"),
        (("1", [0, 1], [0, 1, 2], 20), "never fall"),
        (("1", [0], [0], 20), "2 stops"),
        (("1", [0, 1], [0, 1], 0), "headway > 0"),
        (("1", [0, 9], [0, 1], 20), "none of the 4"),
    ],
)
def test_impossible_lines_are_refused(line, said):
    with pytest.raises(ValueError, match=said):
        network(line)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_any_journey_agrees_with_networkx(seed):
    rng = np.random.default_rng(seed)
    stops = rng.uniform(0, 6000, (9, 2))
    lines = []
    for name in range(4):
        called = rng.choice(9, rng.integers(2, 6), replace=False)
        minutes = np.concatenate([[0], np.cumsum(rng.uniform(1, 9, len(called) - 1))])
        lines.append((str(name), called, minutes, rng.uniform(2, 60)))
    homes, centres = rng.uniform(0, 6000, (2, 3, 2))
    made = network(*lines, stops=stops, walk_limit_m=2000.0).between(at(*homes), at(*centres)).minutes
    graph = nx.DiGraph()
    for (i, one), (j, two) in itertools.product(enumerate(stops), repeat=2):
        if i != j and (apart := np.hypot(*(one - two)) / 100) <= 20:
            graph.add_edge(("rode", i), ("rode", j), weight=apart)
    for name, called, minutes, headway in lines:
        wait = min(headway / 2, 15)
        for k, stop in enumerate(called):
            graph.add_edge(("stop", stop), (name, k), weight=wait)
            graph.add_edge(("rode", stop), (name, k), weight=wait + 5)
            graph.add_edge((name, k), ("rode", stop), weight=0)
            if k:
                graph.add_edge((name, k - 1), (name, k), weight=minutes[k] - minutes[k - 1])
    for k, place in enumerate(homes):
        for i, apart in enumerate(np.hypot(*(stops - place).T) / 100):
            if apart <= 20:
                graph.add_edge(("home", k), ("stop", i), weight=apart)
        for m, other in enumerate(centres):
            graph.add_edge(("home", k), ("centre", m), weight=np.hypot(*(place - other)) / 100)
    for m, place in enumerate(centres):
        for i, apart in enumerate(np.hypot(*(stops - place).T) / 100):
            if apart <= 20:
                graph.add_edge(("rode", i), ("centre", m), weight=apart)
    expected = [
        [nx.dijkstra_path_length(graph, ("home", k), ("centre", m)) for m in range(3)] for k in range(3)
    ]
    np.testing.assert_allclose(made, expected, atol=1e-4)


@pytest.mark.parametrize(
    "bad", [{"walk_km_per_hour": 0}, {"walk_detour": 0.9}, {"max_wait_minutes": -1}, {"limit_minutes": 0}]
)
def test_impossible_settings_are_refused(bad):
    with pytest.raises(ValueError, match="must be"):
        BusSettings(**bad)


# --------------------------------------------------------------------- table
TABLE = """line,stop,minutes,headway_minutes,lon,lat
12,Çarşı,0,20,30.0,37.0
12,Okul,6,20,30.02,37.0
12,Köy,15,20,30.05,37.01
7,Okul,0,45,30.02,37.0
7,Hastane,9,45,30.02,37.03
"""


def table(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "hatlar.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_table_of_minutes_runs_both_ways(tmp_path):
    made = read_lines(table(tmp_path, TABLE))
    assert [line.name for line in made.lines] == ["12", "7", "12", "7"]
    assert len(made.lon) == 4
    assert made.lines[2].stops.tolist() == [2, 1, 0]
    assert made.lines[2].minutes.tolist() == [0, 9, 15]
    assert made.facts["lines_file"] == "hatlar.csv"
    assert len(read_lines(table(tmp_path, TABLE), both_ways=False).lines) == 2


def test_the_rows_may_come_in_any_order_with_semicolons_and_commas(tmp_path):
    head, *rows = TABLE.replace(",", ";").replace(".", ",").splitlines()
    mixed = table(tmp_path, "\n".join([head, *rows[::-1]]), "utf-8-sig")
    by_name = {line.name: line for line in read_lines(mixed, both_ways=False).lines}
    assert by_name["12"].minutes.tolist() == [0, 6, 15]
    assert by_name["7"].headway_minutes == 45


def test_without_minutes_the_order_and_a_speed_are_taken(tmp_path):
    text = "line,stop,order,headway_minutes,lon,lat\n5,a,1,30,30.0,37.0\n5,b,2,30,30.0,37.01\n"
    made = read_lines(table(tmp_path, text), km_per_hour=20, detour=1.5)
    assert made.lines[0].minutes[1] == pytest.approx(1.112 * 1.5 / 20 * 60, rel=1e-3)
    assert made.facts["bus_km_per_hour"] == 20


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("12,Okul,6,", "12,Okul,soon,", r"hatlar\.csv, row 3, column minutes: 'soon' is no number"),
        ("12,Okul,6,20,30.02", "12,Okul,6,20,300.2", r"row 3, column lon: '300.2' is no number from -180"),
        ("12,Okul,6,20", "12,Okul,6,0", "row 3, column headway_minutes"),
        ("12,Okul,6,20", "12,Okul,6,25", "column line: line '12' must have 2 stops or more, and one"),
        ("12,Okul,6", "12,,6", "row 3, column stop: must not be empty"),
        ("12,Okul,6", ",Okul,6", "row 3, column line: must not be empty"),
        ("7,Okul,0,45,30.02", "7,Okul,0,45,30.52", "row 5, column stop: 'Okul' lies elsewhere"),
        ("7,Hastane,9,45,30.02,37.03\n", "", "line '7' must have 2 stops"),
        ("headway_minutes", "headway", "row 1, column headway_minutes: is missing"),
        ("minutes,headway_minutes", "time,headway_minutes", "column minutes: either this column or order"),
        ("37.01", "37.01,1,2", "row 4: 8 cells under 6 names"),
        ("12,Okul,6", '12,"Okul,6', "no table of text"),
        ("12,Okul,6", "12,Okul,nan", "is no number"),
        (TABLE, TABLE.splitlines()[0], "no row is listed"),
        (TABLE, "", "row 1, column line: is missing"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, old, new, said):
    assert old in TABLE
    with pytest.raises(TableError, match=said):
        read_lines(table(tmp_path, TABLE.replace(old, new)))


def test_another_encoding_is_told(tmp_path):
    with pytest.raises(TableError, match="UTF-8"):
        read_lines(table(tmp_path, TABLE, "cp1254"))
