"""What is asked of a plan: how many centres, for whom, where at least, in which buildings."""

from collections.abc import Mapping, Sequence
from typing import cast

import streamlit as st

from app.auth.roles import Action
from app.dashboard import tables, work
from app.dashboard.look import plain
from app.dashboard.screens.siting.conditions import MILLION, Keys, how_many, limits, places
from app.dashboard.screens.siting.state import SLOT, may_change
from app.dashboard.screens.siting.words import group_name, ownership, region_name
from app.dashboard.session import may, visitor, word
from app.i18n import number

Json = Mapping[str, object]
LEAST_WEIGHT, MOST_WEIGHT = 0.5, 5.0


def ask(choices: Json, plan: Json | None, *, going: bool) -> None:
    """The form; of a plan that this person cannot change, what was asked instead."""
    if plan is not None and not may_change(plan):
        _was_asked(choices, plan)
        return
    if not may(Action.PLAN_MAKE):
        st.html(f"<p class='pl-quiet'>{word('siting.read_only')}</p>")
        return
    number = int(str(plan["id"])) if plan else 0
    keys = Keys(number, int(str(plan["version"])) if plan else 0)
    given = cast(Json, plan["parameters"]) if plan else {}
    asked = _fields(choices, given, keys, plan)
    wrong = _wrong_phases(asked)
    usable = _usable(choices, asked)
    st.html(f"<p class='pl-quiet'>{word('siting.candidates', count=usable, all=len(_sites(choices)))}</p>")
    st.button(
        word("siting.again" if plan else "siting.calculate"),
        type="primary",
        width="stretch",
        disabled=going or not usable or wrong,
        on_click=work.ask,
        args=(SLOT, "recommend", {**asked, "plan_id": number} if plan else asked),
    )


def _wrong_phases(asked: dict[str, object]) -> bool:
    """Says what is wrong with phases that do not rise to the number of centres."""
    phases, new = cast(Sequence[int], asked["phases"]), asked["new"]
    wrong = asked.pop("wrong") is True or bool(phases and new is not None and phases[-1] != new)
    if wrong:
        st.warning(word("siting.phases_wrong", new=new or "-"))
    return wrong


def _was_asked(choices: Json, plan: Json) -> None:
    """The request behind a plan, to read."""
    given = cast(Json, plan["parameters"])
    groups = cast(Mapping[str, float], given.get("groups") or {str(given.get("group") or "all"): 1.0})
    names = [
        group_name(name, choices) + (f" × {weight:g}" if len(groups) > 1 else "")
        for name, weight in groups.items()
    ]
    held = [ownership(kind) for kind in cast(Sequence[object], given.get("ownership") or ())]
    least = cast(Mapping[str, int], given.get("at_least") or {})
    items = [
        *_amount(given),
        (word("siting.groups"), ", ".join(names)),
        (word("siting.region"), region_name(str(plan["region"]), choices)),
        (word("siting.ownership"), ", ".join(held) or word("siting.any_ownership")),
    ]
    if least:
        said = ", ".join(f"{name}: {count}" for name, count in least.items())
        items.append((word("siting.at_least"), said))
    items += [
        (word(f"siting.{name}"), word("report.answer_true"))
        for name in ("step_free", "by_visits")
        if given.get(name) is True or given.get(f"{name}_only") is True
    ]
    tables.asked(items)
    key = "siting.closed_plan" if may(Action.PLAN_MAKE) else "siting.read_only"
    st.html(f"<p class='pl-quiet'>{word(key)}</p>")


def _amount(given: Json) -> list[tuple[str, str]]:
    """How many centres, or for how much."""
    found = [(word("siting.centres"), str(given["new"]))] if given.get("new") is not None else []
    if given.get("budget") is not None:
        millions = number(float(str(given["budget"])) / MILLION, visitor().language, digits=1)
        found.append((word("siting.budget"), millions))
    return found


def _sites(choices: Json) -> Sequence[Json]:
    return cast(Sequence[Json], choices["sites"])


def _fields(choices: Json, given: Json, keys: Keys, plan: Json | None) -> dict[str, object]:
    """Every field with what the plan asked before; returns what is asked now."""
    asked: dict[str, object] = {}
    if plan is None:
        asked["name"] = st.text_input(word("siting.name"), key=keys.of("name"), max_chars=120)
    asked |= how_many(given, keys)
    asked["groups"] = _groups(choices, given, keys)
    asked |= _region(choices, plan, keys)
    with st.expander(word("siting.conditions"), icon=":material/tune:"):
        asked |= limits(choices, given, keys)
        asked |= _buildings(choices, given, keys)
        asked |= places(choices, given, keys)
    asked["alternatives"] = st.checkbox(
        word("siting.alternatives"),
        value=bool(given.get("alternatives", True)) or plan is None,
        key=keys.of("alternatives"),
        help=word("siting.alternatives_note"),
    )
    return asked


def _groups(choices: Json, given: Json, keys: Keys) -> dict[str, float]:
    """Whose way should be shorter; several groups get a weight each."""
    known = [str(group["key"]) for group in cast(Sequence[Json], choices["groups"]) if group["titles"]]
    before = {
        name: weight
        for name, weight in cast(Mapping[str, float], given.get("groups") or {}).items()
        if name in known
    }
    chosen = st.multiselect(
        word("siting.groups"),
        known,
        default=list(before),
        format_func={key: group_name(key, choices) for key in known}.__getitem__,
        placeholder=word("siting.everybody"),
        key=keys.of("groups"),
    )
    if len(chosen) < 2:
        return dict.fromkeys(chosen, 1.0)
    columns = st.columns(2)
    return {
        name: columns[place % 2].number_input(
            plain(word("siting.weight", group=group_name(name, choices))),
            min_value=LEAST_WEIGHT,
            max_value=MOST_WEIGHT,
            step=0.5,
            value=min(MOST_WEIGHT, max(LEAST_WEIGHT, float(before.get(name, 1.0)))),
            key=keys.of(f"weight_{name}"),
        )
        for place, name in enumerate(chosen)
    }


def _region(choices: Json, plan: Json | None, keys: Keys) -> dict[str, object]:
    """For whom: a unit manager's own region, or the city or a region by choice; fixed once a plan is made."""
    own = choices["own_region"]
    fixed = str(own) if own is not None else (str(plan["region"]) if plan else None)
    if fixed is not None:
        tables.asked([(word("siting.region"), region_name(fixed, choices))])
        return {"for_region": fixed}
    regions = ["", *(str(region["key"]) for region in cast(Sequence[Json], choices["regions"]))]
    chosen = st.selectbox(
        word("siting.region"),
        regions,
        format_func={key: region_name(key, choices) for key in regions}.__getitem__,
        key=keys.of("region"),
    )
    return {"for_region": chosen}


def _buildings(choices: Json, given: Json, keys: Keys) -> dict[str, object]:
    kinds = sorted({str(site["ownership"]) for site in _sites(choices)})
    before = [str(kind) for kind in cast(Sequence[object], given.get("ownership") or ()) if kind in kinds]
    held = st.multiselect(
        word("siting.ownership"),
        kinds,
        default=before,
        format_func={kind: ownership(kind) for kind in kinds}.__getitem__,
        placeholder=word("siting.any_ownership"),
        key=keys.of("ownership"),
    )
    free = st.checkbox(
        word("siting.step_free"), value=given.get("step_free_only") is True, key=keys.of("step_free")
    )
    visits = st.checkbox(
        word("siting.by_visits"), value=given.get("by_visits") is True, key=keys.of("by_visits")
    )
    return {"ownership": held, "step_free_only": free, "by_visits": visits}


def _usable(choices: Json, asked: Json) -> int:
    """Candidate buildings that meet the conditions."""
    held = cast(Sequence[str], asked["ownership"])
    region = asked["for_region"]
    return sum(
        1
        for site in _sites(choices)
        if (not held or site["ownership"] in held)
        and (not asked["step_free_only"] or site["step_free"])
        and (not region or site["region"] == region)
        and (asked.get("budget") is None or site.get("has_cost"))
        and site.get("key") not in cast(Sequence[str], asked["left_out"])
    )
