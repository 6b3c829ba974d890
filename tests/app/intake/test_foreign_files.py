"""Files of another city through intake, on a real store: what is said, what is kept."""

import json

import pytest
from psycopg.errors import DiskFull
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.errors import RefusedError, ServerError
from app.intake import LoadOptions, load
from app.store.logins import Login
from app.store.tables.survey import Attempt
from survey.problems import explain

SQUARE = {"type": "Polygon", "coordinates": [[[32.8, 39.9], [32.9, 39.9], [32.9, 40.0], [32.8, 40.0]]]}
SQUARE["coordinates"][0].append(SQUARE["coordinates"][0][0])
BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[32.8, 39.9], [32.9, 40], [32.9, 39.9], [32.8, 40], [32.8, 39.9]]],
}
CASE_HEADER = ["Başvuru No", "Başvuru Nedeni", "Başvuru Tarihi", "İlçe", "Mahalle", "T.C. Kimlik No", "Yaş"]


@pytest.fixture
def layer(places_only, tmp_path):
    """Load features as a boundary layer."""

    def _layer(*shapes, **options):
        features = [
            {
                "type": "Feature",
                "properties": {"UAVT_KOD": str(n), "İLÇE_AD": "Ova", "MAHALLE_AD": f"M{n}", "NOT": ""},
                "geometry": shape,
            }
            for n, shape in enumerate(shapes)
        ]
        path = tmp_path / "areas.geojson"
        crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
        path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
        return load("areas", path, options=LoadOptions(**options), store=places_only, actor="test")

    return _layer


def codes(outcome):
    return [str(found.code) for found in outcome.problems]


@pytest.mark.parametrize(
    "shape",
    [
        {"type": "Point", "coordinates": [32.8, 39.9]},
        {"type": "LineString", "coordinates": [[32.8, 39.9], [32.9, 39.9]]},
        {"type": "GeometryCollection", "geometries": [SQUARE]},
    ],
)
def test_a_boundary_that_is_no_polygon_is_refused_by_its_number(layer, shape):
    outcome = layer(SQUARE, shape)
    assert (outcome.state, codes(outcome)) == ("refused", ["layer.not_polygon"])
    assert outcome.problems[0].row == 2


def test_a_boundary_that_repair_would_change_is_refused_and_not_stored(layer):
    outcome = layer(BOW_TIE, repair=True)
    assert (outcome.state, codes(outcome)) == ("refused", ["layer.repair_refused"])


def test_a_repaired_boundary_is_said_to_be_repaired(layer):
    ring = [[32.8, 39.9], [32.85, 39.9], [32.8500001, 39.9000001], [32.8500001, 39.9], [32.85, 39.9000001]]
    spiked = {"type": "Polygon", "coordinates": [[*ring, [32.9, 40.0], [32.8, 40.0], [32.8, 39.9]]]}
    outcome = layer(spiked, repair=True, check=True)
    assert (outcome.state, codes(outcome)) == ("checked", ["layer.repaired"])


def test_cases_name_the_columns_of_the_file(send):
    good = ["1", "Gıda", "15.03.2026", "Kuzey Irmak", "Işıklar", "", "30"]
    rows = [
        good,
        ["2", "Gıda", "31.02.2026", "Kuzey Irmak", "Işıklar", "", ""],
        ["3", "Gıda", "15.03.2026", "Kuzey Irmak", "Işıklar", "1000000014", ""],
        ["4", "Gıda", "15.03.2026", "Kuzey Irmak", "Işıklar", "", "450"],
        ["5", "Gıda", "15.03.2099", "Kuzey Irmak", "Işıklar", "", ""],
        [good[0], "Nakit", *good[2:]],
    ]
    outcome = send("cases", [*CASE_HEADER, "Açıklama"], [[*row, "x"] for row in rows], check=True)
    said = {(found.row, str(found.code)): found.column for found in outcome.problems}
    assert said[3, "value.date_impossible"] == "Başvuru Tarihi"
    assert said[4, "identity.length"] == "T.C. Kimlik No"
    assert said[5, "value.out_of_range"] == "Yaş"
    assert said[6, "case.future"] == "Başvuru Tarihi"
    assert (7, "case.repeated") in said
    unused = next(found for found in outcome.problems if found.code == "column.unused")
    assert unused.detail == "Açıklama"


def test_a_table_without_rows_says_so(send):
    outcome = send("cases", CASE_HEADER, [])
    assert (outcome.state, codes(outcome)) == ("refused", ["table.empty"])


def test_population_whose_sexes_do_not_add_up_is_refused(send):
    header = ["İlçe", "Mahalle", "Yıl", "Toplam", "Erkek", "Kadın"]
    rows = [
        ["Kuzey Irmak", "Işıklar", 2026, 30, 10, 20],
        ["Kuzey Irmak", "İncirli", 2026, 31, 10, 20],
        ["Kuzey Irmak", "Taşköprü", 2026, 30, "", 20],
    ]
    outcome = send("population", header, rows, check=True)
    assert [(found.row, str(found.code), found.column) for found in outcome.problems] == [
        (3, "value.sum", "Toplam")
    ]
    assert "31" in explain(outcome.problems[0], "tr")


def test_a_file_that_needs_what_is_not_loaded_leaves_a_trace(places_only, tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(RefusedError):
        load("cases", path, options=LoadOptions(mapping="yok"), store=places_only, actor="test")
    with places_only.session(Login.SERVICE) as session:
        last = session.scalars(select(Attempt).order_by(Attempt.id.desc())).first()
    assert (last.kind, last.outcome) == ("cases", "refused")


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_full_disk_is_called_so(places_only, wrapped):
    full = DiskFull("could not extend file")
    with (
        pytest.raises(ServerError) as caught,
        places_only.session(Login.SERVICE),
    ):
        raise OperationalError("COPY", {}, full) if wrapped else full
    assert caught.value.key == "server.disk_full"
