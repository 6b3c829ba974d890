"""Figures of a period, small numbers hidden."""

import datetime as dt

import openpyxl
import pytest
from docx import Document
from sqlalchemy import text

from app.errors import RefusedError
from app.report import read_period, write_activity
from app.report.activity import Counted, activity_frame, alike, hide
from app.store.logins import Login

TODAY = dt.date(2027, 6, 1)


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ("2026", dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
        ("2026-H2", dt.date(2026, 7, 1), dt.date(2026, 12, 31)),
        ("2026-y1", dt.date(2026, 1, 1), dt.date(2026, 6, 30)),
        ("2027-Ç1", dt.date(2027, 1, 1), dt.date(2027, 3, 31)),
    ],
)
def test_a_period_is_a_year_a_half_or_a_quarter(given, first, last):
    period = read_period(given, today=TODAY)
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize("given", ["", "2026-H3", "2026-Q5", "26", "2026-01", "0001"])
def test_another_period_is_refused(given):
    with pytest.raises(RefusedError, match=r"documents\.bad_period"):
        read_period(given, today=TODAY)


@pytest.mark.parametrize("given", ["2027", "2027-H1", "2028-Q1"])
def test_a_period_that_has_not_ended_is_refused(given):
    with pytest.raises(RefusedError, match=r"documents\.future_period"):
        read_period(given, today=TODAY)


def test_small_numbers_are_hidden_with_enough_others():
    found = hide({"a": 100, "b": 40, "c": 3}, 5)
    assert found.total == 143
    assert found.rows["a"] == 100
    assert found.rows["b"] is None
    assert found.rows["c"] is None
    assert hide({}, 5) == Counted({}, 0)
    assert hide({"a": 3}, 5).total is None


def test_where_one_table_hides_the_total_none_shows_anything():
    tables = {"x": Counted({"a": 11}, 11), "y": Counted({"b": None, "c": None}, None)}
    assert alike(tables) == {"x": Counted({"a": None}, None), "y": Counted({"b": None, "c": None}, None)}
    assert alike({"x": tables["x"]}) == {"x": tables["x"]}


@pytest.fixture
def period(proposed):
    with proposed.session(Login.SERVICE) as session:
        year = session.execute(text("SELECT max(extract(year FROM day))::int FROM survey.cases")).scalar()
    return read_period(str(year), today=dt.date(2100, 1, 1))


def test_no_table_shows_a_number_below_its_limit(proposed, period):
    frame = activity_frame(proposed, period, "en")
    least = proposed.settings.smallest_cell_protected
    cases = [s for s in frame.sections if str(s["title"]).startswith("Applications")]
    assert len(cases) == 6
    for section in cases:
        for block in section["blocks"]:
            numbers = [int(row[1].replace(",", "")) for row in block.get("rows", ()) if row[1] != "–"]
            assert all(n == 0 or n >= least for n in numbers), section["title"]


def test_it_counts_what_was_done(proposed, tmp_path):
    document, book = write_activity(
        proposed, tmp_path / "f.docx", "tr", period=read_period("2026", today=TODAY)
    )
    rows = {
        tuple(cell.text for cell in row.cells)
        for table in Document(str(document)).tables
        for row in table.rows
    }
    assert ("yayımlanan risk haritası", "1") in rows
    assert ("gönderilen merkez önerisi", "1") in rows
    assert ("olur alınan öneri", "0") in rows
    again = write_activity(proposed, tmp_path / "g.docx", "tr", period=read_period("2026", today=TODAY))
    assert again[0].read_bytes() == document.read_bytes()
    assert len(openpyxl.load_workbook(book).worksheets) > 5
