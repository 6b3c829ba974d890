"""The risk map's and the recommendations' reports, as DOCX and XLSX."""

import dataclasses
import datetime as dt

import openpyxl
import pandas as pd
import pytest
from docx import Document

from app.report import write_recommendations, write_risk_map
from app.report.outcomes import before, centres
from app.report.recommendations import advice_frame
from app.report.riskmap import risk_frame
from app.store import proposals
from app.store.logins import Login
from app.views import read_contents


def words_of(path):
    paper = Document(str(path))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return " ".join([*(line.text for line in paper.paragraphs), *cells])


def heads(book):
    return {sheet.title: [cell.value for cell in sheet[1]] for sheet in book.worksheets}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_risk_map_is_told_by_topic_group_settlement_and_sex(published_store, tmp_path, language):
    document, book = write_risk_map(published_store, tmp_path / "risk.docx", language)
    said = words_of(document)
    for title in {"tr": ("Konulara göre", "Gruplara göre", "Yerleşime göre", "Cinsiyete göre")}.get(
        language, ("By topic", "By group", "By settlement", "By sex")
    ):
        assert title in said
    assert "BENZETİM" in Document(str(document)).sections[0].header.paragraphs[0].text
    sheets = heads(openpyxl.load_workbook(book))
    assert len(sheets) == 6
    areas = list(sheets)[-1]
    rows = openpyxl.load_workbook(book)[areas].max_row
    assert rows == 1 + 913


def test_no_cell_of_a_neighbourhood_is_more_than_a_class_and_a_grade(published_store):
    frame = risk_frame(read_contents(published_store), published_store.settings, "tr")
    areas = frame.sheets[-1]
    for row in areas.rows:
        assert all(cell in (None, 1, 2, 3, 4, 5, "A", "B", "C", "D") for cell in row[3:]), row


def test_both_files_are_the_same_for_the_same_run(published_store, tmp_path):
    one = write_risk_map(published_store, tmp_path / "a" / "r.docx", "tr")
    two = write_risk_map(published_store, tmp_path / "b" / "r.docx", "tr")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_recommendations_name_places_topics_services_and_their_basis(published_store, tmp_path):
    document, book = write_recommendations(published_store, tmp_path / "oneri.docx", "tr")
    said = words_of(document)
    assert published_store.settings.legal_basis_recommendations in said
    assert "Risk bölgelerine göre öneriler" in said
    assert "Bundan önce yayımlanmış bir harita yok" in said
    assert "Kayıtlı bir merkez önerisi yok" in said
    assert openpyxl.load_workbook(book).worksheets[0]["A1"].value == "Hizmet önerileri raporu"


def test_violence_is_told_from_records_by_district_only(published_store):
    contents = read_contents(published_store)
    frame = advice_frame(contents, None, [], published_store.settings, "tr")
    (records,) = [s for s in frame.sections if "Kayıtlardan" in s["title"]]
    ((_, named),) = records["blocks"][1]["rows"]
    assert set(named.split(", ")) <= {*contents.areas["district"], "–"}


def test_what_stood_out_before_is_followed_up(published_store):
    contents = read_contents(published_store)
    run = dataclasses.replace(contents.run, run_id=3, published_at=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    about = next(a for a in contents.maps if a.kind == "topic" and not a.sex)
    rows = contents.classes.copy()
    of_topic = (rows["key"] == about.key) & (rows["district"] == "Kepez")
    everywhere = rows["key"] == about.key
    rows.loc[everywhere, "risk_class"] = 1
    rows.loc[of_topic, "risk_class"] = 5
    past = dataclasses.replace(contents, run=run, classes=rows, maps=[about])
    told = before(contents, past, "tr")["blocks"][1]["rows"]
    assert [row[:3] for row in told] == [["Kepez", about.title("tr"), "%100"]]
    assert told[0][3] in ("sürüyor", "artık öne çıkmıyor")
    gone = dataclasses.replace(contents, maps=[a for a in contents.maps if a.key != about.key])
    assert before(gone, past, "tr")["blocks"][1]["rows"][0][3:] == ["karşılaştırılamıyor", "–"]


def test_proposals_are_followed_to_where_they_are_and_what_opened(proposed):
    contents = read_contents(proposed)
    with proposed.session(Login.SERVICE) as session:
        made = proposals.listing(session)
    ((name, sites, state, opened),) = centres(contents, made, "tr")["blocks"][0]["rows"]
    assert (name, opened) == ("1. Yeni merkez açılması", "–")
    assert state == "Daire Başkanlığı makamında"
    built = contents.points[contents.points["key"] == made[0].sites[0]].assign(kind="centre", name="Açılan")
    now = dataclasses.replace(contents, points=pd.concat([contents.points, built]))
    assert centres(now, made, "tr")["blocks"][0]["rows"][0][3] == "Açılan"
    assert len(sites.split(", ")) == 2
