"""Files as other cities have them: their headings, their numbers, totals by sex, no year."""

import csv

import pytest
from sqlalchemy import text

from app.intake import LoadOptions, load
from app.store.logins import Login


@pytest.fixture
def write(tmp_path):
    def _write(header, *rows, name="nufus.csv"):
        path = tmp_path / name
        with path.open("w", encoding="cp1254", newline="") as handle:
            csv.writer(handle, delimiter=";").writerows([header, *rows])
        return path

    return _write


def people(store):
    with store.session(Login.REFRESH) as session:
        query = "SELECT year, sex, persons FROM geo.population WHERE code = 'R100' ORDER BY sex"
        return [tuple(row) for row in session.execute(text(query))]


def offer(store, path, **options):
    return load("population", path, options=LoadOptions(**options), store=store, actor="test")


def test_totals_by_sex_in_columns_and_a_year_given_by_the_sender(places_only, write):
    path = write(
        ("ILCE_ADI", "MAHALLE_ADI", "Toplam", "Erkek", "Kadın"), ("KUZEY IRMAK", "IŞIKLAR MAH.", 30, 10, 20)
    )
    asked = offer(places_only, path)
    assert asked.state == "asked"
    assert "--year" in asked.questions[0].option
    assert offer(places_only, path, constants={"year": "2025"}).state == "stored"
    assert people(places_only) == [(2025, "female", 20.0), (2025, "male", 10.0)]


def test_a_dot_between_thousands_is_asked_about_and_never_a_fraction(places_only, write):
    path = write(("Yıl", "İlçe", "Mahalle", "Nüfus"), (2025, "Kuzey Irmak", "Işıklar", "12.345"))
    asked = offer(places_only, path)
    assert (asked.state, asked.questions[0].option) == ("asked", "--decimal comma")
    assert offer(places_only, path, decimal="comma").state == "stored"
    assert people(places_only) == [(2025, "all", 12345.0)]


def test_a_place_without_a_code_goes_by_its_name(places_only, write):
    header = ("Merkez Adı", "Adres", "Enlem", "Boylam")
    path = write(header, ("Eski Değirmen", "Çay yolu 3", "39,95", "35,85"), name="m.csv")
    outcome = load("centres", path, options=LoadOptions(), store=places_only, actor="test")
    assert outcome.state == "stored", outcome
    with places_only.session(Login.REFRESH) as session:
        assert session.scalar(text("SELECT key FROM geo.centres")) == "Eski Değirmen"
