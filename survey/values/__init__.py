"""Strict parsing of cells: a typed value, or the code of what is wrong. Never a guess."""

from __future__ import annotations

from survey.values.dates import column_date_order, date
from survey.values.identity import identity_number, phone
from survey.values.numbers import column_decimal_format, decimal, integer
from survey.values.points import TURKIYE, Bounds, Point, check_point, geopoint, point, swapped_share
from survey.values.words import text, yes_no

__all__ = [
    "TURKIYE",
    "Bounds",
    "Point",
    "check_point",
    "column_date_order",
    "column_decimal_format",
    "date",
    "decimal",
    "geopoint",
    "identity_number",
    "integer",
    "phone",
    "point",
    "swapped_share",
    "text",
    "yes_no",
]
