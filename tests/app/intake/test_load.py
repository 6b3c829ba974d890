"""Every row of every file accounted for: the first time, again, later, corrected."""

import contextlib
import csv
import dataclasses

import openpyxl
import pytest
from sqlalchemy import func, select, text

from app.errors import MixedDataError, RefusedError
from app.intake import LoadOptions, SheetCounts, load
from app.store import people
from app.store.logins import Login
from app.store.session import Store
from app.store.tables.agg import About
from app.store.tables.ident import Person, Raw
from app.store.tables.survey import Attempt, Batch, Case, CaseHistory, Household, HouseholdHistory

ROWS = {
    "areas": 12,
    "population": 72,
    "groups": 2,
    "centres": 1,
    "sites": 12,
    "form": 15,
    "survey": 168,
    "cases": 60,
}
EVERYTHING = "SELECT coalesce(string_agg(t::text, '\n' ORDER BY t::text), '') FROM {} t"


@pytest.fixture
def take(city_options):
    """Load a file of the small city's kind into a store."""

    def _take(store, kind, path, **options):
        return load(kind, path, options=city_options(kind, **options), store=store, actor="test")

    return _take


@pytest.fixture
def table(tmp_path):
    """Write rows as CSV."""

    def _table(header, rows, name="file.csv"):
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle).writerows([header, *rows])
        return path

    return _table


def one(outcome):
    (sheet,) = outcome.sheets
    return sheet.new, sheet.updated, sheet.unchanged, sheet.rejected


def codes(outcome):
    return {str(found.code) for found in outcome.problems}


def count(store, table, *where):
    with store.session(Login.SERVICE) as session:
        return session.scalar(select(func.count()).select_from(table).where(*where))


def snapshot(store):
    """Everything but the record of attempts and the audit, which note every offer."""
    query = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN "
    query += "('geo', 'survey', 'ident', 'agg', 'plan') AND tablename <> 'attempts' ORDER BY 1"
    with store.session(Login.OWNER) as session:
        names = session.scalars(text(query)).all()
        return {name: session.scalar(text(EVERYTHING.format(name))) for name in names}


# ------------------------------------------------------------------ conservation
@pytest.mark.parametrize("kind", ROWS)
def test_the_first_load_is_all_new_and_the_second_all_unchanged(small_city, city_files, take, kind):
    before = snapshot(small_city)
    again = take(small_city, kind, city_files[kind])
    assert (again.state, one(again)) == ("stored", (0, 0, ROWS[kind], 0))
    assert again.problems == ()
    after = snapshot(small_city)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"survey.batches"}


def test_every_row_of_the_first_load_was_new(city_store):
    with contextlib.closing(Store.open(city_store)) as store, store.session(Login.SERVICE) as session:
        found = {batch.kind: batch.counts["sheets"][0] for batch in session.scalars(select(Batch))}
    for kind in ("survey", "cases"):
        assert (found[kind]["read"], found[kind]["new"], found[kind]["rejected"]) == (
            ROWS[kind],
            ROWS[kind],
            0,
        )


def test_counts_that_lose_a_row_cannot_be_made():
    with pytest.raises(ValueError, match="rows lost"):
        SheetCounts(sheet="s", read=3, new=1, rejected=1)


def test_checking_stores_nothing_and_says_the_same(places_only, city_files, take):
    before = snapshot(places_only)
    tried = take(places_only, "survey", city_files["survey"], check=True)
    assert (tried.state, one(tried)) == ("checked", (168, 0, 0, 0))
    assert snapshot(places_only) == before
    assert count(places_only, Attempt, Attempt.outcome == "checked") == 1
    stored = take(places_only, "survey", city_files["survey"])
    assert (stored.state, stored.sheets) == ("stored", tried.sheets)


# ------------------------------------------------------------------ later exports
def test_a_later_export_brings_new_and_edited_rows_and_keeps_history(small_city, city, take, table):
    rows = city.visits()
    edited = [list(row) for row in rows]
    edited[1][12] = 12_345  # income of V0002
    edited.append(["V9999", city.CODES[0], "x-1", "10.5", "2026-04-01", "refused", *[""] * 10])
    outcome = take(small_city, "survey", table(city.SURVEY_COLUMNS.values(), edited))
    assert one(outcome) == (1, 1, 167, 0)
    with small_city.session(Login.SERVICE) as session:
        now = session.scalars(select(Household).where(Household.source_key == "V0002")).one()
        (before,) = session.scalars(select(HouseholdHistory)).all()
        assert (now.version, now.answers["income_try"]) == (2, 12_345)
        assert (before.household_id, before.version, before.replaced_by) == (now.id, 1, now.batch_id)
        assert before.record["answers"]["income_try"] == rows[1][12]
        assert before.record["area_code"] == now.area_code


def test_an_edited_case_keeps_its_person_and_its_history(small_city, city, tmp_path, take):
    path = tmp_path / "later.xlsx"
    rows = [list(row) for row in city.cases()]
    rows[0][2], rows[0][3] = "housing", "tenant"
    city._book(path, {"desk": [tuple(city.CASE_COLUMNS.values()), *rows]})
    with small_city.session(Login.SERVICE) as session:
        person = session.scalars(select(Case.person_id).where(Case.source_key == "K-001")).one()
    assert one(take(small_city, "cases", path)) == (0, 1, 59, 0)
    with small_city.session(Login.SERVICE) as session:
        now = session.scalars(select(Case).where(Case.source_key == "K-001")).one()
        assert (now.version, now.reason, now.person_id) == (2, "housing", person)
        (before,) = session.scalars(select(CaseHistory)).all()
        assert before.record["reason"] == "cash aid"


def test_a_corrected_identity_number_forgets_the_wrong_person(small_city, city, tmp_path, take):
    path = tmp_path / "later.xlsx"
    rows = [list(row) for row in city.cases()]
    rows[6][10] = city.identity(7777)  # K-007 is of person 8, whom no survey row names
    city._book(path, {"desk": [tuple(city.CASE_COLUMNS.values()), *rows]})
    before = count(small_city, Person)
    assert one(take(small_city, "cases", path)) == (0, 1, 59, 0)
    assert count(small_city, Person) == before
    with small_city.session(Login.SERVICE) as session:
        codes = set(session.scalars(select(Person.match_code)))
        assert small_city.vault.match_code(city.identity(8)) not in codes
        assert small_city.vault.match_code(city.identity(7777)) in codes


# ------------------------------------------------------------------ rows without an id
def test_two_identical_rows_without_an_id_stay_two(places_only, city, take, table):
    columns = {name: heading for name, heading in city.COLUMNS["survey"].items() if name != "key"}
    header = [h for n, h in city.SURVEY_COLUMNS.items() if n != "key"]
    row = [city.CODES[0], "c-1", "1.5", "2026-03-01", "nobody", *[""] * 10]
    path = table(header, [row, row, [city.CODES[1], *row[1:]]])
    assert one(take(places_only, "survey", path, columns=columns)) == (3, 0, 0, 0)
    assert one(take(places_only, "survey", path, columns=columns)) == (0, 0, 3, 0)
    more = table(header, [row, row, row], "more.csv")
    assert one(take(places_only, "survey", more, columns=columns)) == (1, 0, 2, 0)
    assert count(places_only, Household) == 4


def test_two_identical_cases_without_a_number_stay_two(places_only, table, take):
    header = ("Why", "When", "Town", "Quarter")
    columns = {"reason": "Why", "day": "When", "district": "Town", "neighbourhood": "Quarter"}
    path = table(
        header,
        [("aid", "2025-01-02", "Kuzey Irmak", "Ağıl")] * 0
        + [("aid", "2025-01-02", "Güney Irmak", "Ağıl"), ("aid", "2025-01-02", "Güney Irmak", "Ağıl")],
    )
    assert one(take(places_only, "cases", path, columns=columns)) == (2, 0, 0, 0)
    assert one(take(places_only, "cases", path, columns=columns)) == (0, 0, 2, 0)


# ------------------------------------------------------------------ rejected rows
def test_rejected_rows_are_corrected_and_sent_again(places_only, city, take, table, tmp_path):
    rows = [list(row) for row in city.visits()]
    rows[1][1] = "R999"  # no such neighbourhood
    rows[2][7] = "12345678901"  # wrong check digits
    rows[3][13] = "perhaps"  # no such choice
    file = tmp_path / "rejected.xlsx"
    outcome = take(places_only, "survey", table(city.SURVEY_COLUMNS.values(), rows), rejected_to=file)
    assert (outcome.state, one(outcome)) == ("stored", (165, 0, 0, 3))
    assert outcome.rejected_file == str(file)
    assert file.stat().st_mode & 0o077 == 0
    book = openpyxl.load_workbook(file)
    (page,) = book.worksheets
    cells = [[cell.value for cell in row] for row in page.iter_rows()]
    assert len(cells) == 4
    header = cells[0]
    assert header[-2:] == ["_hata", "_error"]
    assert all(row[header.index("_error")] and row[header.index("_hata")] for row in cells[1:])
    good = {row[0]: row for row in city.visits()}
    for line in range(2, 5):
        key = page.cell(line, 1).value
        for column, value in enumerate(good[key], start=1):
            page.cell(line, column).value = value or None
    corrected = tmp_path / "corrected.xlsx"
    book.save(corrected)
    book.close()
    again = take(places_only, "survey", corrected)
    assert (again.state, one(again)) == ("stored", (3, 0, 0, 0))
    assert count(places_only, Household) == 168


def test_a_wrong_number_is_not_repeated_in_what_is_said(places_only, city, take, table):
    rows = [list(row) for row in city.visits()[:3]]
    rows[1][7] = "12345678901"
    outcome = take(places_only, "survey", table(city.SURVEY_COLUMNS.values(), rows))
    assert one(outcome)[3] == 1
    assert "12345678901" not in str(outcome.as_dict("en"))
    (found,) = [p for p in outcome.as_dict("tr")["problems"] if p["severity"] == "reject"]
    assert (found["row"], found["column"]) == (3, "national_no")
    assert found["message_tr"] != found["message_en"]
    assert found["message"] == found["message_tr"]


def test_a_file_of_nothing_but_bad_rows_changes_nothing(places_only, city, take, table):
    rows = [["R999" if place == 1 else cell for place, cell in enumerate(row)] for row in city.visits()[:4]]
    before = snapshot(places_only)
    outcome = take(places_only, "survey", table(city.SURVEY_COLUMNS.values(), rows))
    assert one(outcome) == (0, 0, 0, 4)
    assert outcome.state == "refused"
    assert snapshot(places_only) == before


# ------------------------------------------------------------------ persons
def test_one_person_in_the_survey_and_in_two_cases_has_one_pseudonym(small_city, city, tmp_path, take):
    rows = [list(row) for row in city.cases()]
    extra = ["K-900", *rows[0][1:]]
    path = tmp_path / "more.xlsx"
    city._book(path, {"desk": [tuple(city.CASE_COLUMNS.values()), *rows, extra]})
    assert one(take(small_city, "cases", path)) == (1, 0, 60, 0)
    with small_city.session(Login.SERVICE) as session:
        keys = ("K-001", "K-900")
        persons = set(session.scalars(select(Case.person_id).where(Case.source_key.in_(keys))))
        assert len(persons) == 1
        said = people.identity_of(session, small_city.vault, persons.pop())
    assert len(said) == 3
    assert {answers[people.NUMBER] for answers in said} == {city.identity(2)}


def test_a_change_of_keys_between_two_files_keeps_people_recognised(small_city, city, tmp_path, take):
    path = small_city.settings.here.secrets / "keys.json"
    both = small_city.vault.keys.with_new_key()
    both.save(path)
    with small_city.session(Login.SERVICE) as session:
        people.rekey(session, small_city.vault)
    both.only_active().save(path)
    before = count(small_city, Person)
    more = tmp_path / "more.xlsx"
    rows = [["K-901", *city.cases()[0][1:]]]
    city._book(more, {"desk": [tuple(city.CASE_COLUMNS.values()), *rows]})
    assert one(take(small_city, "cases", more)) == (1, 0, 0, 0)
    assert count(small_city, Person) == before


# ------------------------------------------------------------------ demonstration and real data
def test_demonstration_and_real_data_never_meet(small_city, store, city_files, take):
    with pytest.raises(MixedDataError):
        take(small_city, "groups", city_files["groups"], simulation=True)
    assert take(store, "areas", city_files["areas"], simulation=True).state == "stored"
    with pytest.raises(MixedDataError):
        take(store, "groups", city_files["groups"])
    assert count(store, About, About.holds == "demonstration") == 1


def test_a_refused_first_file_leaves_the_store_open_to_either(store, city_files, take):
    with pytest.raises(RefusedError):
        take(store, "survey", city_files["survey"])
    take(store, "areas", city_files["areas"], check=True, simulation=True)
    assert count(store, About, About.holds == "nothing") == 1


# ------------------------------------------------------------------ what a file refers to
@pytest.mark.parametrize("kind", ["population", "groups", "cases", "survey"])
def test_without_areas_or_a_form_the_sender_is_told_what_comes_first(store, city_files, take, kind):
    with pytest.raises(RefusedError) as caught:
        take(store, kind, city_files[kind])
    assert caught.value.key == ("load.no_form" if kind == "survey" else "places.no_areas")


def test_an_unknown_kind_or_file_is_refused(store, tmp_path):
    for kind, path, key in (
        ("poems", tmp_path, "load.unknown_kind"),
        ("areas", tmp_path / "none", "load.not_found"),
    ):
        with pytest.raises(RefusedError) as caught:
            load(kind, path, options=LoadOptions(), store=store, actor="test")
        assert caught.value.key == key


def test_the_outcome_reads_as_one_document(small_city, city_files, take):
    outcome = take(small_city, "cases", city_files["cases"])
    document = outcome.as_dict("en")
    assert document["state"] == "stored"
    assert document["sheets"][0]["unchanged"] == 60
    assert dataclasses.is_dataclass(outcome)
    assert count(small_city, Raw) == 228
