"""What must never be guessed is asked, with the option that answers it, and the answer works."""

import json

import geopandas as gpd
import pytest
from shapely import Polygon, box
from sqlalchemy import select

from app.errors import RefusedError
from app.intake import LoadOptions, load
from app.store.logins import Login
from app.store.tables.geo import Boundary, Site
from app.store.tables.survey import Campaign, Case

PLACE = {"district": "Town", "neighbourhood": "Quarter"}
CASE = {"key": "Ref", "reason": "Why", "day": "When", **PLACE}


def asked(outcome):
    """The one question of an outcome that asks, and that nothing was stored."""
    assert (outcome.state, outcome.stored) == ("asked", False), outcome
    assert len(outcome.questions) == 1, outcome.questions
    return outcome.questions[0]


def rejected(outcome):
    """Codes of the rejecting problems."""
    return [str(found.code) for found in outcome.problems]


def all_of(store, column):
    with store.session(Login.SERVICE) as session:
        return session.scalars(select(column).order_by(column)).all()


# ------------------------------------------------------------------ areas
@pytest.fixture
def shapefile(city, tmp_path):
    """The small city's areas with something changed, as a zipped shapefile."""

    def _write(change=lambda frame: frame, crs=True):
        frame = change(city.frame())
        path = tmp_path / "areas.shp.zip"
        frame.to_file(path, driver="ESRI Shapefile", encoding="UTF-8")
        if not crs:
            path = _without_prj(path)
        return path

    return _write


def _without_prj(path):
    import zipfile

    bare = path.with_name("bare.zip")
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(bare, "w") as less:
        for name in whole.namelist():
            if not name.endswith(".prj"):
                less.writestr(name, whole.read(name))
    return bare


def test_a_missing_coordinate_system_is_asked_and_named(store, shapefile, city_options):
    path = shapefile(crs=False)
    question = asked(load("areas", path, options=city_options("areas"), store=store, actor="test"))
    assert "--crs" in question.option
    told = city_options("areas", crs="EPSG:5254")
    assert load("areas", path, options=told, store=store, actor="test").state == "stored"
    with store.session(Login.SERVICE) as session:
        assert session.scalars(select(Boundary)).one().metric_epsg


def test_a_wrong_coordinate_system_is_refused(store, shapefile, city_options):
    told = city_options("areas", crs="EPSG:32601")
    outcome = load("areas", shapefile(crs=False), options=told, store=store, actor="test")
    assert (outcome.state, rejected(outcome)) == ("refused", ["point.outside"])


def test_invalid_boundaries_are_asked_about_and_mended(store, shapefile, city_options):
    def twist(frame):
        x, y = frame.geometry.iloc[0].bounds[:2]
        # the upper edge crosses itself: a bow tie of a few square metres
        steps = (
            (0, 0),
            (1500, 0),
            (1500, 1500),
            (720, 1500),
            (700, 1510),
            (720, 1510),
            (700, 1500),
            (0, 1500),
        )
        bow = Polygon([(x + right, y + up) for right, up in steps])
        shapes = [bow, *frame.geometry.iloc[1:]]
        return frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs))

    path = shapefile(twist)
    question = asked(load("areas", path, options=city_options("areas"), store=store, actor="test"))
    assert question.option == "--repair"
    outcome = load("areas", path, options=city_options("areas", repair=True), store=store, actor="test")
    assert outcome.state == "stored", outcome.problems


def test_unknown_headings_are_asked_for_by_name(store, city_files):
    outcome = load("areas", city_files["areas"], options=LoadOptions(), store=store, actor="test")
    assert outcome.state == "asked"
    assert any(question.option.startswith("--map ") for question in outcome.questions)


def test_two_names_of_one_code_are_refused_and_nothing_is_stored(store, shapefile, city_options):
    def clash(frame):
        frame["HOOD_ID"] = ["SAME", "SAME", *frame["HOOD_ID"][2:]]
        return frame

    outcome = load("areas", shapefile(clash), options=city_options("areas"), store=store, actor="test")
    assert (outcome.state, outcome.sheets[0].rejected) == ("refused", 12)
    assert all_of(store, Boundary.id) == []


def test_overlaps_and_gaps_are_reported(store, shapefile, city_options):
    def shift(frame):
        x, y, *_ = frame.geometry.iloc[4].bounds
        shapes = list(frame.geometry)
        shapes[4] = box(x + 200, y, x + 1700, y + 1500)
        return frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs))

    outcome = load("areas", shapefile(shift), options=city_options("areas"), store=store, actor="test")
    assert outcome.state == "stored"
    assert outcome.report["findings"]["areas.overlap"] == 1
    assert outcome.report["names_not_unique"] == 1
    assert outcome.report["code_system"] == "river"


def test_a_moved_boundary_is_a_new_version(places_only, shapefile, city_options):
    def grow(frame):
        x, y, *_ = frame.geometry.iloc[11].bounds
        shapes = [*frame.geometry.iloc[:11], box(x, y, x + 1600, y + 1500)]
        return frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs))

    options = city_options("areas")
    outcome = load("areas", shapefile(grow), options=options, store=places_only, actor="test")
    (sheet,) = outcome.sheets
    assert (sheet.new, sheet.updated, sheet.unchanged) == (0, 1, 11)
    assert len(all_of(places_only, Boundary.id)) == 2


def test_geojson_in_degrees_gives_the_same_areas(places_only, city, city_options, tmp_path):
    frame = city.frame().to_crs(4326)
    path = tmp_path / "areas.geojson"
    path.write_text(frame.to_json(drop_id=True), encoding="utf-8")
    assert json.loads(path.read_text())["type"] == "FeatureCollection"
    outcome = load("areas", path, options=city_options("areas"), store=places_only, actor="test")
    (sheet,) = outcome.sheets
    assert (sheet.new, sheet.updated, sheet.unchanged) == (0, 0, 12)


# ------------------------------------------------------------------ numbers and dates
SITE = ("REF", "TITLE", "TENURE", "FEE", "NORTH", "EAST")


def test_an_ambiguous_decimal_mark_is_asked(send, places_only, city):
    lat, lon = city._points(1)[0]
    rows = [("S1", "a", "rented", "1.250", lat, lon), ("S2", "b", "rented", "2.500", lat, lon)]
    columns = city.COLUMNS["sites"]
    question = asked(send("sites", SITE, rows, columns=columns))
    assert (question.option, question.choices) == ("--decimal comma", ("comma", "point"))
    assert send("sites", SITE, rows, columns=columns, decimal="comma").state == "stored"
    assert all_of(places_only, Site.rent) == [1250, 2500]
    assert send("sites", SITE, rows, columns=columns, decimal="point").sheets[0].updated == 2
    assert all_of(places_only, Site.rent) == [1.25, 2.5]


def test_an_ambiguous_order_of_day_and_month_is_asked(send, places_only):
    header = ("Ref", "Why", "When", "Town", "Quarter")
    rows = [
        ("1", "aid", "03.04.2025", "Güney Irmak", "Ağıl"),
        ("2", "aid", "05.06.2025", "Güney Irmak", "Ağıl"),
    ]
    slashes = [(a, b, day.replace(".", "/"), *rest) for a, b, day, *rest in rows]
    question = asked(send("cases", header, slashes, columns=CASE))
    assert question.option == "--dates dmy"
    assert send("cases", header, slashes, columns=CASE, dates="dmy").state == "stored"
    assert [str(day) for day in all_of(places_only, Case.day)] == ["2025-04-03", "2025-06-05"]


def test_a_day_that_only_one_order_allows_settles_the_column(send, places_only):
    header = ("Ref", "Why", "When", "Town", "Quarter")
    rows = [
        ("1", "aid", "03/04/2025", "Güney Irmak", "Ağıl"),
        ("2", "aid", "25/06/2025", "Güney Irmak", "Ağıl"),
    ]
    assert send("cases", header, rows, columns=CASE).state == "stored"
    assert [str(day) for day in all_of(places_only, Case.day)] == ["2025-04-03", "2025-06-25"]


# ------------------------------------------------------------------ campaigns
def test_a_new_survey_must_say_what_it_is(places_only, city_files, city_options):
    silent = city_options("survey", campaign_kind=None)
    question = asked(load("survey", city_files["survey"], options=silent, store=places_only, actor="test"))
    assert question.option == "--campaign-kind sample"
    assert set(question.choices) == {"sample", "complete", "targeted"}
    assert all_of(places_only, Campaign.key) == []
    told = city_options("survey", campaign_kind="targeted")
    assert load("survey", city_files["survey"], options=told, store=places_only, actor="test").stored
    assert all_of(places_only, Campaign.kind) == ["targeted"]


def test_a_survey_does_not_change_what_it_is(small_city, city_files, city_options):
    other = city_options("survey", campaign_kind="complete")
    with pytest.raises(RefusedError) as caught:
        load("survey", city_files["survey"], options=other, store=small_city, actor="test")
    assert caught.value.key == "load.campaign_kind"


def test_a_survey_that_names_no_place_is_asked_for_one(places_only, city, city_files):
    columns = dict(city.SURVEY_COLUMNS)
    options = LoadOptions(columns=columns, campaign_kind="sample")
    question = asked(load("survey", city_files["survey"], options=options, store=places_only, actor="test"))
    assert question.option.startswith("--map area_code=")


def test_two_forms_need_one_to_be_named(places_only, city, city_files, city_options, tmp_path):
    settings = (("form_title", "form_id", "version"), ("Other", "other_visit", "1"))
    city._book(
        tmp_path / "o.xlsx",
        {"survey": city.FORM_ROWS, "choices": city.FORM_CHOICES, "settings": settings},
    )
    load("form", tmp_path / "o.xlsx", options=LoadOptions(), store=places_only, actor="test")
    with pytest.raises(RefusedError) as caught:
        load("survey", city_files["survey"], options=city_options("survey"), store=places_only, actor="test")
    assert (caught.value.key, caught.value.fields["forms"]) == ("load.which_form", "other_visit, river_visit")
    named = city_options("survey", form="river_visit")
    assert load("survey", city_files["survey"], options=named, store=places_only, actor="test").stored


def test_a_form_that_changes_without_a_new_version_is_refused(places_only, city, tmp_path):
    rows = [("text", "extra", "More", "", "", "", ""), *city.FORM_ROWS[1:]]
    settings = (("form_title", "form_id", "version"), ("River household visit", "river_visit", "3"))
    city._book(
        tmp_path / "f.xlsx",
        {"survey": (city.FORM_ROWS[0], *rows), "choices": city.FORM_CHOICES, "settings": settings},
    )
    outcome = load("form", tmp_path / "f.xlsx", options=LoadOptions(), store=places_only, actor="test")
    assert outcome.state == "refused"


# ------------------------------------------------------------------ saved mappings
def test_a_saved_mapping_reads_the_next_file_alike(places_only, city, city_files, city_options):
    first = city_options("survey", save_mapping="river")
    assert load("survey", city_files["survey"], options=first, store=places_only, actor="test").stored
    later = LoadOptions(mapping="river", campaign="river-2026", columns=city.SURVEY_KEYS)
    outcome = load("survey", city_files["survey"], options=later, store=places_only, actor="test")
    assert outcome.sheets[0].unchanged == 168
    saved = city_options("cases", save_mapping="desk")
    assert load("cases", city_files["cases"], options=saved, store=places_only, actor="test").stored
    later = LoadOptions(mapping="desk")
    outcome = load("cases", city_files["cases"], options=later, store=places_only, actor="test")
    assert outcome.sheets[0].unchanged == 60


def test_a_mapping_that_was_not_saved_is_refused(places_only, city_files):
    with pytest.raises(RefusedError) as caught:
        load("cases", city_files["cases"], options=LoadOptions(mapping="x"), store=places_only, actor="test")
    assert caught.value.key == "load.no_mapping"


# ------------------------------------------------------------------ places
@pytest.mark.parametrize(
    ("town", "quarter", "place"),
    [
        ("GÜNEY IRMAK", "AĞIL MAHALLESİ", 8),
        ("güney ırmak", "ağıl mah.", 8),
        ("Kuzey Irmak", "ISIKLAR", None),
        ("Kuzey Irmak", "IŞIKLAR MAH", 0),
        ("Kuzey Irmak", "İNCİRLİ", 1),
        ("Kuzey Irmak", "incirli", 1),
        ("Kuzey Irmak", "Yeşilova", 2),
        ("Güney Irmak", "yeşi̇lova", 6),
        ("", "Söğütlü", 7),
    ],
)
def test_names_are_found_in_any_spelling(send, places_only, city, town, quarter, place):
    outcome = send(
        "cases",
        ("Ref", "Why", "When", "Town", "Quarter"),
        [("1", "aid", "2025-05-06", town, quarter)],
        columns=CASE,
    )
    if place is None:
        assert outcome.state == "refused" or all_of(places_only, Case.area_code) == [city.CODES[0]]
    else:
        assert outcome.state == "stored", outcome.problems
        assert all_of(places_only, Case.area_code) == [city.CODES[place]]


def test_a_name_of_two_districts_needs_the_district(send):
    row = ("1", "aid", "2025-05-06", "", "Yeşilova")
    outcome = send("cases", ("Ref", "Why", "When", "Town", "Quarter"), [row], columns=CASE)
    assert rejected(outcome) == ["area.ambiguous"]
    assert "Irmak" in outcome.as_dict("en")["problems"][0]["message"]


def test_a_misspelt_name_gets_the_nearest_suggestion(send):
    row = ("1", "aid", "2025-05-06", "Kuzey Irmak", "Taşkprü")
    outcome = send("cases", ("Ref", "Why", "When", "Town", "Quarter"), [row], columns=CASE)
    assert rejected(outcome) == ["area.unknown"]
    assert "Taşköprü" in outcome.as_dict("en")["problems"][0]["message"]


POINT = {"key": "Ref", "reason": "Why", "day": "When", "lat": "North", "lon": "East"}


def test_a_case_with_coordinates_only_is_placed_on_the_map(send, places_only, city):
    rows = [(n, "aid", "2025-05-06", lat, lon) for n, (lat, lon) in enumerate(city._points(12))]
    assert send("cases", ("Ref", "Why", "When", "North", "East"), rows, columns=POINT).state == "stored"
    assert all_of(places_only, Case.area_code) == sorted(city.CODES)


def test_exchanged_or_far_coordinates_are_refused_never_turned_round(send, places_only, city):
    lat, lon = city._points(1)[0]
    rows = [
        (1, "aid", "2025-05-06", lon, lat),
        (2, "aid", "2025-05-06", 36.5, 31.0),
        (3, "aid", "2025-05-06", 0, 0),
    ]
    outcome = send("cases", ("Ref", "Why", "When", "North", "East"), rows, columns=POINT)
    assert (outcome.state, outcome.sheets[0].rejected) == ("refused", 3)
    assert all_of(places_only, Case.area_code) == []
    assert (
        send(
            "centres",
            ("REF", "TITLE", "BODY", "NORTH", "EAST"),
            [("C1", "x", "own", lon, lat)],
            columns=city.COLUMNS["centres"],
        ).state
        == "refused"
    )
