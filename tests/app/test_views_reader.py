"""What screens read: fast views of published maps, with the planner's login and nothing else."""

import contextlib
import dataclasses
import datetime as dt
import gzip
import io
import json
import shutil
import sqlite3
import threading

import numpy as np
import pypdf
import pytest
import shapely

from app import views
from app.errors import RefusedError
from app.i18n import say
from app.maps.files import View, as_pdf
from app.store.logins import Login
from app.store.session import Store
from app.views.kept import Kept
from app.views.reader import Reader


@pytest.fixture(scope="module")
def two_runs(published_settings, copy_store, made_run, publish):
    """A store with a second run: need a class worse in ten areas, better in five, hidden in two."""
    settings = copy_store(published_settings, language="tr")
    later = dataclasses.replace(
        made_run["run"],
        run_id=8,
        title="2027 risk haritası",
        published_at=dt.datetime(2027, 3, 1, tzinfo=dt.UTC),
    )
    classes = made_run["classes"].copy()
    need = classes["key"] == "need"
    up = classes.index[need & (classes["risk_class"] < 5)][:10]
    down = classes.index[need & (classes["risk_class"] > 1)].difference(up)[:5]
    gone = classes.index[need & classes["risk_class"].notna()].difference(up).difference(down)[:2]
    classes.loc[up, "risk_class"] += 1
    classes.loc[down, "risk_class"] -= 1
    classes.loc[gone, ["risk_class", "shown", "reliability"]] = [None, "insufficient", "D"]
    with contextlib.closing(Store.open(settings)) as store:
        with store.session(Login.REFRESH) as session:
            session.connection().exec_driver_sql("UPDATE agg.runs SET is_current = false")
        publish(store, made_run, run=later, classes=classes)
    return settings


@pytest.fixture(scope="module")
def reader(two_runs):
    with contextlib.closing(views.open_reader(two_runs)) as opened:
        yield opened


@pytest.fixture(scope="module")
def run(reader):
    return next(run for run in views.runs(reader) if run.run_id == 7)


@pytest.fixture(scope="module")
def need(made_run):
    """Rows of the need map in order of place."""
    return made_run["classes"].query("key == 'need'").sort_values("code", ignore_index=True)


def test_a_reader_needs_no_secret_but_the_planners(published_settings, new_settings):
    settings = new_settings()
    settings.here.secrets.mkdir(parents=True)
    shutil.copy(published_settings.here.secrets / "planner.secret", settings.here.secrets)
    shutil.copy(published_settings.here.server_file, settings.here.server_file)
    with contextlib.closing(views.open_reader(settings)) as alone:
        run = views.current_run(alone)
        assert len(views.class_string(alone, run, "need")) == 913


@pytest.mark.parametrize("login", [login for login in Login if login is not Login.PLANNER])
def test_a_reader_refuses_every_other_login(reader, login):
    with pytest.raises(PermissionError, match=str(login)), reader.session(login):
        pass


def test_many_threads_read_at_once(two_runs):
    found, errors = [], []

    def _read(opened):
        try:
            run = views.current_run(opened)
            found.append(views.class_string(opened, run, "need"))
        except Exception as error:  # noqa: BLE001 any failure of a thread must be seen
            errors.append(error)

    with contextlib.closing(views.open_reader(two_runs)) as opened:
        threads = [threading.Thread(target=_read, args=(opened,)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []
    assert len(found) == 12
    assert len(set(found)) == 1


def test_the_class_string_has_a_character_an_area_in_order_of_code(reader, run, need):
    drawn = views.class_string(reader, run, "need")
    assert len(drawn) == len(need) == 913
    for symbol, row in zip(drawn, need.itertuples(), strict=True):
        expected = {"class": f"{row.risk_class}", "insufficient": "0"}
        modelled = "abcde"[int(row.risk_class) - 1] if row.shown == "modelled" else ""
        assert symbol == (modelled or expected[row.shown])


def test_a_district_map_gives_each_area_its_districts_class(reader, run, made_run):
    drawn = views.class_string(reader, run, "indicator:siddet_kaydi")
    by_district = {}
    for symbol, district in zip(drawn, made_run["areas"]["district"], strict=True):
        by_district.setdefault(district, set()).add(symbol)
    assert len(by_district) == 19
    assert {len(symbols) for symbols in by_district.values()} == {1}


def test_a_map_that_is_not_there_is_refused(reader, run):
    with pytest.raises(RefusedError, match=r"risk\.no_map"):
        views.class_string(reader, run, "topic:../../etc")


def test_counts_of_the_legend_are_those_of_the_map_and_of_a_district(reader, run, need, made_run):
    counts = views.counts(reader, run, "need")
    assert sum(counts.values()) == 913
    for place in range(1, 6):
        assert counts[str(place)] + counts["abcde"[place - 1]] == (need["risk_class"] == place).sum()
    kepez = views.counts(reader, run, "need", district="Kepez")
    assert sum(kepez.values()) == (made_run["areas"]["district"] == "Kepez").sum()


def test_the_table_is_a_page_of_a_hundred_with_the_worst_first(reader, run):
    page = views.table_page(reader, run, "need", views.Ask())
    assert (len(page.rows), page.total, page.page, page.pages) == (100, 913, 0, 10)
    assert {row.risk_class for row in page.rows} == {5}
    last = views.table_page(reader, run, "need", views.Ask(page=99))
    assert (last.page, len(last.rows)) == (9, 13)
    assert last.rows[-1].risk_class is None


@pytest.mark.parametrize("descending", [True, False])
def test_areas_without_a_class_come_last_either_way(reader, run, descending):
    rows = views.table_rows(reader, run, "need", views.Ask(descending=descending))
    levels = [row.risk_class for row in rows]
    known = [level for level in levels if level]
    assert levels[: len(known)] == known == sorted(known, reverse=descending)


def test_names_are_sorted_by_the_turkish_alphabet(reader, run):
    rows = views.table_rows(reader, run, "need", views.Ask(sort="neighbourhood", descending=False))
    initials = list(dict.fromkeys(row.neighbourhood[0] for row in rows if row.neighbourhood[0].isalpha()))
    alphabet = "ABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZ"
    assert initials == [letter for letter in alphabet if letter in initials]
    assert {"Ç", "İ", "Ş"} <= set(initials)


def test_a_column_that_is_not_offered_is_refused(reader, run):
    with pytest.raises(ValueError, match="sort must be one of"):
        views.table_page(reader, run, "need", views.Ask(sort="code; DROP TABLE agg.areas"))


@pytest.mark.parametrize("typed", ["çamlıbel", "CAMLIBEL", "Camlibel", "ÇAMLIBEL", " çamlıbel mah"[:9]])
def test_a_search_finds_names_with_and_without_turkish_letters(reader, run, typed):
    rows = views.table_rows(reader, run, "need", views.Ask(search=typed))
    assert rows
    assert all("amlıbel" in row.neighbourhood for row in rows)


def test_a_search_takes_words_of_name_and_district_and_codes(reader, run, made_run):
    first = made_run["areas"].iloc[0]
    asked = views.Ask(search=f"{first['name'][:4]} {first['district']}")
    assert first["code"] in {row.code for row in views.table_rows(reader, run, "need", asked)}
    by_code = views.table_rows(reader, run, "need", views.Ask(search=first["code"]))
    assert first["code"] in {row.code for row in by_code}
    assert views.table_page(reader, run, "need", views.Ask(search="%' UNION SELECT --")).total == 0


def test_the_page_of_an_area_holds_it(reader, run):
    ask = views.Ask(sort="neighbourhood", descending=False)
    code = views.table_rows(reader, run, "need", ask)[437].code
    page = views.page_of(reader, run, "need", ask, code=code)
    assert page == 4
    shown = views.table_page(reader, run, "need", dataclasses.replace(ask, page=page))
    assert code in {row.code for row in shown.rows}
    other = dataclasses.replace(ask, district="no such district")
    assert views.page_of(reader, run, "need", other, code=code) is None


def test_no_row_and_no_string_carries_a_number_of_a_neighbourhood(reader, run):
    names = {field.name for field in dataclasses.fields(views.TableRow)}
    assert names == {
        "place",
        "code",
        "neighbourhood",
        "district",
        "risk_class",
        "reliability",
        "shown",
        "base",
    }
    rows = views.table_rows(reader, run, "need", views.Ask())
    assert {row.base for row in rows} == {"20+", "<20", "0"}
    assert set(views.class_string(reader, run, "need")) <= set("12345abcde0.")


def test_a_profile_shows_an_area_on_every_map_of_the_run(reader, run, made_run):
    code = made_run["areas"]["code"].iloc[100]
    found = views.profile(reader, run, code)
    assert (found.neighbourhood, found.place) == (made_run["areas"]["name"].iloc[100], 100)
    assert set(found.lines) == {about["key"] for about in made_run["maps"]}
    mine = made_run["classes"].query("code == @code").set_index("key")
    for key, line in found.lines.items():
        if key != "indicator:siddet_kaydi":
            assert line.reliability == mine.loc[key, "reliability"]
            assert line.before is None
    assert found.zone == made_run["zones"].set_index("code").loc[code, "zone"]


def test_a_profile_tells_the_class_before(reader, need):
    newest = views.current_run(reader)
    moved = views.compare(reader, newest, "need").symbols.index("+")
    line = views.profile(reader, newest, need["code"].iloc[moved]).lines["need"]
    assert line.risk_class == line.before + 1


def test_an_area_that_is_not_there_has_no_profile(reader, run):
    with pytest.raises(RefusedError, match=r"risk\.no_area"):
        views.profile(reader, run, "'; --")


def test_a_comparison_counts_what_moved_where_both_are_shown(reader, need):
    found = views.compare(reader, views.current_run(reader), "need")
    hidden = int(need["risk_class"].isna().sum())
    assert found.before.run_id == 7
    assert (found.worse, found.better, found.neither) == (10, 5, hidden + 2)
    assert found.worse + found.same + found.better + found.neither == len(found.symbols) == 913


def test_a_comparison_of_one_district_counts_only_there(reader, made_run):
    areas = (made_run["areas"]["district"] == "Kepez").sum()
    found = views.compare(reader, views.current_run(reader), "need", district="Kepez")
    assert found.worse + found.same + found.better + found.neither == areas
    assert len(found.symbols) == 913


def test_the_page_of_a_change_says_what_moved_against_which_map(reader):
    newest = views.current_run(reader)
    about = views.describe(reader, newest)["need"]
    view = View(run=newest, about=about, ask=views.Ask(), language="tr", with_change=True)
    told = pypdf.PdfReader(io.BytesIO(as_pdf(reader, view))).pages[0].extract_text()
    for part in (say("risk.change_heading", "tr"), "2026 risk haritası", "n = 10", "n = 5"):
        assert part in told
    plain = dataclasses.replace(view, with_change=False)
    assert "n = 10" not in pypdf.PdfReader(io.BytesIO(as_pdf(reader, plain))).pages[0].extract_text()
    assert view.name != plain.name


def test_why_two_runs_cannot_be_compared_is_said(reader, run):
    newest = views.current_run(reader)
    assert views.compare(reader, run, "need").why_not == "first"
    assert views.compare(reader, newest, "topic:nothing").why_not == "no_map"
    other = dataclasses.replace(newest, boundary_id=99)
    assert views.compare(reader, other, "need").why_not == "boundaries"


def test_districts_come_in_turkish_order_with_their_areas(reader, run):
    found = views.districts(reader, run)
    names = [district.name for district in found]
    assert names.index("Gündoğmuş") < names.index("İbradı") < names.index("Kaş")
    assert sum(district.areas for district in found) == 913


def test_a_click_finds_the_area_under_it(reader, run, made_run):
    flat = made_run["areas"].to_crs(4326)
    spots = shapely.point_on_surface(flat.geometry.to_numpy())
    for place in (0, 300, 912):
        lon, lat = shapely.get_x(spots[place]), shapely.get_y(spots[place])
        assert views.at(reader, run, lon=lon, lat=lat) == flat["code"].iloc[place]


@pytest.mark.parametrize(("lon", "lat"), [(0, 0), (500, 36), (30, 89.9), (float("nan"), 36)])
def test_a_click_elsewhere_finds_nothing(reader, run, lon, lat):
    assert views.at(reader, run, lon=lon, lat=lat) is None


def test_extents_are_in_degrees_and_nest(reader, run, made_run):
    city = views.extent(reader, run)
    assert city == pytest.approx(tuple(made_run["areas"].to_crs(4326).total_bounds), abs=1e-6)
    code = made_run["areas"]["code"][made_run["areas"]["district"] == "Kepez"].iloc[0]
    district, area = views.extent(reader, run, district="Kepez"), views.extent(reader, run, code=code)
    for inner, outer in ((area, district), (district, city)):
        assert inner[0] >= outer[0] - 1e-9
        assert inner[3] <= outer[3] + 1e-9
    with pytest.raises(RefusedError):
        views.extent(reader, run, district="Atlantis")


def test_places_come_in_degrees(reader, made_run):
    centres = views.places_of(reader, "centre")
    assert [place.key for place in centres] == sorted(made_run["points"].query("kind == 'centre'")["key"])
    assert all(29 < place.lon < 33 and 36 < place.lat < 38 for place in centres)
    assert len(views.places_of(reader, "centre", "site")) == len(made_run["points"])


def test_a_tile_is_gzip_with_a_tag_and_may_be_kept_for_ever(reader, run):
    version = views.version(reader, run)
    first, again = (views.tile(reader, "areas", version, 6, 37, 24) for _ in range(2))
    assert first == again
    assert len(gzip.decompress(first.bytes_gzip)) > 10_000
    assert first.etag.strip('"').isalnum()
    assert "immutable" in first.cache_control
    assert "private" in first.cache_control


def test_names_come_in_the_order_of_places_in_the_tiles(reader, run):
    version, names = views.version(reader, run), reader.gazetteer(run)
    told = json.loads(gzip.decompress(views.names(reader, version).bytes_gzip))
    assert len(told) == 913
    assert told[17] == f"{names.names[17]}, {names.districts[17]}"
    with pytest.raises(RefusedError, match=r"risk\.no_tile"):
        views.names(reader, "1-0000")


def test_zone_tiles_are_those_of_the_run(reader, run):
    other = views.current_run(reader)
    tile = views.tile(reader, "zones", views.zone_version(run), 6, 37, 24)
    assert len(gzip.decompress(tile.bytes_gzip)) > 500
    assert views.zone_version(run) != views.zone_version(other)


@pytest.mark.parametrize(
    ("layer", "version", "z", "x", "y"),
    [
        ("classes", None, 6, 37, 24),
        ("areas", "3-0000000000", 6, 37, 24),
        ("areas", "3", 6, 37, 24),
        ("areas", "99-0000000000", 6, 37, 24),
        ("areas", "../../etc/passwd", 6, 37, 24),
        ("zones", "7-1", 6, 37, 24),
        ("areas", None, -1, 0, 0),
        ("areas", None, 6, 64, 0),
        ("areas", None, 6, 0, -1),
        ("areas", None, 31, 0, 0),
    ],
)
def test_a_tile_that_is_not_there_is_refused(reader, run, layer, version, z, x, y):
    with pytest.raises(RefusedError, match=r"risk\.no_tile"):
        views.tile(reader, layer, version or views.version(reader, run), z, x, y)


def test_reading_ahead_keeps_what_the_first_visitor_asks_for(two_runs):
    with contextlib.closing(views.open_reader(two_runs)) as opened:
        assert views.warm(opened) > 6
        run = views.current_run(opened)
        kept = opened.tiles.weight
        assert kept > 10_000
        assert views.warm(opened) > 6
        assert opened.tiles.weight == kept
        assert opened.layer(run, "need") is opened.layer(run, "need")


def test_reading_ahead_of_nothing_does_no_harm(store):
    with contextlib.closing(views.open_reader(store.settings)) as opened:
        assert views.warm(opened) == 0


def test_the_memory_of_tiles_is_bounded():
    kept = Kept(100, weigh=len)
    for name in range(50):
        kept.get(name, lambda: b"x" * 30)
    assert kept.weight <= 100
    made = []
    kept.get(49, lambda: made.append(1) or b"")
    assert made == []
    kept.get(0, lambda: made.append(1) or b"")
    assert made == [1]


def test_a_thing_too_heavy_to_keep_is_still_given():
    kept = Kept(10, weigh=len)
    assert kept.get("a", lambda: b"x" * 50) == b"x" * 50
    assert kept.weight == 0


@pytest.fixture
def mbtiles(tmp_path):
    file = tmp_path / "altlık #1.mbtiles"
    with contextlib.closing(sqlite3.connect(file)) as made, made:
        made.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
        made.execute("INSERT INTO tiles VALUES (2, 1, 3, ?)", [b"\x89PNG.."])
        made.execute("INSERT INTO tiles VALUES (2, 1, 2, ?)", [b"<script>"])
    return file


def test_a_base_map_of_our_own_is_read_from_mbtiles_with_rows_from_the_south(mbtiles):
    found = views.basemap_tile(mbtiles, z=2, x=1, y=0)
    assert (found.content, found.kind) == (b"\x89PNG..", "image/png")


@pytest.mark.parametrize(("z", "x", "y"), [(2, 0, 0), (2, 1, 1), (2, 4, 0), (-1, 0, 0), (99, 0, 0)])
def test_what_is_no_picture_of_the_base_map_is_refused(mbtiles, z, x, y):
    with pytest.raises(RefusedError, match=r"risk\.no_tile"):
        views.basemap_tile(mbtiles, z=z, x=x, y=y)


def test_a_base_map_that_is_no_mbtiles_is_refused_and_not_made(tmp_path):
    with pytest.raises(RefusedError, match=r"risk\.no_basemap"):
        views.basemap_tile(tmp_path / "nothing.mbtiles", z=0, x=0, y=0)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_is_a_store_that_old_callers_can_use(reader):
    assert isinstance(reader, Reader)
    assert len(views.classes(reader, views.current_run(reader), "need")) == 913
    assert np.isfinite(views.points(reader).geometry.x).all()
