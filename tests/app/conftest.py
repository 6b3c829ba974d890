"""A published run made by hand on the demonstration's geography: what readers see, without any estimate."""

import contextlib
import datetime as dt
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import insert, text

from app.demo import city, places
from app.store import shapes
from app.store.copying import copy_rows
from app.store.logins import Login
from app.store.session import Store
from app.store.tables.agg import MapPoint, PublishedMap, PublishedPlan, PublishedRun
from app.views import MapRun, RiskMap

PUBLISHED = dt.datetime(2026, 3, 7, 9, 30, tzinfo=dt.UTC)
TOPICS = {
    "yoksulluk": ("Yoksulluk", "Poverty"),
    "barinma": ("Barınma", "Housing"),
    "saglik_bakim": ("Sağlık ve bakım", "Health and care"),
    "egitim": ("Eğitim ve çocuk riski", "Education and child risk"),
    "engellilik": ("Engellilik", "Disability"),
    "yaslilik": ("Yaşlılık", "Old age"),
    "goc": ("Göç ve uyum", "Migration"),
}
GROUPS = {
    "cocuk": ("Çocuklar", "Children"),
    "yasli": ("Yaşlılar", "Older people"),
    "kadin": ("Kadınlar", "Women"),
}
BREAKS = {
    "share": [0.05, 0.11, 0.18, 0.3],
    "per 1000": [62.0, 110.5, 171.0, 260.0],
    "ratio": [0.5, 0.8, 1.2, 1.9],
}


def _map(kind, name="", *, titles=None, unit="share", sex="", level="neighbourhood"):
    key = (f"{kind}:{name}" if name else kind) + (f"|sex={sex}" if sex else "")
    return {
        "key": key,
        "kind": kind,
        "topic": name if kind in {"topic", "indicator"} else "",
        "indicator": name if kind == "indicator" else "",
        "grp": name if kind == "group" else "",
        "sex": sex,
        "year": 2026,
        "definition": {
            "title": dict(zip(("tr", "en"), titles, strict=True)),
            "numerator": "${gelir} < 12000",
            "denominator": "registered population 2026",
            "source": "alan-taramasi-2026",
            "method": "area model (Fay-Herriot on the logit scale)",
            "unit": unit,
            "level": level,
            "higher_is_worse": kind != "reach",
            "inner_breaks": BREAKS[unit],
        },
    }


def _maps():
    yield _map("need", titles=("1.000 kişide ihtiyaç sahibi", "Persons in need per 1,000"), unit="per 1000")
    yield _map("index", titles=("Bileşik endeks", "Composite index"), unit="ratio")
    yield _map("reach", titles=("Erişim", "Reach"), unit="ratio")
    for key, titles in TOPICS.items():
        yield _map("topic", key, titles=titles)
        for sex in ("female", "male"):
            yield _map("topic", key, titles=titles, sex=sex)
    for key, titles in GROUPS.items():
        yield _map("group", key, titles=titles)
    siddet = ("Şiddet kayıtları (ilçe düzeyinde)", "Records of violence (by district)")
    yield _map("indicator", "siddet_kaydi", titles=siddet, unit="per 1000", level="district")


def _shapes():
    frame = gpd.GeoDataFrame.from_features(json.loads(city.boundaries()), crs="EPSG:4326").to_crs(3857)
    frame["code"] = frame["code"].astype(str)
    frame = frame.sort_values("code", ignore_index=True)
    return frame.assign(constructed=True)[
        ["code", "name", "district", "population", "constructed", "geometry"]
    ]


def _classes(maps, shapes, seed):
    """Smooth made-up classes, some modelled, some insufficient."""
    rng = np.random.default_rng(seed)
    spots = shapely.get_coordinates(shapely.centroid(shapes.geometry.to_numpy()))
    spots = (spots - spots.mean(axis=0)) / spots.std(axis=0)
    frames = []
    for about in maps:
        codes = shapes["code"].to_numpy()
        wave = np.sin(spots @ rng.normal(0, 1.5, 2)) + 0.5 * rng.normal(size=len(spots))
        if about["definition"]["level"] == "district":
            names = np.unique(shapes["district"])
            wave, codes = rng.normal(size=len(names)), np.array([f"@{name}" for name in names])
        kind = rng.choice(["class", "modelled", "insufficient"], len(codes), p=[0.6, 0.35, 0.05])
        rank = 1 + np.searchsorted(np.quantile(wave, [0.2, 0.4, 0.6, 0.8]), wave)
        frame = pd.DataFrame({"key": about["key"], "code": codes, "risk_class": rank})
        frame["risk_class"] = frame["risk_class"].astype("Int8").mask(kind == "insufficient")
        frame["reliability"] = np.select(
            [kind == "insufficient", kind == "modelled"], ["D", "C"], rng.choice(["A", "B"], len(codes))
        )
        frame["shown"] = kind
        frame["base"] = np.select([kind == "class", kind == "modelled"], ["20+", "<20"], "0")
        _add_steps(frame, about)
        counts = frame["risk_class"].value_counts()
        about["definition"]["counts_by_class"] = [int(counts.get(k, 0)) for k in range(1, 6)]
        about["definition"]["reliability_counts"] = {
            str(k): int(v) for k, v in frame["reliability"].value_counts().sort_index().items()
        }
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


STEPS = ["exceedance", "rank_low", "rank_high", "cluster", "rose"]


def _add_steps(frame, about):
    """How sure the map is: the chance follows the class, a cluster lies where reach or records are worst."""
    level = frame["risk_class"]
    frame["exceedance"] = level
    frame["rank_low"] = (10 - 2 * level).clip(lower=1)
    frame["rank_high"] = (13 - 2 * level).clip(upper=10)
    found = about["kind"] == "reach"
    frame["cluster"] = (level - 4).where(found & (level == 5).fillna(value=False))
    frame["rose"] = 6 - level if about["kind"] == "topic" else pd.array([pd.NA] * len(level), dtype="Int8")
    if found:
        areas = int((level == 5).sum())
        about["definition"]["clusters"] = [{"areas": areas, "p": "<= 0.001", "p_overdispersed": "<= 0.05"}]
    told = {"of": "survey", "before": "alan-taramasi-2025", "shared": False}
    about["definition"]["change"] = told if about["kind"] == "topic" else {"why_not": "not_compared"}


def _zones(shapes):
    spots = shapely.get_coordinates(shapely.centroid(shapes.geometry.to_numpy()))
    east = np.searchsorted(np.quantile(spots[:, 0], np.arange(1, 6) / 6), spots[:, 0])
    north = (spots[:, 1] > np.median(spots[:, 1])).astype(int)
    return pd.DataFrame({"code": shapes["code"], "zone": 1 + east * 2 + north})


def _points():
    own = [
        ("centre", c.key, c.name, {"owner": c.owner, "capacity": c.capacity}, c.lon, c.lat)
        for c in places.CENTRES
    ]
    rows = list(own)
    for site in places.sites(city.load(), 1):
        given = dict(zip(places.SITE_HEADER, site, strict=True))
        lon, lat = (float(str(given[name]).replace(",", ".")) for name in ("Boylam", "Enlem"))
        detail = {"ownership": str(given["Mülkiyet"]), "rent": None}
        rows.append(("site", str(given["Kod"]), str(given["Ad"]), detail, lon, lat))
    frame = pd.DataFrame(rows, columns=["kind", "key", "name", "detail", "lon", "lat"])
    shapes = gpd.points_from_xy(frame.pop("lon"), frame.pop("lat"), crs="EPSG:4326").to_crs(3857)
    return gpd.GeoDataFrame(frame, geometry=shapes)


def _plan(shapes, points):
    """Three sites, everybody with the nearest centre."""
    flat = points.to_crs(4326)
    new = points.index[points["kind"] == "site"][[3, 40, 70]]
    open_ = points.loc[[*points.index[points["kind"] == "centre"], *new]]
    spots = shapely.centroid(shapes.geometry.to_numpy())
    nearest = np.argmin(shapely.distance(spots[:, None], open_.geometry.to_numpy()[None, :]), axis=1)
    keys = open_["key"].to_numpy()[nearest]

    def _figures(row):
        mine = keys == row["key"]
        spot = flat.geometry[row.name]
        return {
            "key": row["key"],
            "name": row["name"],
            "lon": spot.x,
            "lat": spot.y,
            "region_areas": int(mine.sum()),
            "region_population": int(shapes["population"][mine].sum()),
            "region_need": round(float(shapes["population"][mine].sum()) * 0.12),
            "mean_minutes": 21.4,
            "p95_minutes": 63.9,
        }

    site = {"district": "Kepez", "ownership": "kiralık", "rent": 95000.0, "step_free": True}
    site["decisions"] = "encümen kararı"
    group = {
        "persons": 41234.0,
        "mean_before": 31.2,
        "mean_after": 22.8,
        "p95_before": 96.1,
        "p95_after": 71.0,
    }
    return {
        "run": 7,
        "title": "2026 risk haritası",
        "new": [_figures(row) | site for _, row in points.loc[new].iterrows()],
        "existing": [_figures(row) for _, row in points[points["kind"] == "centre"].iterrows()],
        "objective_person_minutes": 7_654_321.0,
        "bound_person_minutes": 7_654_321.0,
        "gap": 0.0,
        "status": "optimal",
        "seconds": 1.4,
        "travel": {"method": "straight_line", "detour": 1.3, "km_per_hour": 40.0},
        "weights": {"group": "", "priority": {"batı": 1.0}},
        "minimums": {"batı": 1},
        "before": {"mean_minutes": 30.1, "p95_minutes": 98.2, "person_minutes": 9_876_543.0},
        "after": {"mean_minutes": 22.3, "p95_minutes": 70.4, "person_minutes": 7_654_321.0},
        "groups": {name: dict(group) for name in ("cocuk", "kadin", "yasli")},
        "point_error_person_minutes": 312_000.0,
        "regions": dict(zip(shapes["code"], map(str, keys), strict=True)),
        "unserved": [],
    }


@pytest.fixture(scope="session")
def made_run():
    """Rows of `agg` as frames and dictionaries: run, maps, classes, areas, zones, points, plan."""
    shapes, maps, points = _shapes(), list(_maps()), _points()
    run = MapRun(
        run_id=7,
        title="2026 risk haritası",
        year=2026,
        boundary_id=3,
        published_at=PUBLISHED,
        approved_by="os:ayşe",
        is_current=True,
        is_simulation=True,
    )
    return {
        "run": run,
        "classes": _classes(maps, shapes, 1),
        "maps": maps,
        "areas": shapes,
        "zones": _zones(shapes),
        "points": points,
        "plan": _plan(shapes, points),
    }


@pytest.fixture(scope="session")
def need_map(made_run):
    """The headline map as readers get it, and its classes."""
    row = dict(made_run["maps"][0])
    given = dict(row.pop("definition"))
    about = RiskMap(
        key="need",
        kind="need",
        year=2026,
        titles=given["title"],
        unit=given["unit"],
        inner_breaks=tuple(given["inner_breaks"]),
        counts_by_class=tuple(given["counts_by_class"]),
        words={name: given[name] for name in ("numerator", "denominator", "source", "method")},
    )
    return about, made_run["classes"].query("key == 'need'")


def _geometry_rows(frame, columns, *, multi=False):
    shapes = [shapely.MultiPolygon([g]) if multi and g.geom_type == "Polygon" else g for g in frame.geometry]
    hexes = shapely.to_wkb(shapely.set_srid(shapes, 3857), hex=True, include_srid=True)
    for row, shape in zip(frame[columns].itertuples(index=False), hexes, strict=True):
        yield [*row, shape]


def publish_run(store, made, *, run=None, classes=None):
    """Write a run into `agg` as publishing does."""
    run = run or made["run"]
    found = made["classes"] if classes is None else classes
    with store.session(Login.REFRESH) as session:
        session.execute(insert(PublishedRun), [{f: getattr(run, f) for f in MapRun.__dataclass_fields__}])
        session.execute(insert(PublishedMap), [{"run_id": run.run_id, **row} for row in made["maps"]])
        said = ["reliability", "shown", "base"]
        names = ["run_id", "key", "area_code", "risk_class", *STEPS, *said]
        lines = (
            [run.run_id, r.key, r.code, *(None if pd.isna(n) else int(n) for n in r[3:9]), *r[9:]]
            for r in found[["key", "code", "risk_class", *STEPS, *said]].itertuples()
        )
        copy_rows(session, "agg.classes", names, lines)
        rows = ([run.run_id, r.code, int(r.zone)] for r in made["zones"].itertuples())
        copy_rows(session, "agg.zones", ["run_id", "area_code", "zone"], rows)
        shapes.derive(session, boundary_id=run.boundary_id, run_id=run.run_id)


def publish_places(store, made):
    """Write areas, points, the plan and what the store holds."""
    areas = made["areas"].assign(boundary_id=made["run"].boundary_id, place=range(len(made["areas"])))
    columns = ["boundary_id", "code", "place", "name", "district", "population", "constructed"]
    with store.session(Login.REFRESH) as session:
        copy_rows(session, "agg.areas", [*columns, "geom"], _geometry_rows(areas, columns, multi=True))
        spots = made["points"].assign(detail=made["points"]["detail"].map(json.dumps))
        names = ["kind", "key", "name", "detail"]
        assert MapPoint.__table__.schema == "agg"
        copy_rows(session, "agg.points", [*names, "geom"], _geometry_rows(spots, names))
        session.execute(
            insert(PublishedPlan), [{"plan_id": 1, "run_id": made["run"].run_id, "result": made["plan"]}]
        )
        session.execute(text("UPDATE agg.about SET holds = 'demonstration'"))


@pytest.fixture(scope="session")
def published_settings(cluster, copy_store, made_run):
    """Settings of a store with one published run; copied, never changed."""
    settings = copy_store(cluster, language="tr")
    with contextlib.closing(Store.open(settings)) as opened:
        publish_places(opened, made_run)
        publish_run(opened, made_run)
    return settings


@pytest.fixture
def published_store(published_settings):
    """The store with one published run, for reading."""
    with contextlib.closing(Store.open(published_settings)) as opened:
        yield opened


@pytest.fixture(scope="session")
def publish():
    """Write a run into `agg` as publishing does."""
    return publish_run
