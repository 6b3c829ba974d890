import datetime

import pytest

from survey.door import Kind
from survey.problems import Code, Refused
from survey.tablefile import TableOptions, read_table


def read_csv(path, **options):
    return read_table(path, Kind.CSV, TableOptions(name="a.csv", **options))[0]


def asked(call):
    with pytest.raises(Refused) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
def test_the_separator_is_told_from_the_file(save, mark):
    sheet = read_csv(save(f"ad{mark}yaş\nAyşe{mark}3\nAli{mark}\n"))
    assert sheet.header == ("ad", "yaş")
    assert [row.cells for row in sheet.rows] == [("Ayşe", "3"), ("Ali", None)]


def test_decimal_commas_do_not_beat_the_semicolon(save):
    sheet = read_csv(save("ad;x;y\nA;1,5;2,5\nB;3,5;4,5\n"))
    assert sheet.header == ("ad", "x", "y")


def test_two_equal_separators_are_asked_for(save):
    found = asked(lambda: read_csv(save("a,b;c,d;e\n1,2;3,4;5\n")))
    assert found.questions[0].code is Code.CSV_DELIMITER
    assert "--delimiter" in found.questions[0].option


def test_a_row_of_another_width_is_rejected_by_number_and_counted(save):
    sheet = read_csv(save("a;b\n1;2\n\n1;2;3\n4\n5;6;\n"))
    assert [(p.code, p.row) for p in sheet.rejected] == [(Code.TABLE_WIDTH, 4), (Code.TABLE_WIDTH, 5)]
    assert [row.number for row in sheet.rows] == [2, 6]
    assert sheet.read == 4


def test_quoted_lines_keep_row_numbers_of_the_spreadsheet(save):
    sheet = read_csv(save('a;b\n"x\ny";2\n3;4\n'))
    assert [row.number for row in sheet.rows] == [2, 3]
    assert sheet.rows[0].cells[0] == "x\ny"


def test_excels_separator_hint_is_not_a_row(save):
    sheet = read_csv(save("sep=;\r\na;b\r\n1;2\r\n"))
    assert (sheet.header, sheet.rows[0].number) == (("a", "b"), 3)


def test_a_huge_cell_is_refused_with_its_row(save):
    found = asked(lambda: read_csv(save("a;b\n1;2\n" + "x" * 140_000 + ";2\n")))
    assert (found.problems[0].code, found.problems[0].row) == (Code.CSV_QUOTE, 3)


def test_a_column_without_a_heading_is_left_out_and_said(save):
    sheet = read_csv(save("a;;c\n1;2;3\n"))
    assert sheet.header == ("a", "c")
    assert sheet.rows[0].cells == ("1", "3")
    assert [f.code for f in sheet.findings] == [Code.TABLE_COLUMN_UNNAMED]


def test_a_nul_names_its_row(save):
    found = asked(lambda: read_csv(save("a;b\n1;\x002\n")))
    assert (found.problems[0].code, found.problems[0].row) == (Code.CSV_NUL, 2)


def test_whole_numbers_dates_and_logicals_keep_their_type(book):
    path = book(
        {"S": [["no", "x", "gün", "an", "mi"], [12345678901, 1.5, datetime.date(2026, 3, 1), None, True]]}
    )
    row = read_table(path, Kind.XLSX)[0].rows[0]
    assert row.cells == (12345678901, 1.5, datetime.date(2026, 3, 1), None, True)
    assert [type(cell) for cell in row.cells[:2]] == [int, float]


def test_all_visible_sheets_are_read_and_hidden_ones_named(book):
    def hide(workbook):
        workbook["gizli"].sheet_state = "hidden"

    path = book({"A": [["x"], [1]], "gizli": [["y"], [2]], "boş": []}, prepare=hide)
    sheets = read_table(path, Kind.XLSX)
    assert [sheet.name for sheet in sheets] == ["A"]
    assert [(f.code, f.sheet) for f in sheets[0].findings] == [(Code.TABLE_SHEET_HIDDEN, "gizli")]


def test_an_unknown_sheet_suggests_the_nearest(book):
    path = book({"Vakalar": [["x"], [1]]})
    found = asked(lambda: read_table(path, Kind.XLSX, TableOptions(sheet="vakalr")))
    assert found.problems[0].nearest == "Vakalar"


def test_a_formula_gives_its_stored_value_only(book):
    path = book({"S": [["a", "b"], ["=1+1", 3]]})
    assert read_table(path, Kind.XLSX)[0].rows[0].cells == (None, 3)


def test_a_two_tier_heading_is_asked_for_and_then_read_at_its_columns(book):
    def merge(workbook):
        page = workbook["S"]
        page.merge_cells("A1:A2")
        page.merge_cells("B1:D1")

    rows = [["Ad", "Adres", None, None], [None, "İlçe", "Mahalle", "Sokak"], ["x", "Kaş", "Gürsu", "1"]]
    path = book({"S": rows}, prepare=merge)
    found = asked(lambda: read_table(path, Kind.XLSX))
    assert found.questions[0].code is Code.TABLE_HEADER_ROW
    sheet = read_table(path, Kind.XLSX, TableOptions(header_row=2))[0]
    assert sheet.header == ("Ad", "İlçe", "Mahalle", "Sokak")
    assert sheet.rows[0] == (3, ("x", "Kaş", "Gürsu", "1"))


def test_numbers_only_have_no_header_and_are_asked_about(book):
    path = book({"S": [[1, 2], [3, 4], [5, 6]]})
    assert asked(lambda: read_table(path, Kind.XLSX)).questions[0].code is Code.TABLE_HEADER_ROW


def test_a_table_that_starts_away_from_the_corner_keeps_its_columns(book):
    path = book({"S": [[None, None, None], [None, "Ad", "Yaş"], [None, "x", 3]]})
    sheet = read_table(path, Kind.XLSX)[0]
    assert (sheet.header, sheet.rows) == (("Ad", "Yaş"), ((3, ("x", 3)),))
