"""The encoding of a text file: UTF-8 when it is, else Turkish Windows and said so; never a guess between."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from survey.problems import Code, Problem, Refused, Where, problem

__all__ = ["KNOWN_ENCODINGS", "detect_encoding", "mojibake"]

KNOWN_ENCODINGS = ("utf-8", "utf-16", "cp1254", "iso8859-9", "cp857")
LETTERS = "çğıöşüÇĞİÖŞÜâîû"
TWICE = re.compile(
    "|".join(
        sorted(
            {
                letter.encode().decode(wrong)
                for letter in LETTERS
                for wrong in ("cp1252", "cp1254", "latin-1")
                if letter.encode().decode(wrong, "ignore").encode(wrong, "ignore") == letter.encode()
            }
        )
    )
)
LATIN1 = re.compile(r"[þðýÞÐÝ](?=[a-zçöü])|(?<=[a-zçöü])[þðý]")


def mojibake(text: str) -> str:
    """The first piece of text that looks encoded twice, or ''.

    >>> mojibake("ÅžiÅŸli"), mojibake("Þiþli"), mojibake("Şişli, çığ")
    ('ÅžiÅŸli', 'Þiþli', '')
    """
    hit = TWICE.search(text) or LATIN1.search(text)
    if hit is None:
        return ""
    start, end = hit.start(), hit.end()
    before, after = re.search(r"\w*$", text[:start]), re.match(r"[^\s;,|\"]*", text[end:])
    return (before.group() if before else "") + hit.group() + (after.group() if after else "")


def detect_encoding(path: Path, *, asked: str | None = None) -> tuple[str, tuple[Problem, ...]]:
    """Encoding of a text file and what to say about it.

    Raises
    ------
    Refused
        When a line is not in the encoding, or lines differ in encoding; the line is named.
    """
    if asked is not None:
        _check_all(path, _known(asked))
        return asked, ()
    with path.open("rb") as stream:
        head = stream.read(2)
    if head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        _check_all(path, "utf-16")
        return "utf-16", (problem(Code.TEXT_UTF16),)
    first_bad, has_utf8 = _scan(path)
    if first_bad == 0:
        return "utf-8-sig", ()
    if has_utf8:
        raise Refused((problem(Code.TEXT_MIXED, Where(row=first_bad), detail="cp1254 / UTF-8"),))
    _check_all(path, "cp1254")
    return "cp1254", (problem(Code.TEXT_CP1254, Where(row=first_bad)),)


def _known(asked: str) -> str:
    try:
        return codecs.lookup(asked).name
    except LookupError as why:
        raise Refused((problem(Code.TEXT_UNDECODABLE, detail=asked),)) from why


def _scan(path: Path) -> tuple[int, bool]:
    """First line that is not UTF-8 (0: none), and whether any line is UTF-8 beyond ASCII."""
    first_bad, has_utf8 = 0, False
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if line.isascii() or (number == 1 and line.removeprefix(codecs.BOM_UTF8).isascii()):
                continue
            try:
                line.decode("utf-8")
                has_utf8 = True
            except UnicodeDecodeError:
                first_bad = first_bad or number
            if first_bad and has_utf8:
                break
    return first_bad, has_utf8


def _check_all(path: Path, encoding: str) -> None:
    try:
        if encoding.startswith("utf-16"):
            path.read_bytes().decode(encoding)
            return
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):  # noqa: B007 - named in the refusal
                line.decode(encoding)
    except UnicodeDecodeError as why:
        row = 0 if encoding.startswith("utf-16") else number
        raise Refused((problem(Code.TEXT_UNDECODABLE, Where(row=row), detail=encoding),)) from why
