"""A made-up city of any size: areas with wiggly shared borders, and published runs of several maps."""

import datetime as dt

import numpy as np
import shapely
from sqlalchemy import insert, text

from app.store import shapes
from app.store.copying import copy_rows
from app.store.logins import Login
from app.store.tables.agg import PublishedMap, PublishedRun

WEST_M, SOUTH_M, CELL_M = 3_200_000.0, 4_800_000.0, 1_500.0
BENDS = 9  # corners an edge: 36 an area, as real boundaries have
BLOCK = 20  # areas a side of a district
BOUNDARY = 1
TOPICS = ("yoksulluk", "barinma", "saglik", "egitim", "engellilik", "yaslilik")
FIRST = ("Çamlı", "Iğdır", "İnönü", "Şirin", "Ğ", "Öz", "Ulu", "Ay", "Gül", "Zeytin")
LAST = ("köy", "pınar", "tepe", "dere", "bahçe", "yurt", "çay", "oba", "taş", "su")


def polygons(rows, columns, *, seed=1):
    """(rows * columns,) polygons in EPSG:3857; neighbours share every corner of their border."""
    rng = np.random.default_rng(seed)
    down, across = np.meshgrid(np.arange(rows + 1), np.arange(columns + 1), indexing="ij")
    nodes = np.stack([across, down], axis=-1) + rng.uniform(-0.2, 0.2, (rows + 1, columns + 1, 2))
    east = _edges(nodes[:, :-1], nodes[:, 1:], rng)
    north = _edges(nodes[:-1], nodes[1:], rng)
    top, left = east[1:][:, :, ::-1], north[:, :-1][:, :, ::-1]
    rings = np.concatenate([east[:-1, :, :-1], north[:, 1:, :-1], top[:, :, :-1], left], axis=2)
    corners = rings.reshape(rows * columns, -1, 2) * CELL_M + (WEST_M, SOUTH_M)
    return shapely.polygons(corners)


def _edges(start, end, rng):
    """(..., BENDS + 1, 2) wiggly lines from start to end, both included."""
    share = np.linspace(0, 1, BENDS + 1)[:, None]
    line = start[..., None, :] * (1 - share) + end[..., None, :] * share
    wiggle = rng.uniform(-0.025, 0.025, line.shape)
    wiggle[..., (0, -1), :] = 0
    return line + wiggle


def publish(store, *, rows=160, columns=200, runs=2, keys=6):
    """Fill `agg` with a city of rows * columns areas, and runs of `keys` maps each, the last in force."""
    codes = _publish_areas(store, rows, columns)
    for number in range(1, runs + 1):
        _publish_run(store, codes, number, current=number == runs, keys=keys)
    return codes


def _publish_areas(store, rows, columns):
    found = shapely.multipolygons(polygons(rows, columns)[:, None])
    hexes = shapely.to_wkb(shapely.set_srid(found, 3857), hex=True, include_srid=True)
    codes = [f"{place:06d}" for place in range(rows * columns)]
    wide = -(-columns // BLOCK)
    lines = (
        [BOUNDARY, code, place, _name(place), _district(place, columns, wide), None, True, shape]
        for place, (code, shape) in enumerate(zip(codes, hexes, strict=True))
    )
    names = ["boundary_id", "code", "place", "name", "district", "population", "constructed", "geom"]
    with store.session(Login.REFRESH) as session:
        copy_rows(session, "agg.areas", names, lines)
        session.execute(text("UPDATE agg.about SET holds = 'demonstration'"))
    return codes


def _name(place):
    return f"{FIRST[place % 10]}{LAST[place // 10 % 10]} {place // 100}"


def _district(place, columns, wide):
    block = place // columns // BLOCK * wide + place % columns // BLOCK
    return f"{FIRST[block % 10]}{LAST[block // 10 % 10]} {1 + block // 100}".strip()


def _publish_run(store, codes, number, *, current, keys):
    moment = dt.datetime(2024 + number, 3, 7, tzinfo=dt.UTC)
    run = {"run_id": number, "title": f"{2024 + number} risk haritası", "year": 2024 + number}
    run |= {"boundary_id": BOUNDARY, "published_at": moment, "approved_by": "os:ayşe"}
    maps = [_map(number, place) for place in range(keys)]
    with store.session(Login.REFRESH) as session:
        session.execute(insert(PublishedRun), [run | {"is_current": current, "is_simulation": True}])
        for place, about in enumerate(maps):
            _publish_classes(session, codes, about, np.random.default_rng(100 * number + place))
        session.execute(insert(PublishedMap), maps)
        zones = ([number, code, 1 + place * 12 // len(codes)] for place, code in enumerate(codes))
        copy_rows(session, "agg.zones", ["run_id", "area_code", "zone"], zones)
        shapes.derive(session, boundary_id=BOUNDARY, run_id=number)


def _map(run_id, place):
    topic = TOPICS[place - 1] if place else ""
    key = f"topic:{topic}" if place else "need"
    about = {
        "title": {"tr": topic or "İhtiyaç", "en": topic or "Need"},
        "unit": "share",
        "higher_is_worse": True,
    }
    about |= {"inner_breaks": [0.05, 0.11, 0.18, 0.3], "source": "benzetim", "denominator": "nüfus"}
    row = {"run_id": run_id, "key": key, "kind": "topic" if place else "need", "topic": topic}
    return row | {"indicator": "", "grp": "", "sex": "", "year": 2024 + run_id, "definition": about}


def _publish_classes(session, codes, about, rng):
    levels = rng.integers(1, 6, len(codes)).tolist()
    kinds = rng.choice(["class", "modelled", "insufficient"], len(codes), p=[0.6, 0.35, 0.05]).tolist()
    grade = {"class": "B", "modelled": "C", "insufficient": "D"}
    base = {"class": "20+", "modelled": "<20", "insufficient": "0"}
    lines = (
        [
            about["run_id"],
            about["key"],
            code,
            None if kind == "insufficient" else level,
            grade[kind],
            kind,
            base[kind],
        ]
        for code, level, kind in zip(codes, levels, kinds, strict=True)
    )
    names = ["run_id", "key", "area_code", "risk_class", "reliability", "shown", "base"]
    copy_rows(session, "agg.classes", names, lines)
    shown = [level for level, kind in zip(levels, kinds, strict=True) if kind != "insufficient"]
    about["definition"]["counts_by_class"] = np.bincount(shown, minlength=6)[1:6].tolist()
