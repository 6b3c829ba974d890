import datetime
from pathlib import Path

import pytest

from survey.door import Kind
from survey.form import Choice, Form, Question
from survey.problems import Code, Refused
from survey.sources import Layout, TableMapping, detect, read_kobo, read_source
from survey.tablefile import TableOptions, read_table

EXPORTS = Path(__file__).parents[1] / "data" / "exports"
NAMES = ["all_geo_types", "grouped_repeatable", "sanitation_report", "site_inspection"]
SYSTEM = ["_id", "_uuid", "_submission_time", "_validation_status", "_index"]


def sheets_of(path):
    kind = Kind.XLSX if path.suffix == ".xlsx" else Kind.CSV
    return read_table(path, kind, TableOptions(name=path.name))


def question(name, kind="text", *, labels=None, path=None, list_name="", repeat=""):
    return Question(
        name=name, path=path or name, type=kind, labels=labels or {}, list_name=list_name, repeat=repeat
    )


FORM = Form(
    form_id="t",
    version="1",
    title="T",
    languages=("tr",),
    default_language="tr",
    questions=(
        question("ilce", path="hane/ilce", labels={"tr": "İlçe"}),
        question("isinma", "select_multiple", list_name="yakit", labels={"tr": "Isınma"}),
        question("konum", "geopoint", path="hane/konum", labels={"tr": "Konum"}),
        question("yeni", labels={"tr": "Yeni soru"}),
        question("yas", "integer", path="uyeler/yas", repeat="uyeler", labels={"tr": "Yaş"}),
    ),
    repeats=("uyeler",),
    choices={"yakit": (Choice("soba", {"tr": "Soba"}), Choice("klima", {"tr": "Klima"}))},
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("style", ["xml", "labels"])
@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_genuine_exports_are_told_apart_and_every_row_is_counted(name, style, ending):
    sheets = sheets_of(EXPORTS / f"kobo_{name}_{style}.{ending}")
    assert detect(sheets) is Layout.KOBO
    table = read_kobo(sheets, None)
    assert [c.read for c in table.counts] == [sheet.read for sheet in sheets]
    assert all(c.read == c.used + c.rejected for c in table.counts)
    nested = sum(len(rows) for s in table.submissions for rows in s.repeats.values())
    assert nested == sum(c.used for c in table.counts[1:])
    assert all(s.source_key and s.submitted_at.tzinfo for s in table.submissions)


def test_members_are_joined_to_their_household():
    table = read_kobo(sheets_of(EXPORTS / "kobo_grouped_repeatable_xml.xlsx"), None)
    montreal = next(s for s in table.submissions if s.fields["household_location"] == "montreal")
    assert [m["household_member_name"] for m in montreal.repeats["houshold_member_repeat"]] == ["peter"]
    assert montreal.submitted_at == datetime.datetime(2026, 1, 1, 10, tzinfo=datetime.UTC)


def test_a_csv_says_that_repeats_are_missing():
    table = read_kobo(sheets_of(EXPORTS / "kobo_grouped_repeatable_xml.csv"), FORM)
    assert Code.SOURCE_REPEATS_MISSING in [p.code for p in table.problems]


@pytest.mark.parametrize(
    "header",
    [
        ["ilce", "isinma", "isinma/soba", "isinma/klima", "_konum_latitude", "_konum_longitude"],
        [
            "hane/ilce",
            "isinma",
            "isinma/soba",
            "isinma/klima",
            "hane/_konum_latitude",
            "hane/_konum_longitude",
        ],
        ["hane__ilce", "isinma", "isinma__soba", "isinma__klima", "_konum_latitude", "_konum_longitude"],
        ["İlçe", "Isınma", "Isınma/Soba", "Isınma/Klima", "_Konum_latitude", "_Konum_longitude"],
    ],
)
def test_headings_in_every_spelling_reach_their_question(book, header):
    row = ["Kaş", None, 1, 0, 36.2, 29.6, 1, "u1", "2026-05-01T10:00:00", None, 1]
    members = [["yas", *SYSTEM_CHILD], [41, 1, "T", 1, "u1"], [9, 2, "T", 1, "u1"]]
    path = book({"T": [[*header, *SYSTEM], row], "uyeler": members})
    table = read_kobo(sheets_of(path), FORM)
    fields = table.submissions[0].fields
    assert (fields["ilce"], fields["isinma"]) == ("Kaş", "soba")
    assert fields["konum"].split()[:2] == ["36.2", "29.6"]
    assert [m["yas"] for m in table.submissions[0].repeats["uyeler"]] == [41, 9]
    assert [p.column for p in table.problems if p.code is Code.SOURCE_COLUMN_ABSENT] == ["yeni"]


SYSTEM_CHILD = ["_index", "_parent_table_name", "_parent_index", "_submission__uuid"]


def test_tags_under_the_heading_are_no_row(book):
    path = book({"T": [["ilce", *SYSTEM], ["#adm2", *["#meta"] * 5], ["Kaş", 1, "u1", None, None, 1]]})
    table = read_kobo(sheets_of(path), FORM)
    assert (len(table.submissions), table.counts[0].read) == (1, 1)


def test_orphans_and_repeated_ids_are_rejected_and_counted(book):
    root = [["ilce", *SYSTEM], ["a", 1, "u1", None, None, 1], ["b", 2, "u1", None, None, 2]]
    members = [["yas", *SYSTEM_CHILD], [1, 1, "T", 1, "u1"], [2, 2, "T", 9, "u9"]]
    table = read_kobo(sheets_of(book({"T": root, "uyeler": members})), FORM)
    rejected = [(p.code, p.sheet, p.row) for p in table.problems if p.severity == "reject"]
    assert (Code.SOURCE_ORPHAN_ROW, "uyeler", 3) in rejected
    assert (Code.SOURCE_DUPLICATE_KEY, "T", 3) in rejected
    assert [(c.read, c.used, c.rejected) for c in table.counts] == [(2, 1, 1), (2, 1, 1)]


def test_a_plain_table_needs_a_mapping(save):
    sheets = sheets_of(save("İlçesi;Yaş\nKaş;3\n", "a.csv"))
    with pytest.raises(Refused) as caught:
        read_source(sheets, FORM)
    assert caught.value.questions[0].code is Code.SOURCE_NOT_RECOGNISED
    mapping = TableMapping.from_dict(TableMapping({"ilce": "İlçesi"}).to_dict())
    table = read_source(sheets, FORM, mapping)
    assert [(s.fields, s.row) for s in table.submissions] == [({"ilce": "Kaş"}, 2)]


def test_a_mapping_to_an_absent_column_is_refused(save):
    sheets = sheets_of(save("a;b\n1;2\n", "a.csv"))
    with pytest.raises(Refused) as caught:
        read_source(sheets, None, TableMapping({"ilce": "İlçe"}))
    assert caught.value.problems[0].code is Code.COLUMN_MISSING


def test_repeat_sheets_of_a_plain_workbook_are_joined_by_key_and_orphans_counted(book):
    path = book({"Hane": [["No", "İlçe"], ["h1", "Kaş"]], "Kisi": [["Hane No", "yas"], ["h1", 4], ["h9", 5]]})
    mapping = TableMapping({"ilce": "İlçe"}, key="No", repeats={"Kisi": ("uyeler", "Hane No")})
    assert TableMapping.from_dict(mapping.to_dict()) == mapping
    table = read_source(sheets_of(path), FORM, mapping)
    assert [m["yas"] for m in table.submissions[0].repeats["uyeler"]] == [4]
    assert [(c.read, c.used, c.rejected) for c in table.counts] == [(1, 1, 0), (2, 1, 1)]
    assert [(p.code, p.row) for p in table.problems] == [(Code.SOURCE_ORPHAN_ROW, 3)]
