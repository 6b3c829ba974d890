"""Two plans side by side."""

from collections.abc import Mapping, Sequence
from typing import cast

import streamlit as st

from app.dashboard import tables
from app.dashboard.look import plain
from app.dashboard.screens.siting.words import group_name, keyed, minutes, people, plan_label, plan_name
from app.dashboard.session import service, visitor, word
from app.words import proof_lines

Json = Mapping[str, object]


def show(plan: Json, lines: Sequence[Json], choices: Json) -> None:
    """Choose another plan and read both."""
    others = {int(str(line["id"])): line for line in lines if line["id"] != plan["id"]}
    if not others:
        tables.empty(word("siting.no_other_plan"), word("siting.no_other_plan_next"))
        return
    chosen = st.selectbox(
        word("siting.other_plan"),
        list(others),
        index=None,
        format_func={number: plan_label(other) for number, other in others.items()}.__getitem__,
        placeholder=word("siting.choose"),
        key=keyed(f"siting_other_{plan['id']}"),
    )
    if chosen is not None:
        other = service().get(f"/plans/{chosen}")
        found = service().get(f"/plans/{plan['id']}/compare/{chosen}")
        _both(plan, other, found, choices)


def _both(plan: Json, other: Json, found: Json, choices: Json) -> None:
    names = plan_name(plan), plan_name(other)
    if not found["alike"]:
        st.info(word("siting.not_alike"), icon=":material/info:")
    elif found["better"]:
        better = names[0] if found["better"] == "one" else names[1]
        st.success(word("siting.better", name=plain(better)), icon=":material/trending_down:")
    rows = [_figures(word(f"siting.compare_{name}"), name, (plan, other)) for name in ("mean", "p95")]
    language = visitor().language
    proofs = [" ".join(proof_lines(cast(Json, one["result"]), language)) for one in (plan, other)]
    rows.append([word("siting.compare_gap"), *proofs])
    rows += [
        [word("siting.compare_both"), *([_sites(found["both"])] * 2)],
        [word("siting.compare_only"), _sites(found["only_one"]), _sites(found["only_other"])],
    ]
    title = word("siting.tab_compare")
    tables.table(title, [word("siting.compare_what"), *names], rows)
    _groups(cast(Sequence[Json], found["groups"]), names, choices)


def _figures(label: str, name: str, both: tuple[Json, Json]) -> list[str]:
    cells = []
    for one in both:
        groups = cast(Mapping[str, Json], cast(Json, one["result"])["groups"])
        everybody = groups.get("all", {})
        before, after = (minutes(everybody.get(f"{name}_{when}")) for when in ("before", "after"))
        cells.append(f"{before} → {after}")
    return [label, *cells]


def _sites(given: object) -> str:
    return ", ".join(str(site["name"]) for site in cast(Sequence[Json], given)) or "–"


def _groups(rows: Sequence[Json], names: tuple[str, str], choices: Json) -> None:
    """Minutes after and people who get a shorter way, group by group."""
    titled = {str(g["key"]) for g in cast(Sequence[Json], choices["groups"]) if g["titles"]} | {"all"}
    shown = [row for row in rows if row["group"] in titled]
    cells = []
    for row in shown:
        one, other = cast(Json, row["one"]), cast(Json, row["other"])
        cells.append(
            [
                group_name(str(row["group"]), choices),
                minutes(one["mean_before"]),
                *(minutes(side["mean_after"]) for side in (one, other)),
                *(people(side["nearer"]) for side in (one, other)),
            ]
        )
    head = [
        word("report.gain_group"),
        word("report.gain_mean_before"),
        *(word("siting.mean_of", name=name) for name in names),
        *(word("siting.nearer_of", name=name) for name in names),
    ]
    tables.title(word("siting.compare_groups"))
    tables.table(word("siting.compare_groups"), head, cells, numbers=(1, 2, 3, 4, 5))
