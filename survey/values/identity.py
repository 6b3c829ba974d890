"""Turkish identity numbers and phone numbers, kept as text with a reason for every refusal."""

from __future__ import annotations

import re

from survey.problems import Code
from survey.tablefile.sheet import Cell
from survey.values.numbers import EXACT_BELOW, foreign_digits

__all__ = ["identity_number", "phone"]

SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+")
LENGTH = 11
NATIONAL = re.compile(r"(?:\+?90|0090|0)?([2-5][0-9]{9})")
FOREIGN = re.compile(r"(?:\+|00)([1-9][0-9]{7,14})")


def identity_number(cell: Cell) -> str | Code | None:
    """Read an identity number (citizens; foreigners' begin with 99) with both check digits.

    >>> identity_number("10000000146"), identity_number("1000000014").value
    ('10000000146', 'identity.length')
    """
    if cell is None:
        return None
    if isinstance(cell, float):
        if not cell.is_integer() or abs(cell) >= EXACT_BELOW:
            return Code.IDENTITY_SCIENTIFIC
        cell = int(cell)
    if isinstance(cell, bool) or not isinstance(cell, (int, str)):
        return Code.IDENTITY_DIGITS
    return _checked(str(cell).replace(" ", "").strip())


def _checked(text: str) -> str | Code:
    if SCIENTIFIC.fullmatch(text):
        return Code.IDENTITY_SCIENTIFIC
    if foreign_digits(text):
        return Code.VALUE_FOREIGN_DIGITS
    if not (text.isascii() and text.isdigit()):
        return Code.IDENTITY_DIGITS
    if len(text) != LENGTH:
        return Code.IDENTITY_LENGTH
    if text[0] == "0":
        return Code.IDENTITY_LEADING_ZERO
    digits = [int(sign) for sign in text]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    if digits[9] != tenth or digits[10] != sum(digits[:10]) % 10:
        return Code.IDENTITY_CHECKSUM
    return text


def phone(cell: Cell) -> str | Code | None:
    """Read a phone number as +90 and ten digits, or another country's with its +.

    >>> phone("0 (532) 123 45 67"), phone(5321234567), phone("12").value
    ('+905321234567', '+905321234567', 'phone.format')
    """
    if cell is None:
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, (bool, float)) or not isinstance(cell, (int, str)):
        return Code.PHONE_FORMAT
    plain = re.sub(r"[\s().\-/]", "", str(cell))
    if foreign_digits(plain):
        return Code.VALUE_FOREIGN_DIGITS
    if national := NATIONAL.fullmatch(plain):
        return f"+90{national[1]}"
    foreign = FOREIGN.fullmatch(plain)
    return f"+{foreign[1]}" if foreign else Code.PHONE_FORMAT
