"""Words of plans on the screen: labels, groups, minutes, people."""

from collections.abc import Mapping, Sequence
from typing import cast

from app.dashboard.session import visitor, word
from app.i18n import catalogue, number, say

Json = Mapping[str, object]
SEXES = ("female", "male")
KINDS = {"draft": "draft", "sent": "sent", "published": "good", "withdrawn": "closed"}


def keyed(name: str) -> str:
    """A widget's key: each language has widgets of its own, or they would keep their first words."""
    return f"{name}_{visitor().language}"


def plan_label(line: Json) -> str:
    """`Batı planı · taslak` for a list."""
    state = word(f"siting.state_{line['state']}")
    return f"{plan_name(line)} · {state}"


def plan_name(line: Json) -> str:
    """A plan's name, its number where it has none."""
    return str(line["name"] or word("siting.unnamed", plan=line["id"]))


def group_name(key: str, choices: Json) -> str:
    """A target group in words; a cell of sex and age spelled out."""
    if key == "all":
        return word("siting.everybody")
    for group in cast(Sequence[Json], choices["groups"]):
        titles = cast(Mapping[str, str], group["titles"])
        if group["key"] == key and titles:
            return titles.get(visitor().language) or titles.get("tr") or key
    sex, _, ages = key.partition(" ")
    return f"{word(f'map.sex_{sex}')} {ages}" if sex in SEXES and ages else key


def region_name(key: str, choices: Json) -> str:
    """A service region by the name of its centre; '' is the whole city."""
    if not key:
        return word("siting.whole_city")
    names = {str(r["key"]): str(r["name"]) for r in cast(Sequence[Json], choices["regions"])}
    return names.get(key, key)


def minutes(value: object) -> str:
    """Minutes with one digit, a dash for nothing."""
    return "–" if value is None else number(float(str(value)), visitor().language, digits=1)


def people(value: object) -> str:
    """A whole number, a dash for what is hidden."""
    return "–" if value is None else number(float(str(value)), visitor().language)


def change(before: object, after: object) -> str:
    """How many minutes shorter or longer."""
    if before is None or after is None:
        return "–"
    step = float(str(after)) - float(str(before))
    sign = "+" if step > 0.05 else "−" if step < -0.05 else ""
    return f"{sign}{number(abs(step), visitor().language, digits=1)}"


def ownership(value: object) -> str:
    """How a building is held; the given word where the catalogue has none."""
    key = f"report.ownership_{value}"
    return say(key, visitor().language) if key in catalogue(visitor().language) else str(value or "–")


def answer(value: object) -> str:
    """Yes, no, or unknown."""
    return "–" if value is None else word("report.answer_true" if value else "report.answer_false")
