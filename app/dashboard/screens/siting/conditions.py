"""Fields of the form that bind a plan: how many or for how much, where at most, which sites in any case."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import streamlit as st

from app.dashboard.look import plain
from app.dashboard.screens.siting.words import keyed
from app.dashboard.session import word

Json = Mapping[str, object]
MOST_CENTRES, USUAL_CENTRES = 20, 3
MILLION = 1e6
USUAL_BUDGET = 100.0  # million, of five years
MOST_KM = 100.0
COUNT, BUDGET = "count", "budget"
ANY = "*"


@dataclass(frozen=True)
class Keys:
    """Names of the form's widgets; another plan or version has a form of its own."""

    plan: int
    version: int

    def of(self, name: str) -> str:
        """One widget's."""
        return keyed(f"siting_{name}_{self.plan}_{self.version}")


def how_many(given: Json, keys: Keys) -> dict[str, object]:
    """A number of centres, or as many as a budget pays; and phases of opening."""
    labels = {COUNT: word("siting.by_count"), BUDGET: word("siting.by_budget")}
    by = st.segmented_control(
        word("siting.how_many"),
        list(labels),
        default=BUDGET if given.get("budget") is not None else COUNT,
        format_func=labels.__getitem__,
        key=keys.of("by"),
    )
    if by == BUDGET:
        return {"new": None, "budget": MILLION * _budget(given, keys)}
    new = int(
        st.number_input(
            word("siting.centres"),
            min_value=1,
            max_value=MOST_CENTRES,
            value=min(MOST_CENTRES, int(str(given.get("new") or USUAL_CENTRES))),
            key=keys.of("new"),
        )
    )
    return {"new": new, "budget": None}


def _budget(given: Json, keys: Keys) -> float:
    before = given.get("budget")
    return float(
        st.number_input(
            word("siting.budget"),
            min_value=0.1,
            value=USUAL_BUDGET if before is None else float(str(before)) / MILLION,
            step=10.0,
            key=keys.of("budget"),
        )
    )


def limits(choices: Json, given: Json, keys: Keys) -> dict[str, object]:
    """New centres in each group of districts at least and at most, and the room between them."""
    names = cast(Sequence[str], choices["district_groups"])
    least, most = (cast(Mapping[str, int], given.get(f"at_{name}") or {}) for name in ("least", "most"))
    if names:
        st.html(f"<p class='pl-quiet'>{word('siting.at_least')}</p>")
    columns = st.columns(2)
    asked: dict[str, dict[str, int]] = {"at_least": {}, "at_most": {}}
    for name in names:
        asked["at_least"][name] = int(
            columns[0].number_input(
                plain(word("siting.at_least_of", group=name)),
                0,
                MOST_CENTRES,
                int(least.get(name, 0)),
                key=keys.of(f"least_{name}"),
            )
        )
        ceiling = columns[1].number_input(
            plain(word("siting.at_most_of", group=name)),
            0,
            MOST_CENTRES,
            most.get(name),
            key=keys.of(f"most_{name}"),
        )
        if ceiling is not None:
            asked["at_most"][name] = int(ceiling)
    before = float(str(given.get("apart_m") or 0.0)) / 1000
    apart = st.number_input(
        word("siting.apart"), 0.0, MOST_KM, before, step=0.5, format="%.1f", key=keys.of("apart")
    )
    return {**asked, "apart_m": float(apart) * 1000}


def places(choices: Json, given: Json, keys: Keys) -> dict[str, object]:
    """Sites in any case and not at all, centres that may close, others' centres, phases."""
    sites = {str(site["key"]): _named(site) for site in _lines(choices, "sites") if "key" in site}
    centres = {str(one["key"]): str(one["name"]) for one in _lines(choices, "centres")}
    asked: dict[str, object] = {
        "required": _some("required", sites, given, keys),
        "left_out": _some("left_out", sites, given, keys),
        "closable": _some("closable", centres, given, keys) if centres else [],
        "others": _others(choices, given, keys) if choices.get("has_others") else "",
    }
    return asked | _phases(given, keys)


def _named(site: Json) -> str:
    name, district = str(site["name"]), str(site.get("district") or "")
    return name if not district or district in name else f"{name} ({district})"


def _lines(choices: Json, name: str) -> Sequence[Json]:
    return cast(Sequence[Json], choices.get(name) or ())


def _some(name: str, labels: Mapping[str, str], given: Json, keys: Keys) -> list[str]:
    before = [key for key in cast(Sequence[str], given.get(name) or ()) if key in labels]
    return st.multiselect(
        word(f"siting.{name}"),
        sorted(labels, key=labels.__getitem__),
        default=before,
        format_func=dict(labels).__getitem__,
        placeholder=word("siting.none"),
        key=keys.of(name),
    )


def _others(choices: Json, given: Json, keys: Keys) -> str:
    services = [str(one) for one in cast(Sequence[object], choices.get("services") or ())]
    labels = {
        "": word("siting.others_none"),
        ANY: word("siting.others_any"),
        **{one: one for one in services},
    }
    before = str(given.get("others") or "")
    return str(
        st.selectbox(
            word("siting.others"),
            list(labels),
            index=list(labels).index(before) if before in labels else 0,
            format_func=labels.__getitem__,
            key=keys.of("others"),
        )
    )


def _phases(given: Json, keys: Keys) -> dict[str, object]:
    """Rising numbers typed with commas; `wrong` where they are none."""
    before = ", ".join(str(one) for one in cast(Sequence[int], given.get("phases") or ()))
    typed = st.text_input(
        word("siting.phases"), before, key=keys.of("phases"), help=word("siting.phases_note"), max_chars=40
    )
    numbers = [int(one) for one in re.findall(r"\d+", typed)]
    wrong = bool(re.sub(r"[\d,; ]", "", typed)) or any(one >= other for one, other in pairwise([0, *numbers]))
    return {"phases": numbers, "wrong": wrong}
