"""Both languages say everything, with the same fields; every key in the code has words."""

import ast
import string
from datetime import date
from pathlib import Path

import pytest

import app
from app.errors import MahalleError, RefusedError
from app.i18n import catalogue, day, explain, number, say

SOURCES = sorted(Path(app.__file__).parent.rglob("*.py"))
SAYERS = {"say", "warn"}


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys():
    assert set(catalogue("tr")) == set(catalogue("en"))


@pytest.mark.parametrize("key", sorted(catalogue("en")))
def test_both_languages_fill_in_the_same_fields(key):
    assert fields(catalogue("tr")[key]) == fields(catalogue("en")[key])


@pytest.mark.parametrize("language", ["tr", "en"])
def test_no_message_is_empty_or_has_a_nameless_field(language):
    for key, text in catalogue(language).items():
        assert text.strip(), key
        assert "" not in fields(text), key


def literal_keys(path):
    """Message keys written out in a module: of errors, of what the desk says, of the doctor's findings."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = 1 if name == "Finding" else 0
        if name in SAYERS or name == "Finding" or name.endswith("Error"):
            yield from keys_of(node.args[place]) if len(node.args) > place else ()


def keys_of(node):
    """Keys in an expression; a key put together in an f-string is known by how it begins."""
    if isinstance(node, ast.JoinedStr):
        begin = node.values[0]
        if isinstance(begin, ast.Constant) and "." in str(begin.value):
            yield f"{begin.value}*"
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str) and is_key(node.value):
            yield node.value
    else:
        for part in ast.iter_child_nodes(node):
            yield from keys_of(part)


def has_words(key):
    return (
        any(k.startswith(key[:-1]) for k in catalogue("tr")) if key.endswith("*") else key in catalogue("tr")
    )


def is_key(text):
    return text.count(".") >= 1 and text.replace(".", "").replace("_", "").isalnum() and text.islower()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SOURCES[0].parent)))
def test_every_key_in_the_code_has_words(path):
    assert {key for key in literal_keys(path) if not has_words(key)} == set()


def test_the_search_for_keys_finds_them():
    found = {key for path in SOURCES for key in literal_keys(path)}
    assert {"keys.missing", "db.running", "doctor.versions", "load.mixed_real", "users.none"} <= found


def test_an_error_is_said_in_both_languages_with_its_fields():
    error = RefusedError("load.unknown_kind", kind="poems", kinds="areas, cases")
    for language in ("tr", "en"):
        assert "poems" in explain(error, language)
        assert "areas, cases" in explain(error, language)
    assert explain(error, "tr") != explain(error, "en")
    assert "load.unknown_kind" in str(error)


def test_a_missing_field_or_key_is_no_second_failure():
    assert "?" in explain(MahalleError("load.unknown_kind"), "en")
    assert say("no.such_key", "en") == "no.such_key"


def test_given_words_are_not_read_as_fields():
    assert "{x}" in say("load.stored", "en", file="{x}")


def test_numbers_and_days_are_written_as_people_write_them():
    assert (number(1234.5, "tr", digits=1), number(1234.5, "en", digits=1)) == ("1.234,5", "1,234.5")
    assert (number(12000, "tr"), number(12000, "en")) == ("12.000", "12,000")
    moment = date(2026, 3, 7)
    assert (day(moment, "tr"), day(moment, "en")) == ("7 Mart 2026", "7 March 2026")
