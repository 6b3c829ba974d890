import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.problems import Code
from survey.values import (
    Bounds,
    Point,
    check_point,
    column_date_order,
    column_decimal_format,
    date,
    decimal,
    geopoint,
    identity_number,
    integer,
    phone,
    point,
    swapped_share,
    text,
    yes_no,
)


@pytest.mark.parametrize("cell", ["nan", "inf", "1_000", "1e400", "", "0x1", "12a", "--1", "1,2,3"])
def test_what_float_would_take_is_refused(cell):
    assert isinstance(decimal(cell, "point"), Code)
    assert isinstance(decimal(cell, "comma"), Code)


@pytest.mark.parametrize("cell", ["٣", "１２", "१२", "²"])
@pytest.mark.parametrize("parse", [integer, decimal, date, identity_number, phone])
def test_digits_of_other_scripts_are_refused(cell, parse):
    assert parse(cell) is Code.VALUE_FOREIGN_DIGITS


@pytest.mark.parametrize(
    ("values", "style"),
    [
        (["1.234,56", "7,5"], "comma"),
        (["1,234.56", "7.5"], "point"),
        (["1.234"], "ambiguous"),
        (["1.234", "0,5"], "comma"),
        (["1.234", "12.25"], "point"),
        (["1,5", "1.5"], "ambiguous"),
        (["1.234.567"], "comma"),
        (["12", None, 3.5], "point"),
        (["0.125"], "point"),
    ],
)
def test_a_columns_decimal_format_is_told_or_left_open(values, style):
    assert column_decimal_format(values) == style


@pytest.mark.parametrize(
    ("cell", "style", "value"),
    [
        ("1.234,56", "comma", 1234.56),
        ("1.234", "comma", 1234.0),
        ("1.234", "point", 1.234),
        ("1.234", "ambiguous", Code.VALUE_DECIMAL_AMBIGUOUS),
        ("1.234,56", "point", Code.VALUE_DECIMAL_MIXED),
        ("-7,5", "comma", -7.5),
        (7, "ambiguous", 7.0),
        (True, "point", Code.VALUE_NOT_NUMBER),
        (float("inf"), "point", Code.VALUE_NOT_NUMBER),
        (None, "point", None),
    ],
)
def test_decimals_follow_the_settled_format(cell, style, value):
    assert decimal(cell, style) == value


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False))
def test_turkish_notation_reads_back(number):
    written = f"{number:,.2f}".translate(str.maketrans(",.", ".,"))
    assert decimal(written, "comma") == pytest.approx(float(number))


@given(st.text(max_size=12), st.sampled_from(["comma", "point", "ambiguous"]))
def test_no_text_makes_the_parsers_fail(cell, style):
    for parse in (integer, date, identity_number, phone, text, yes_no, geopoint):
        parse(cell)
    decimal(cell, style)


def test_integers_are_whole():
    assert [integer(c) for c in ("12", 12.0, "-3", None)] == [12, 12, -3, None]
    assert {integer(c) for c in ("1.5", 1.5, "1.000", True)} == {Code.VALUE_NOT_INTEGER}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("31.02.2026", Code.VALUE_DATE_IMPOSSIBLE),
        ("2026-13-01", Code.VALUE_DATE_IMPOSSIBLE),
        ("0000-00-00", Code.VALUE_DATE_IMPOSSIBLE),
        ("01/02/03", Code.VALUE_DATE_SHORT_YEAR),
        ("01/02/2026", Code.VALUE_DATE_AMBIGUOUS),
        ("45231", Code.VALUE_DATE_SERIAL),
        (45231, Code.VALUE_DATE_SERIAL),
        ("dün", Code.VALUE_DATE_FORMAT),
        ("13/02/2026", datetime.date(2026, 2, 13)),
        ("02/13/2026", datetime.date(2026, 2, 13)),
        ("05.03.2026 14:30", datetime.date(2026, 3, 5)),
        ("2026-01-05T10:11:12.000+03:00", datetime.date(2026, 1, 5)),
        (datetime.datetime(2026, 3, 1, 9, 0), datetime.date(2026, 3, 1)),
        (None, None),
    ],
)
def test_dates(cell, value):
    assert date(cell) == value


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["01/02/2026", "13/02/2026"], "dmy"),
        (["01/02/2026", "02/13/2026"], "mdy"),
        (["01/02/2026", "03/04/2026"], "ambiguous"),
        (["13/02/2026", "02/13/2026"], "ambiguous"),
        (["2026-02-01", None], "dmy"),
        (["01.02.2026"], "dmy"),
    ],
)
def test_the_order_of_day_and_month_is_told_over_a_column(values, order):
    assert column_date_order(values) == order


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("10000000146", "10000000146"),
        (10000000146, "10000000146"),
        (10000000146.0, "10000000146"),
        ("100 000 001 46", "10000000146"),
        ("10000000147", Code.IDENTITY_CHECKSUM),
        ("01234567890", Code.IDENTITY_LEADING_ZERO),
        ("1234567890", Code.IDENTITY_LENGTH),
        ("1.0000000146E+10", Code.IDENTITY_SCIENTIFIC),
        ("1,00E+10", Code.IDENTITY_SCIENTIFIC),
        ("1000000014a", Code.IDENTITY_DIGITS),
        (1.5, Code.IDENTITY_SCIENTIFIC),
        (None, None),
    ],
)
def test_identity_numbers_are_text_with_check_digits(cell, value):
    assert identity_number(cell) == value


def test_a_foreigners_number_passes_the_same_check():
    digits = [9, 9, 1, 2, 3, 4, 5, 6, 7]
    digits.append((7 * sum(digits[0::2]) - sum(digits[1:8:2])) % 10)
    digits.append(sum(digits) % 10)
    number = "".join(map(str, digits))
    assert identity_number(number) == number


@pytest.mark.parametrize(
    "cell", ["05321234567", "+90 532 123 45 67", "532-123-4567", 5321234567, 905321234567]
)
def test_phone_numbers_have_one_form(cell):
    assert phone(cell) == "+905321234567"


def test_other_countries_keep_their_code_and_short_numbers_are_refused():
    assert phone("+963 944 123 456") == "+963944123456"
    assert phone("123") is Code.PHONE_FORMAT


@pytest.mark.parametrize(
    ("lat", "lon", "value"),
    [
        ("36,8874", "30,7075", Point(36.8874, 30.7075)),
        ("36.887", "30.707", Point(36.887, 30.707)),
        ("36,887", "30,707", Point(36.887, 30.707)),
        (36.9, None, Code.POINT_INCOMPLETE),
        (None, None, None),
        (744494, 4425675, Code.POINT_PROJECTED),
        ("x", "30", Code.VALUE_NOT_NUMBER),
    ],
)
def test_points_from_two_cells(lat, lon, value):
    assert point(lat, lon) == value


def test_exchanged_coordinates_are_said_not_corrected():
    antalya = Bounds(36.0, 29.0, 37.6, 32.7)
    points = [Point(30.7, 36.9), Point(31.0, 36.6), Point(36.9, 30.7)]
    assert [check_point(p, antalya) for p in points] == [Code.POINT_SWAPPED, Code.POINT_SWAPPED, None]
    assert swapped_share(points, antalya) == pytest.approx(2 / 3)
    assert check_point(Point(0, 0)) is Code.POINT_ZERO
    assert check_point(Point(51.5, 0.1)) is Code.POINT_OUTSIDE


def test_yes_and_no_in_both_languages():
    assert [yes_no(c) for c in ("Evet", "HAYIR", "yes", 0, 1.0, True, None)] == [
        True, False, True, False, True, True, None,
    ]  # fmt: skip
    assert yes_no("belki") is Code.VALUE_BOOLEAN


def test_texts_are_trimmed_and_capped():
    assert [text(c) for c in ("  a ", 3.0, "  ", datetime.date(2026, 1, 2))] == ["a", "3", None, "2026-01-02"]
    assert text("x" * 20_000) is Code.VALUE_TOO_LONG
