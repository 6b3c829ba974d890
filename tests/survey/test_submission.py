import dataclasses
import datetime

import pytest

from survey.answers import Styles, column_styles
from survey.form import Choice, Form, Question
from survey.names import NameIndex
from survey.problems import Code, FieldClass
from survey.sources import RawSubmission
from survey.submission import Outcome, Reading, Submission, content_keys, parse_submission, propose_keys
from survey.values import Point

NAMES = NameIndex(("Kaş", "Kepez"), ("Gürsu", "Göksu"), ("7", "8"))


def ask(name, kind, *, field_class=FieldClass.ORDINARY, list_name="", repeat=""):
    return Question(
        name=name,
        path=name,
        type=kind,
        labels={},
        list_name=list_name,
        repeat=repeat,
        field_class=field_class,
    )


FORM = Form(
    form_id="f",
    version="1",
    title="F",
    languages=("tr",),
    default_language="tr",
    questions=(
        ask("ilce", "text"),
        ask("mahalle", "text"),
        ask("sonuc", "select_one", list_name="sonuc"),
        ask("agirlik", "decimal"),
        ask("konum", "geopoint", field_class=FieldClass.CONTACT),
        ask("isinma", "select_multiple", list_name="yakit"),
        ask("tc", "text", field_class=FieldClass.IDENTITY, repeat="uyeler"),
        ask("yas", "integer", repeat="uyeler"),
    ),
    repeats=("uyeler",),
    choices={
        "yakit": (Choice("soba", {"tr": "Soba"}), Choice("klima", {"tr": "Klima"})),
        "sonuc": (Choice("1", {"tr": "Tamamlandı"}), Choice("2", {"tr": "Ret"})),
    },
)
READING = Reading(FORM, propose_keys(FORM), NAMES)
FIELDS = {
    "ilce": "KAŞ",
    "mahalle": "gürsu mah.",
    "sonuc": "Tamamlandı",
    "agirlik": "12,5",
    "konum": "36.2 29.6 10 5",
    "isinma": "soba klima",
}
MEMBER = {"tc": "10000000146", "yas": 41, "_row": 5, "_sheet": "uyeler"}


def raw(members=(MEMBER,), **fields):
    return RawSubmission(None, FIELDS | fields, {"uyeler": list(members)}, 4, None, "kok")


def codes(result):
    return [(p.code, p.sheet, p.row, p.column) for p in result]


def test_keys_are_found_by_name():
    keys = READING.keys
    assert (keys.district, keys.neighbourhood, keys.outcome) == ("ilce", "mahalle", "sonuc")
    assert (keys.weight, keys.point) == ("agirlik", "konum")


def test_a_row_becomes_a_household_with_identifying_answers_apart():
    found = parse_submission(raw(), READING, key="k")
    assert isinstance(found, Submission)
    assert (found.outcome, found.area_code, found.weight) == (Outcome.DONE, "7", 12.5)
    assert found.point == Point(36.2, 29.6, 10.0, 5.0)
    assert found.answers["isinma"] == "soba klima"
    assert "konum" not in found.answers
    assert found.persons[0].answers == {"yas": 41}
    assert found.persons[0].identifying == {"tc": "10000000146"}


def test_every_problem_of_a_row_is_reported_with_its_own_sheet_and_masked():
    bad = MEMBER | {"tc": "10000000147", "yas": "kırk", "_row": 9}
    found = parse_submission(raw([MEMBER, bad], mahalle="Gurs", agirlik="-1"), READING, key="k")
    assert codes(found) == [
        (Code.IDENTITY_CHECKSUM, "uyeler", 9, "tc"),
        (Code.VALUE_NOT_INTEGER, "uyeler", 9, "yas"),
        (Code.AREA_UNKNOWN, "kok", 4, "mahalle"),
        (Code.SURVEY_WEIGHT, "kok", 4, "agirlik"),
    ]
    assert found[0].given == "*********47"
    assert found[2].nearest == "Gürsu"


def test_a_visit_without_an_interview_needs_its_outcome_only():
    found = parse_submission(raw((), sonuc="Ret", isinma=None), READING, key="k")
    assert (found.outcome, found.persons, found.warnings) == (Outcome.REFUSED, (), ())
    missing = parse_submission(raw(sonuc=None), READING, key="k")
    assert [p.code for p in missing] == [Code.SURVEY_OUTCOME_MISSING]


def test_an_empty_roster_of_a_completed_visit_is_warned_about():
    assert [w.code for w in parse_submission(raw(()), READING, key="k").warnings] == [
        Code.SURVEY_ROSTER_EMPTY
    ]


def test_an_unknown_choice_is_rejected():
    assert [p.code for p in parse_submission(raw(isinma="soba odun"), READING, key="k")] == [
        Code.VALUE_CHOICE
    ]


def test_identical_rows_stay_two_and_keys_survive_a_second_reading():
    rows = [raw(), raw(), raw(mahalle="Göksu")]
    keys = content_keys(rows)
    assert len(set(keys)) == 3
    moved = [dataclasses.replace(r, row=r.row + 10) for r in rows]
    assert content_keys(moved) == keys
    assert content_keys([dataclasses.replace(raw(), source_key="uuid:1")]) == ["uuid:1"]


def test_formats_are_settled_over_columns_or_asked():
    columns = {"a": ["1,5"], "b": ["1.234"], "d": ["01/02/2026"]}
    styles, asks = column_styles(columns, numbers=["a", "b"], days=["d"])
    assert styles == Styles({"a": "comma", "b": "ambiguous"}, "ambiguous")
    assert [(q.code, q.what) for q in asks] == [
        (Code.VALUE_DECIMAL_FORMAT, "b"),
        (Code.VALUE_DATE_ORDER, "d"),
    ]


def test_a_day_comes_from_the_time_of_submission_when_no_question_has_it():
    sent = dataclasses.replace(raw(), submitted_at=datetime.datetime(2026, 5, 1, 9, tzinfo=datetime.UTC))
    assert parse_submission(sent, READING, key="k").day == datetime.date(2026, 5, 1)


@pytest.mark.parametrize(("word", "outcome"), [("1", "done"), ("Evde yok", None), ("RET", "refused")])
def test_outcomes_in_words_or_codes(word, outcome):
    found = parse_submission(raw((), sonuc=word), READING, key="k")
    assert getattr(found, "outcome", None) == outcome
