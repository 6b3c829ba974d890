from pathlib import Path

import pytest

from survey.form import Form, default_class
from survey.problems import Code, FieldClass, Refused, Severity
from survey.xlsform import read_xlsform

DATA = Path(__file__).parents[1] / "data" / "exports"
SURVEY = [
    ["type", "name", "label::Türkçe (tr)", "label::English (en)", "relevant", "constraint", "mahalle::class"],
    ["begin_group", "hane", "Hane", "Household", None, None, None],
    ["select_one ilceler", "ilçe_adı", "İlçe", "District", None, None, None],
    [None, None, None, None, None, None, None],
    ["geopoint", "konum", "Konum", "Location", None, None, None],
    ["begin_repeat", "uyeler", "Üyeler", "Members", None, None, None],
    ["integer", "yas", "Yaş", "Age", None, ". >= 0 and . <= 120", None],
    ["select_multiple engeller", "engel", "Engel", "Disability", "${yas} > 2", None, "special"],
    ["text", "tc_kimlik", "TC", "Number", None, None, None],
    ["end_repeat", None, None, None, None, None, None],
    ["end_group", None, None, None, None, None, None],
    ["note", "son", "Bitti", "Done", None, None, None],
]
CHOICES = [
    ["list_name", "name", "label::Türkçe (tr)", "label::English (en)"],
    ["ilceler", "kas", "Kaş", "Kaş"],
    ["engeller", "gorme", "Görme", "Sight"],
    ["engeller", "isitme", "İşitme", "Hearing"],
]
SETTINGS = [
    ["form_title", "form_id", "version", "default_language"],
    ["Tarama", "tarama", "1", "Türkçe (tr)"],
]


@pytest.fixture
def form_book(book):
    def _make(survey=SURVEY, choices=CHOICES):
        return book({"survey": survey, "choices": choices, "settings": SETTINGS})

    return _make


def test_a_workbook_becomes_a_typed_form(form_book):
    form, problems = read_xlsform(form_book(), original_name="f.xlsx")
    assert (form.form_id, form.version, form.title) == ("tarama", "1", "Tarama")
    assert form.languages == ("Türkçe (tr)", "English (en)")
    assert form.repeats == ("uyeler",)
    assert [q.name for q in form.questions] == ["ilçe_adı", "konum", "yas", "engel", "tc_kimlik"]
    engel = form.by_name["engel"]
    assert (engel.path, engel.repeat, engel.row) == ("hane/uyeler/engel", "uyeler", 8)
    assert engel.many
    assert form.choice_names("engel") == ("gorme", "isitme")
    assert form.identifying() == ("konum", "tc_kimlik")
    assert engel.field_class is FieldClass.SPECIAL
    assert all(p.severity is Severity.WARNING for p in problems)


def test_a_form_survives_json(form_book):
    form, _ = read_xlsform(form_book(), original_name="f.xlsx")
    assert Form.from_json(form.to_json()) == form


def test_a_real_form_in_two_languages_with_a_repeat():
    form, _ = read_xlsform(DATA / "form_socio_economic.xlsx", original_name="f.xlsx")
    assert form.languages == ("English (en)", "French (fr)")
    assert form.repeats
    assert form.level(form.repeats[0])


def test_a_repeated_choice_is_refused_with_its_row(form_book):
    choices = [*CHOICES, ["engeller", "gorme", "Görme 2", "Sight 2"]]
    with pytest.raises(Refused) as caught:
        read_xlsform(form_book(choices=choices), original_name="f.xlsx")
    found = caught.value.problems[0]
    assert (found.code, found.sheet, found.row) == (Code.FORM_DUPLICATE_CHOICE, "choices", 5)
    assert found.given == "gorme"


def test_an_unknown_type_suggests_one(form_book):
    survey = [*SURVEY, ["intger", "x", "X", "X", None, None, None]]
    with pytest.raises(Refused) as caught:
        read_xlsform(form_book(survey), original_name="f.xlsx")
    found = caught.value.problems[0]
    assert (found.code, found.given, found.nearest) == (Code.FORM_UNKNOWN_TYPE, "intger", "integer")


def test_an_unknown_class_is_rejected_with_the_nearest(form_book):
    survey = [*SURVEY, ["text", "x", "X", "X", None, None, "identty"]]
    _, problems = read_xlsform(form_book(survey), original_name="f.xlsx")
    bad = next(p for p in problems if p.code is Code.FORM_BAD_CLASS)
    assert (bad.row, bad.nearest) == (13, "identity")


def test_an_expression_for_phones_only_is_a_warning(form_book):
    survey = [*SURVEY, ["text", "x", "X", "X", "regex(${konum}, 'a')", None, None]]
    _, problems = read_xlsform(form_book(survey), original_name="f.xlsx")
    assert [(p.code, p.row) for p in problems if p.code is Code.FORM_EXPRESSION] == [
        (Code.FORM_EXPRESSION, 13)
    ]


def test_csv_and_markdown_forms_are_read(save):
    table = "| survey |\n| | type | name | label |\n| | integer | yas | Yaş |\n"
    form, _ = read_xlsform(save(table, "f.md"), original_name="f.md")
    assert form.by_name["yas"].type == "integer"
    text = '"survey"\n,"type","name","label"\n,"integer","yas","Yaş"\n'
    form, _ = read_xlsform(save(text, "f.csv"), original_name="f.csv")
    assert form.by_name["yas"].labels == {"": "Yaş"}


def test_a_damaged_workbook_is_refused(save):
    with pytest.raises(Refused):
        read_xlsform(save(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600), original_name="f.xlsx")


@pytest.mark.parametrize(
    ("name", "kind", "field_class"),
    [
        ("tc_kimlik", "text", FieldClass.IDENTITY),
        ("TelefonNo", "text", FieldClass.CONTACT),
        ("ad_soyad", "text", FieldClass.NAME),
        ("ad", "text", FieldClass.NAME),
        ("açık_adres", "text", FieldClass.CONTACT),
        ("konum", "geopoint", FieldClass.CONTACT),
        ("engel_durumu", "select_one", FieldClass.SPECIAL),
        ("oda_sayisi", "integer", FieldClass.ORDINARY),
        ("adet", "integer", FieldClass.ORDINARY),
    ],
)
def test_sensitivity_is_told_by_type_and_name(name, kind, field_class):
    assert default_class(name, kind) is field_class
