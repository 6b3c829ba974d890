import pickle
import re
import tomllib
from importlib.resources import files

import pytest

from survey.codes import QUESTIONS, WARNINGS
from survey.problems import (
    Code,
    FieldClass,
    Question,
    Refused,
    Severity,
    Where,
    explain,
    mask,
    problem,
    severity,
    texts,
)

FIELDS = {"sheet", "row", "column", "given", "detail", "nearest", "what", "choices", "option"}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_code_has_a_sentence_and_no_sentence_lacks_a_code(language):
    assert set(texts(language)) == {str(code) for code in Code}


@pytest.mark.parametrize("code", list(Code))
def test_both_languages_use_the_same_known_fields(code):
    used = [set(re.findall(r"\{(\w+)\}", texts(language)[code])) for language in ("tr", "en")]
    assert used[0] == used[1]
    assert used[0] <= FIELDS


@pytest.mark.parametrize("code", sorted(QUESTIONS))
def test_a_question_says_which_option_answers_it(code):
    assert "{option}" in texts("tr")[code]


def test_toml_is_read_as_utf8_turkish():
    raw = tomllib.loads(files("survey").joinpath("problems.tr.toml").read_text("utf-8"))
    assert "parola korumalı" in raw["file.password"]


def test_severity_has_three_outcomes():
    assert severity(Code.FILE_MACROS) is Severity.WARNING
    assert severity(Code.LAYER_CRS_MISSING) is Severity.QUESTION
    assert severity(Code.FILE_EMPTY) is Severity.REJECT
    assert not QUESTIONS & WARNINGS


@pytest.mark.parametrize(
    ("value", "field_class", "shown"),
    [
        ("10000000146", FieldClass.IDENTITY, "*********46"),
        ("05321234567", FieldClass.CONTACT, "*********67"),
        ("Ayşe Yılmaz", FieldClass.NAME, "A*** Y***"),
        ("sığınmacı", FieldClass.SPECIAL, "***"),
        ("12", FieldClass.IDENTITY, "**"),
        ("on iki", FieldClass.ORDINARY, "on iki"),
        (None, FieldClass.IDENTITY, ""),
    ],
)
def test_a_given_value_is_masked_by_its_class(value, field_class, shown):
    assert mask(value, field_class) == shown


def test_a_finding_cannot_forge_a_line_of_a_log():
    found = problem(Code.VALUE_CHOICE, Where("S", 3, "a\r\nb"), given="x\r\nFAKE \u202eline")
    assert not re.search(r"[\r\n\u202e]", found.given + found.column)


def test_explaining_fills_the_fields_even_with_braces_in_the_data():
    found = problem(Code.AREA_UNKNOWN, given="{row.__class__}", detail="Kaş", nearest="Gürsu")
    assert "{row.__class__}" in explain(found, "tr")
    assert "Gürsu" in explain(found, "en")


def test_a_question_names_its_option():
    asked = Question(Code.LAYER_CRS_MISSING, "mahalle.zip", ("EPSG:5254",), "--crs EPSG:5254")
    assert "--crs EPSG:5254" in explain(asked, "tr")


def test_a_refusal_prints_codes_and_places_but_no_values():
    refused = Refused((problem(Code.IDENTITY_CHECKSUM, Where("S", 4, "tc"), given="12345678901"),))
    assert "identity.checksum" in str(refused)
    assert "12345678901" not in str(refused)


def test_a_refusal_crosses_a_process_boundary():
    refused = Refused((problem(Code.FILE_EMPTY),), (Question(Code.LAYER_CRS_MISSING, "a", (), "--crs"),))
    again = pickle.loads(pickle.dumps(refused))
    assert (again.problems, again.questions) == (refused.problems, refused.questions)
