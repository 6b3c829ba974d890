"""What a planner and a clerk of another city met: files as municipalities have them."""

import datetime as dt
import sys

import numpy as np
import openpyxl
import pytest

import app.cli  # noqa: F401 whose assembly a test reaches through sys.modules
from app.errors import RefusedError
from app.refresh.inputs import CityInputs, apart
from app.refresh.need import Cells, estimate_need, people_by_cell
from app.store.places import PeopleCell
from survey.cases import CaseReading, parse_case
from survey.form import Choice, Form, Question
from survey.headings import Headings
from survey.indicators import suggest
from survey.mapping import propose_mapping
from survey.names import NameIndex
from survey.problems import Code, Refused, Where, explain, problem
from survey.sources import RawSubmission
from survey.submission import CampaignKeys, Outcome, Reading, parse_submission
from survey.tablefile import Sheet
from survey.tablefile.sheet import TableOptions
from survey.tablefile.workbook import read_workbook

gpd = pytest.importorskip("geopandas")
INDEX = NameIndex(("Çankaya", "Mamak"), ("Kale", "Ilıca"), ("100", "137"))


def asked(name, kind, path, label, **more):
    return Question(name=name, path=path, type=kind, labels={"Deutsch (de)": label}, **more)


FORM = Form(
    form_id="hausbesuch",
    version="1",
    title="Hausbesuch",
    languages=("Deutsch (de)",),
    default_language="Deutsch (de)",
    questions=(
        asked("ort", "select_one", "lage/ort", "Gebiet", list_name="orte"),
        asked("ende", "select_one", "ende", "Ergebnis", list_name="enden"),
        asked("alter", "integer", "mitglieder/alter", "Alter", repeat="mitglieder"),
        asked("pflege", "select_one", "mitglieder/pflege", "Pflege?", repeat="mitglieder", list_name="jn"),
        asked("geld", "integer", "geld", "Einkommen"),
    ),
    groups={"lage": {"Deutsch (de)": "Ort und Zeit"}, "mitglieder": {"Deutsch (de)": "Mitglieder"}},
    repeats=("mitglieder",),
    choices={
        "orte": (Choice("m100", {"Deutsch (de)": "Kale Mah."}),),
        "enden": (Choice("done", {"Deutsch (de)": "Abgeschlossen"}), Choice("x", {"Deutsch (de)": "Umzug"})),
        "jn": (Choice("j", {"Deutsch (de)": "Ja"}), Choice("n", {"Deutsch (de)": "Nein"})),
    },
)


# ------------------------------------------------------------- survey exports
def test_labels_below_the_labels_of_their_groups_are_found():
    for heading in ("Ort und Zeit/Gebiet", "lage/Gebiet", "Ort und Zeit:Gebiet", "lage/ort", "Gebiet"):
        assert Headings.of(Sheet("S", (heading, "_uuid"), (), 1), FORM, "").columns == {"ort": 0}


def test_headings_that_differ_only_in_letters_are_found():
    assert Headings.of(Sheet("S", ("gebiet", "ergebnis"), (), 1), FORM, "").columns == {"ort": 0, "ende": 1}


def visit(**fields):
    keys = CampaignKeys(neighbourhood="ort", outcome="ende")
    return parse_submission(RawSubmission("k", fields, {}, 2, None, "S"), Reading(FORM, keys, INDEX), key="k")


@pytest.mark.parametrize("ending", ["done", "Abgeschlossen", "ABGESCHLOSSEN"])
@pytest.mark.parametrize("place", ["m100", "Kale Mah.", "Kale"])
def test_an_outcome_and_a_place_may_be_a_choice_or_its_label(ending, place):
    found = visit(ende=ending, ort=place)
    if place == "Kale":  # not one of the form's choices, so not an answer
        assert [p.code for p in found] == [Code.VALUE_CHOICE]
        return
    assert (found.outcome, found.area_code) == (Outcome.DONE, "100")


def test_an_outcome_that_is_no_choice_is_said_once():
    assert [p.code for p in visit(ende="Vielleicht", ort="m100")] == [Code.VALUE_CHOICE]
    assert [p.code for p in visit(ende="x", ort="m100")] == [Code.VALUE_CHOICE]


def test_a_draft_of_indicators_knows_labels_and_names_what_it_left_out():
    draft = suggest(FORM)
    assert 'age = "${alter}"' in draft
    assert "numerator = \"${pflege} = 'j'\"" in draft
    assert '#   ${geld} integer "Einkommen"' in draft


# ------------------------------------------------------------------ sentences
def test_a_sentence_leaves_out_what_it_does_not_know():
    found = problem(Code.AREA_UNKNOWN, Where("S", 2, "Mahalle"), given="Yok")
    assert explain(found, "tr") == "Yok bilinen bir mahalle değil."
    near = problem(Code.AREA_UNKNOWN, Where("S", 2), given="Yok", detail="Mamak", nearest="Yol")
    assert explain(near, "tr") == "Yok, Mamak içinde bilinen bir mahalle değil; en yakını: Yol."
    assert explain(problem(Code.POINT_OUTSIDE, Where(column="Enlem")), "tr").endswith("dışında.")


def test_the_likest_heading_is_offered_first():
    question = propose_mapping(["Sıra", "Başvuru sebebi notu", "Tarih"]).questions[0]
    assert (question.what, question.choices[0]) == ("reason", "Başvuru sebebi notu")


def test_below_merged_headings_the_lowest_row_is_offered_first(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    for row in (["İlçe", "Nüfus", None], [None, "Erkek", "Kadın"], ["Mamak", 3, 4]):
        page.append(row)
    page.merge_cells("A1:A2")
    page.merge_cells("B1:C1")
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(Refused) as caught:
        read_workbook(tmp_path / "a.xlsx", TableOptions("a.xlsx"))
    assert caught.value.questions[0].option == "--header-row 2"


def test_a_workbook_called_by_another_ending_is_read_by_its_content(tmp_path):
    book = openpyxl.Workbook()
    for row in (["a", "b"], ["1", "2"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "a.xlsx").rename(tmp_path / "a.xls")
    assert read_workbook(tmp_path / "a.xls", TableOptions("a.xls"))[0].header == ("a", "b")


# ---------------------------------------------------------------------- cases
@pytest.mark.parametrize("age", [-3, 450, "450"])
def test_an_age_nobody_has_is_refused(age):
    fields = {"reason": "Gıda", "day": dt.date(2026, 3, 1), "neighbourhood": "Kale", "age": age}
    reading = CaseReading(INDEX, dt.date(2026, 6, 1))
    found = parse_case(RawSubmission(None, fields, {}, 2, None, "S"), reading, key="k")
    assert [p.code for p in found] == [Code.VALUE_OUT_OF_RANGE]


# ----------------------------------------------------------------- population
def cell(persons, sex="all", low=0, high=999):
    return PeopleCell(code="a", sex=sex, age_from=low, age_to=high, persons=persons)


BY_SEX = [cell(40, "female"), cell(60, "male")]
BY_BOTH = [
    cell(10, "female", 0, 17),
    cell(30, "female", 18),
    cell(20, "male", 0, 17),
    cell(40, "male", 18),
]


@pytest.mark.parametrize(
    "people",
    [
        BY_SEX,
        BY_BOTH,
        [*BY_SEX, *BY_BOTH],
        [cell(100), *BY_SEX, *BY_BOTH],
        [cell(30, low=0, high=17), cell(70, low=18)],
        [cell(30, low=0, high=17), cell(70, low=18), *BY_SEX],
    ],
)
def test_totals_and_parts_of_one_population_count_everybody_once(people):
    frame = gpd.GeoDataFrame({"code": ["a"], "name": ["A"], "district": ["d"]})
    city = CityInputs(1, False, frame, people, 2026)
    assert city.population.tolist() == [100]
    for cells in (Cells(((0, 17), (18, 999))), Cells(((0, 999),), ("all",))):
        counted, _ = people_by_cell(city, cells, cells_shares(cells))
        assert counted.sum() == pytest.approx(100)


def cells_shares(cells):
    return np.full(len(cells.names), 1 / len(cells.names))


def test_parts_come_before_totals_when_structure_is_asked():
    assert set(apart([*BY_SEX, *BY_BOTH], coarse=False)) == set(BY_BOTH)
    assert apart([*BY_SEX, *BY_BOTH], coarse=True) == BY_SEX


def test_need_that_no_topic_defines_is_refused():
    class Nothing:
        need_any = np.full(3, np.nan)

    with pytest.raises(RefusedError) as caught:
        estimate_need(Nothing(), draws=10, seed=1)
    assert caught.value.key == "refresh.no_need"


# ---------------------------------------------------------------------- leaks
def test_an_unexpected_error_says_where_and_never_what_it_held(monkeypatch, capsys):
    def broken(_line):
        raise ValueError("Ayşe Kurmaca 99000000000")

    main = sys.modules["app.cli.main"]
    monkeypatch.setattr(main, "app", broken)
    with pytest.raises(SystemExit) as caught:
        main.main(["doctor"])
    said = capsys.readouterr()
    assert caught.value.code == 70
    assert "ValueError" in said.err
    assert "Kurmaca" not in said.err + said.out


def test_a_name_that_ends_with_a_stop_ends_the_sentence():
    found = problem(Code.AREA_UNKNOWN, Where("S", 2), given="Kal", nearest="Kale Mah.")
    assert explain(found, "tr").endswith("en yakını: Kale Mah.")


def test_a_bad_point_is_the_only_thing_said_of_a_row_that_has_no_other_place():
    fields = {"reason": "Gıda", "day": dt.date(2026, 3, 1), "lat": 0.0, "lon": 0.0}
    found = parse_case(
        RawSubmission(None, fields, {}, 2, None, "S"), CaseReading(INDEX, dt.date.max), key="k"
    )
    assert [p.code for p in found] == [Code.POINT_ZERO]
