"""Hostile CSV and workbooks; each test carries the id of its row in tests/data/hostile/inputs.csv."""

import datetime
import io
import resource
import subprocess
import sys
import time
import zipfile

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from survey.cases import CaseReading, parse_case
from survey.door import MAX_CSV_BYTES, inspect
from survey.households import household_conflicts
from survey.names import Missing, NameIndex
from survey.problems import Code, Refused, explain
from survey.sources import RawSubmission
from survey.submission import Outcome, Submission
from survey.tablefile import TableOptions, read_table
from survey.values import column_date_order, column_decimal_format, date, decimal, identity_number, integer

XLSX_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)


def admit(path, name="dosya.csv"):
    """Through the door and the reader, as a load does."""
    upload = inspect(path, original_name=name)
    options = TableOptions(name=upload.name, encoding=upload.encoding or "utf-8-sig")
    return upload, read_table(path, upload.kind, options)


def refused(call):
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.problems[0]


def edited(path, changes):
    """Copy of a workbook with members replaced or added."""
    data = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            new.writestr(name, changes.get(name) or old.read(name))
    path.write_bytes(data.getvalue())
    return path


def test_h001_an_empty_file_is_rejected_in_turkish_by_name(save):
    found = refused(lambda: admit(save(""), "tarama.csv"))
    assert found.code is Code.FILE_EMPTY
    assert "tarama.csv" in explain(found, "tr")


def test_h003_a_file_above_the_documented_cap_is_refused_before_parsing(tmp_path):
    path = tmp_path / "big.csv"
    with path.open("wb") as stream:
        stream.write(b"a;b\n1;2\n")
        stream.truncate(300_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = refused(lambda: admit(path))
    assert (found.code, str(MAX_CSV_BYTES) in found.detail) == (Code.FILE_TOO_BIG, True)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_h005_an_unclosed_quote_names_row_2_and_nothing_is_read(save):
    text = 'ad;yaş\n"Ayşe;3\n' + "Ali;4\n" * 500
    found = refused(lambda: admit(save(text)))
    assert (found.code, found.row) == (Code.CSV_QUOTE, 2)


def test_h007_a_byte_order_mark_is_not_part_of_the_first_heading(save):
    _, sheets = admit(save("TC;ad\n1;2\n", encoding="utf-8-sig"))
    assert sheets[0].header == ("TC", "ad")


def test_h009_text_encoded_twice_is_flagged_and_matches_no_neighbourhood(save):
    garbled = "Şişli".encode().decode("cp1252")
    _, sheets = admit(save(f"mahalle;x\n{garbled};1\n"))
    assert [f.code for f in sheets[0].findings] == [Code.TEXT_MOJIBAKE]
    assert isinstance(NameIndex(("İstanbul",), ("Şişli",), ("1",)).find(garbled), Missing)


def test_h011_mixed_encodings_name_the_row(save):
    lines = [b"ad;x\n"] + ["Şule;1\n".encode()] * 499 + ["Şule;1\n".encode("cp1254")]
    found = refused(lambda: admit(save(b"".join(lines))))
    assert (found.code, found.row) == (Code.TEXT_MIXED, 501)


def test_h013_a_decimal_comma_is_read_when_the_column_is_settled_and_asked_when_not():
    assert decimal("1.234,56", column_decimal_format(["1.234,56", "7,5"])) == 1234.56
    assert column_decimal_format(["1.234", "5.678"]) == "ambiguous"
    assert decimal("1.234", "ambiguous") is Code.VALUE_DECIMAL_AMBIGUOUS


def test_h015_identity_numbers_are_text_and_spoilt_ones_say_why():
    assert identity_number("10000000146") == "10000000146"
    assert identity_number("01234567890") is Code.IDENTITY_LEADING_ZERO
    assert identity_number("1234567890") is Code.IDENTITY_LENGTH
    assert identity_number("1.0000000146E+10") is Code.IDENTITY_SCIENTIFIC


@pytest.mark.parametrize("text", ["٣", "１２"])
def test_h017_digits_of_other_scripts_are_rejected(text):
    assert {integer(text), decimal(text, "point"), date(text)} == {Code.VALUE_FOREIGN_DIGITS}


def test_h019_impossible_dates_are_rejected_and_ambiguous_ones_asked():
    impossible = {date(text) for text in ("31.02.2026", "2026-13-01", "0000-00-00")}
    assert impossible == {Code.VALUE_DATE_IMPOSSIBLE}
    assert date("01/02/03") is Code.VALUE_DATE_SHORT_YEAR
    assert column_date_order(["01/02/03"]) == "ambiguous"
    assert date("45231") is Code.VALUE_DATE_SERIAL


def test_h019_a_serial_is_taken_from_a_date_cell_of_a_workbook_only(book):
    _, sheets = admit(book({"S": [["gün", "sayı"], [datetime.date(2023, 11, 1), 45231]]}), "a.xlsx")
    day, serial = sheets[0].rows[0].cells
    assert (date(day), date(serial)) == (datetime.date(2023, 11, 1), Code.VALUE_DATE_SERIAL)


def test_h021_headings_equal_after_the_turkish_fold_are_rejected_naming_both(save):
    found = refused(lambda: admit(save("Ad;yaş;AD\n1;2;3\n")))
    assert (found.code, found.given, found.detail) == (Code.TABLE_HEADER_DUPLICATE, "Ad", "AD")


def test_h023_one_household_twice_has_one_deterministic_live_version():
    def visit(row, outcome, hour):
        sent = datetime.datetime(2026, 5, 1, hour, tzinfo=datetime.UTC)
        return Submission(
            key=str(row), row=row, sheet="S", outcome=outcome, area_code="7", answers={}, identifying={},
            persons=(), block=None, stratum=None, weight=None, day=None, point=None, household="12",
            submitted_at=sent,
        )  # fmt: skip

    visits = [visit(2, Outcome.DONE, 9), visit(3, Outcome.NOBODY, 12), visit(4, Outcome.DONE, 11)]
    for order in (visits, visits[::-1]):
        (conflict,) = household_conflicts(order)
        assert conflict.winner.row == 4
        assert {item.row for item in conflict.superseded} == {2, 3}
    assert conflict.finding.code is Code.SURVEY_HOUSEHOLD_CONFLICT


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>"])
def test_h025_markup_is_stored_verbatim(save, text):
    _, sheets = admit(save(f"ad;x\n{text};1\n"))
    assert sheets[0].rows[0].cells[0] == text
    fields = {"reason": "r", "day": "2026-01-02", "area_code": "1", "person_name": text}
    reading = CaseReading(NameIndex(("d",), ("n",), ("1",)), datetime.date(2026, 2, 1))
    assert parse_case(RawSubmission(None, fields, {}, 2), reading, key="k").person.name == text


def test_h027_a_line_break_in_a_field_cannot_forge_a_line_of_a_report(save):
    _, sheets = admit(save('yaş;x\n"3\r\n{""event"":""login""}";1\n'))
    cell = sheets[0].rows[0].cells[0]
    assert "\r\n" in cell
    reading = CaseReading(NameIndex(("d",), ("n",), ("1",)), datetime.date(2026, 2, 1))
    fields = {"reason": "r", "day": "2026-01-02", "area_code": "1", "age": cell}
    for found in parse_case(RawSubmission(None, fields, {}, 2), reading, key="k"):
        assert "\n" not in explain(found, "tr") + str(Refused((found,)))


@pytest.mark.parametrize("name", ["../../etc/cron.d/x.csv", "CON.csv", "a" * 300 + ".csv", "x\u202evsc.exe"])
def test_h029_a_file_name_is_escaped_metadata_and_never_a_path(save, name):
    path = save("a;b\n1;2\n", "0f3c.bin")
    upload, _ = admit(path, name)
    assert upload.path == path
    assert upload.name.isprintable()
    assert "\u202e" not in upload.name
    assert len(upload.name) <= 130


def test_h031_a_text_of_400_mb_in_a_small_workbook_is_refused_before_parsing(book):
    path = book({"S": [["a"], [1]]})
    sheet = io.BytesIO()
    with (
        zipfile.ZipFile(path) as old,
        zipfile.ZipFile(sheet, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            if not name.endswith("sheet1.xml"):
                new.writestr(name, old.read(name))
        with new.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as stream:
            stream.write(f'{XLSX_HEAD}<row r="1"><c r="A1" t="inlineStr"><is><t>'.encode())
            for _ in range(400):
                stream.write(b"a" * 1_000_000)
            stream.write(b"</t></is></c></row></sheetData></worksheet>")
    path.write_bytes(sheet.getvalue())
    start = time.perf_counter()
    assert refused(lambda: admit(path)).code in (Code.ARCHIVE_TOO_LARGE, Code.ARCHIVE_RATIO)
    assert time.perf_counter() - start < 1


def test_h033_entities_in_shared_strings_are_refused_within_a_second(book):
    entities = "".join(f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY a0 "x">{entities}]><sst><si><t>&a9;</t></si></sst>'
    path = edited(book({"S": [["a"], ["b"]]}), {"xl/sharedStrings.xml": bomb.encode()})
    start = time.perf_counter()
    found = refused(lambda: admit(path))
    assert time.perf_counter() - start < 1
    assert found.code is Code.XML_DOCTYPE
    assert "DOCTYPE" in explain(found, "tr")


def test_h035_macros_links_and_objects_are_warned_about_and_only_values_read(book):
    extra = {
        "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0macro",
        "xl/externalLinks/externalLink1.xml": b'<externalLink><ddeLink ddeService="cmd"/></externalLink>',
        "xl/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0object",
    }
    upload, sheets = admit(edited(book({"S": [["a"], ["b"]]}), extra), "a.xlsx")
    codes = {f.code for f in upload.findings}
    assert codes == {Code.FILE_MACROS, Code.FILE_EXTERNAL_LINKS, Code.FILE_EMBEDDED_OBJECT}
    assert sheets[0].rows[0].cells == ("b",)


def test_h037_dates_follow_the_workbooks_own_epoch(book):
    def epoch(workbook):
        workbook.epoch = CALENDAR_MAC_1904

    _, sheets = admit(book({"S": [["gün"], [datetime.date(2026, 3, 1)]]}, prepare=epoch), "a.xlsx")
    assert sheets[0].rows[0].cells == (datetime.date(2026, 3, 1),)


def test_h039_titles_above_the_heading_are_passed_over_and_columns_stay_in_place(book):
    def merge(workbook):
        for row in (1, 2, 3):
            workbook["S"].merge_cells(start_row=row, end_row=row, start_column=1, end_column=3)

    rows = [["Belediye"], ["Alan taraması"], ["2026"], ["Ad", "Yaş", "Mahalle"], ["x", 3, "Gürsu"]]
    _, sheets = admit(book({"S": rows}, prepare=merge), "a.xlsx")
    assert (sheets[0].header, sheets[0].header_row) == (("Ad", "Yaş", "Mahalle"), 4)
    assert sheets[0].rows[0] == (5, ("x", 3, "Gürsu"))
    assert [f.code for f in sheets[0].findings] == [Code.TABLE_HEADER_FOUND]


def test_h039_merged_headings_are_asked_about(book):
    def merge(workbook):
        workbook["S"].merge_cells("A1:B1")

    path = book({"S": [["Ad", None, "Yaş"], ["x", "y", 3]]}, prepare=merge)
    with pytest.raises(Refused) as caught:
        admit(path, "a.xlsx")
    assert caught.value.questions[0].code is Code.TABLE_HEADER_ROW


def test_h041_a_password_is_said_plainly(save):
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500 + "EncryptedPackage".encode("utf-16-le")
    found = refused(lambda: admit(save(ole), "gizli.xlsx"))
    assert found.code is Code.FILE_PASSWORD
    assert "parola korumalı" in explain(found, "tr")


@pytest.mark.parametrize("damage", ["cut", "crc"])
def test_h043_a_truncated_or_corrupt_workbook_is_refused(book, damage):
    path = book({"S": [["a"], *[[f"metin {k}"] for k in range(500)]]})
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as pack:
        member = pack.getinfo("xl/worksheets/sheet1.xml")
        start = member.header_offset + 30 + len(member.filename) + 40
    if damage == "cut":
        data = data[: len(data) // 2]
    else:
        data[start] ^= 0xFF
    path.write_bytes(bytes(data))
    assert refused(lambda: admit(path)).code is Code.FILE_DAMAGED


def test_h045_an_identity_number_stored_as_a_number_is_exact(book):
    def style(workbook):
        workbook["S"]["A2"].number_format = "0.00E+00"

    _, sheets = admit(book({"S": [["TC"], [10000000146], [2.0**60]]}, prepare=style), "a.xlsx")
    first, huge = (row.cells[0] for row in sheets[0].rows)
    assert identity_number(first) == "10000000146"
    assert identity_number(huge) is Code.IDENTITY_SCIENTIFIC


def test_two_cells_at_opposite_corners_are_refused_before_a_dense_reader_sees_them(book):
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    sheet = f"{XLSX_HEAD}{cells}</sheetData></worksheet>".encode()
    path = edited(book({"S": [["a"], [1]]}), {"xl/worksheets/sheet1.xml": sheet})
    assert refused(lambda: admit(path)).code is Code.TABLE_TOO_WIDE


def test_a_reader_that_would_abort_ends_only_its_limited_child(book):
    """The same file past the door: the child dies by its memory limit, nothing else does."""
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    sheet = f"{XLSX_HEAD}{cells}</sheetData></worksheet>".encode()
    path = edited(book({"S": [["a"], [1]]}), {"xl/worksheets/sheet1.xml": sheet})
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from survey.tablefile import read_table; from survey.door import Kind\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "read_table(Path(sys.argv[1]), Kind.XLSX)\n"
    )
    good = book({"S": [["a"], [1]]}, "good.xlsx")
    ran = [
        subprocess.run([sys.executable, "-c", code, str(p)], capture_output=True, timeout=60)
        for p in (path, good)
    ]
    assert ran[0].returncode < 0
    assert ran[1].returncode == 0
