import pytest

from survey.form import Choice, Form, Question
from survey.indicators import Level, PopulationSlice, check, read_indicators, suggest
from survey.problems import Code, Refused

GOOD = """
[topics.poverty]
title = { tr = "Yoksulluk", en = "Poverty" }
need = "${gelir} < 5000"
weight = 2
in_need_any = true

[topics.violence]
title = { tr = "Şiddet", en = "Violence" }
records_only = true

[groups.elderly]
title = { tr = "Yaşlılar", en = "Elderly" }
person = "${yas} >= 65"
population = { age_from = 65 }

[indicators.stove]
title = { tr = "Soba ile ısınan haneler", en = "Households heated by stove" }
topic = "poverty"
level = "household"
numerator = "selected(${isinma}, 'soba')"
denominator = "${isinma} != ''"
weight = 1

[indicators.food]
title = { tr = "Gıda başvurusu", en = "Applications for food" }
topic = "poverty"
cases = { reason = ["Gıda"], kind = "application" }
population = { layer = "adnks", year = 2023 }
"""


def q(name, kind, repeat="", list_name=""):
    return Question(name=name, path=name, type=kind, labels={"tr": name}, repeat=repeat, list_name=list_name)


FORM = Form(
    form_id="f",
    version="1",
    title="F",
    languages=("tr",),
    default_language="tr",
    questions=(
        q("gelir", "integer"),
        q("isinma", "select_multiple", list_name="yakit"),
        q("yaş", "integer", "uye"),
        q("yas", "integer", "uye"),
        q("engel_var", "select_one", "uye", "eh"),
    ),
    repeats=("uye",),
    choices={
        "yakit": (Choice("soba", {}), Choice("klima", {})),
        "eh": (Choice("evet", {}), Choice("hayir", {})),
    },
)


def faults(text):
    with pytest.raises(Refused) as caught:
        read_indicators(text)
    return [(p.code, p.given) for p in caught.value.problems]


def test_a_good_file_is_typed():
    found = read_indicators(GOOD)
    assert [t.key for t in found.topics] == ["poverty", "violence"]
    assert found.groups[0].population == PopulationSlice("", 65, 200)
    stove, food = found.indicators
    assert (stove.level, stove.weight, stove.from_cases) == (Level.HOUSEHOLD, 1.0, False)
    assert (food.from_cases, food.population.year) == (True, 2023)
    assert food.case_filter == {"reason": ("Gıda",), "kind": ("application",)}


@pytest.mark.parametrize(
    ("old", "new", "code", "entry"),
    [
        (
            "records_only = true",
            "records_only = true\nweight = 1",
            Code.INDICATOR_VIOLENCE,
            "topics.violence",
        ),
        ("records_only = true", 'need = "1 = 1"', Code.INDICATOR_VIOLENCE, "topics.violence"),
        (
            'topic = "poverty"\nlevel',
            'topic = "violence"\nlevel',
            Code.INDICATOR_VIOLENCE,
            "indicators.stove",
        ),
        (
            'topic = "poverty"\nlevel',
            'topic = "povrty"\nlevel',
            Code.INDICATOR_UNKNOWN_TOPIC,
            "indicators.stove",
        ),
        ("year = 2023 }", "year = 2023 }\nweight = 1", Code.INDICATOR_CASE_WEIGHT, "indicators.food"),
        ("year = 2023", "year = 23", Code.INDICATOR_FIELD, "indicators.food"),
        ("weight = 2", "wieght = 2", Code.INDICATOR_FIELD, "topics.poverty"),
        ("weight = 2", 'weight = "2"', Code.INDICATOR_FIELD, "topics.poverty"),
        ("< 5000", "< ", Code.INDICATOR_EXPRESSION, "topics.poverty"),
        ('level = "household"', 'level = "home"', Code.INDICATOR_FIELD, "indicators.stove"),
        ('en = "Poverty"', 'de = "Armut"', Code.INDICATOR_FIELD, "topics.poverty"),
        ('level = "household"', 'group = "eldrly"', Code.INDICATOR_UNKNOWN_GROUP, "indicators.stove"),
        ("age_from = 65", "age_from = 65, age_to = 5", Code.INDICATOR_FIELD, "groups.elderly"),
    ],
)
def test_a_fault_is_named_by_its_entry(old, new, code, entry):
    assert old in GOOD
    assert (code, entry) in faults(GOOD.replace(old, new, 1))


def test_violence_is_known_by_its_title_too():
    text = GOOD.replace("[topics.violence]", "[topics.x]").replace("records_only = true", "weight = 1")
    assert (Code.INDICATOR_VIOLENCE, "topics.x") in faults(text)


def test_text_that_is_no_toml_is_refused():
    assert faults("[topics") == [(Code.INDICATOR_FILE, "")]


def test_a_matching_form_gives_an_explanation_for_each_entry():
    found = check(read_indicators(GOOD), FORM)
    assert {p.code for p in found} == {Code.INDICATOR_OK}
    assert {p.given for p in found} == {
        "topics.poverty",
        "groups.elderly",
        "indicators.stove",
        "indicators.food",
    }


def test_a_form_that_differs_is_explained():
    text = GOOD.replace("${gelir}", "${gelirr}").replace("'soba'", "'sobaa'")
    text = text.replace("denominator = \"${isinma} != ''\"", 'denominator = "${yas} > 0"')
    found = [(p.code, p.given, p.nearest) for p in check(read_indicators(text), FORM)]
    assert (Code.INDICATOR_UNKNOWN_QUESTION, "topics.poverty", "gelir") in found
    assert (Code.INDICATOR_UNKNOWN_CHOICE, "indicators.stove", "soba") in found
    assert (Code.INDICATOR_WRONG_LEVEL, "indicators.stove", "") in found


def test_a_draft_from_a_form_is_readable_and_fits_the_form():
    drafted = read_indicators(suggest(FORM))
    assert [i.key for i in drafted.indicators] == ["engel_var"]
    assert [g.key for g in drafted.groups] == ["children", "youth", "elderly"]
    assert {p.code for p in check(drafted, FORM)} == {Code.INDICATOR_OK}
