"""One plan: its name and state, what it brings, its map, who gains, what else was possible."""

import datetime as dt
from collections.abc import Mapping, Sequence
from html import escape
from typing import cast

import streamlit as st
from streamlit_folium import st_folium

from app import views
from app.dashboard import look, tables
from app.dashboard.screens.siting import actions, beside, frontier, propose, study_view, why
from app.dashboard.screens.siting.state import may_change, note_click
from app.dashboard.screens.siting.words import (
    KINDS,
    answer,
    change,
    group_name,
    keyed,
    minutes,
    ownership,
    people,
    plan_name,
    region_name,
)
from app.dashboard.session import reader, visitor, word
from app.i18n import day
from app.maps import plan_map
from app.maps.regions import region_legend
from app.words import proof_lines, travel_line

Json = Mapping[str, object]
WIDE = 560  # pixels of the map's frame, on a usual screen
TABS = ("centres", "gains", "sure", "why", "others", "compare", "proposal", "history")


def show(plan: Json, lines: Sequence[Json], choices: Json, *, going: bool) -> None:
    """Show the plan with everything that can be done with it."""
    result = cast(Json, plan["result"])
    _head(plan, choices)
    if plan["stale"]:
        st.warning(word("siting.stale"), icon=":material/history:")
    _facts(result)
    language = visitor().language
    said = [*proof_lines(result, language), travel_line(cast(Json, result["travel"]), language)]
    st.html(f"<p class='pl-proof'>{escape(' '.join(said))}</p>")
    actions.row(plan)
    _map(plan, result)  # above the tabs: a map that opens out of sight does not know its size
    tabs = dict(zip(TABS, st.tabs([word(f"siting.tab_{name}") for name in TABS]), strict=True))
    with tabs["centres"]:
        _sites(result)
        study_view.costs(result)
        _regions(result)
        study_view.balance(result)
    with tabs["gains"]:
        _gains(result, choices)
        frontier.show(plan, result, going=going)
        study_view.spread(result)
    with tabs["sure"]:
        study_view.sure(result)
    with tabs["why"]:
        why.show(plan, result, choices, going=going)
    with tabs["others"]:
        _alternatives(result)
        study_view.order(result)
    with tabs["compare"]:
        beside.show(plan, lines, choices)
    with tabs["proposal"]:
        propose.show(plan)
    with tabs["history"]:
        _history(plan)


def _head(plan: Json, choices: Json) -> None:
    state = str(plan["state"])
    badge = tables.badge(word(f"siting.state_{state}"), KINDS[state])
    result = cast(Json, plan["result"])
    said = word(
        "siting.about",
        region=region_name(str(plan["region"]), choices),
        title=result["title"],
        run=plan["run_id"],
        owner=look.person(plan["owner"]),
    )
    st.html(
        f"<div><h2 class='pl-name'>{escape(plan_name(plan))}</h2>{badge}</div>"
        f"<p class='pl-quiet'>{escape(said)}</p>"
    )


def _facts(result: Json) -> None:
    everybody = cast(Mapping[str, Json], result["groups"]).get("all", {})
    before, after = everybody.get("mean_before"), everybody.get("mean_after")
    tables.facts(
        [
            (str(len(cast(Sequence[object], result["new"]))), word("documents.fact_new")),
            (f"{minutes(before)} → {minutes(after)}", word("siting.fact_mean")),
            (
                f"{minutes(everybody.get('p95_before'))} → {minutes(everybody.get('p95_after'))}",
                word("siting.fact_p95"),
            ),
            (people(everybody.get("nearer")), word("documents.fact_nearer")),
        ]
    )


def _map(plan: Json, result: Json) -> None:
    """Regions and centres; the first tab says the same in tables, for keyboard and screen reader."""
    run = next((run for run in views.runs(reader()) if run.run_id == plan["run_id"]), None)
    if run is None:
        st.info(word("siting.no_map"))
    else:
        with st.container(key="mh_split_plan"):
            left, right = st.columns((2.6, 1), gap="medium")
        with left:
            box = views.extent(reader(), run)
            shown, flows = _looks(result)
            base, group = plan_map(
                reader(), run, shown, view=box, language=visitor().language, with_flows=flows
            )
            answer = st_folium(
                base,
                feature_group_to_add=group,
                returned_objects=["last_clicked"] if may_change(plan) else [],
                key="siting_map",
                height=look.map_height(box, wide=WIDE),
                use_container_width=True,
            )
            note_click(int(str(plan["id"])), answer)
        with right:
            st.html(region_legend(result, language=visitor().language))


def _looks(result: Json) -> tuple[Json, bool]:
    """The plan as the map shows it: regions of the nearest centre or of alike loads, with flows or not."""
    even = cast(Json, result.get("balance") or {})
    with st.container(horizontal=True, gap="medium"):
        flows = bool(result.get("flows")) and st.toggle(
            word("siting.flows"), key=keyed("siting_flows"), help=word("siting.flows_note")
        )
        if even.get("known") and st.toggle(
            word("siting.balanced"), key=keyed("siting_balanced"), help=word("siting.balanced_note")
        ):
            return {**result, "regions": even["regions"]}, flows
    return result, flows


def _sites(result: Json) -> None:
    new = cast(Sequence[Json], result["new"])
    names = ("name", "district", "ownership", "rent", "step_free", "decisions")
    rows = [
        [
            f"{place}. {site['name']}",
            str(site.get("district") or "–"),
            ownership(site.get("ownership")),
            people(site.get("rent")),
            answer(site.get("step_free")),
            str(site.get("decisions") or "–"),
        ]
        for place, site in enumerate(new, start=1)
    ]
    tables.title(word("report.sites"))
    tables.table(word("report.sites"), [word(f"report.site_{name}") for name in names], rows, numbers=(3,))


def _regions(result: Json) -> None:
    centres = [
        *cast(Sequence[Json], result["new"]),
        *cast(Sequence[Json], result["existing"]),
    ]
    names = ("centre", "areas", "people", "need", "mean", "p95")
    rows = [
        [
            str(centre["name"]),
            *(people(centre.get(f"region_{name}")) for name in ("areas", "population", "need")),
            *(minutes(centre.get(f"{name}_minutes")) for name in ("mean", "p95")),
        ]
        for centre in centres
    ]
    tables.title(word("report.regions"), word("siting.hidden"))
    head = [word(f"report.region_{name}") for name in names]
    tables.table(word("report.regions"), head, rows, numbers=(1, 2, 3, 4, 5))


def _gains(result: Json, choices: Json) -> None:
    """People and minutes before and after; target groups first, cells of sex and age after."""
    groups = cast(Mapping[str, Json], result["groups"])
    names = {key: group_name(key, choices) for key in groups}
    titled = {str(g["key"]) for g in cast(Sequence[Json], choices["groups"]) if g["titles"]}
    ordered = sorted(groups, key=lambda key: (key != "all", key not in titled, key))
    rows = [
        [
            names[key],
            people(groups[key].get("persons")),
            people(groups[key].get("nearer")),
            *(
                minutes(groups[key].get(name))
                for name in ("mean_before", "mean_after", "p95_before", "p95_after")
            ),
            change(groups[key].get("mean_before"), groups[key].get("mean_after")),
        ]
        for key in ordered
    ]
    head = [word("report.gain_group"), word("report.gain_persons"), word("documents.gain_nearer")]
    head += [word(f"report.gain_{name}") for name in ("mean_before", "mean_after", "p95_before", "p95_after")]
    head.append(word("documents.other_change"))
    tables.title(word("report.gains"), word("siting.gains_note"))
    tables.table(word("report.gains"), head, rows, numbers=(1, 2, 3, 4, 5, 6, 7))


def _alternatives(result: Json) -> None:
    given = cast(Sequence[Json], result.get("alternatives") or ())
    if not given:
        tables.empty(word("siting.no_others"), word("siting.no_others_next"))
        return
    own = cast(Json, result["after"]).get("mean_minutes")
    rows = []
    for other in given:
        what = word(f"documents.other_{other['kind']}", name=other.get("name", ""), count=other["count"])
        if other.get("possible"):
            new = cast(Sequence[Json], other["new"])
            sites = ", ".join(str(site["name"]) for site in new)
            mean = other.get("mean_minutes")
            rows.append([what, sites, minutes(mean), change(own, mean)])
        else:
            rows.append([what, word("documents.other_impossible"), "–", "–"])
    head = [word(f"documents.other_{name}") for name in ("what", "sites", "minutes", "change")]
    tables.title(word("documents.alternatives"), word("documents.alternatives_lead"))
    tables.table(word("documents.alternatives"), head, rows, numbers=(2, 3))


def _history(plan: Json) -> None:
    """Every version, newest first."""
    rows = [
        [
            str(len(cast(Sequence[object], plan["history"])) - place),
            day(dt.datetime.fromisoformat(str(line["at"])), visitor().language),
            look.person(line["actor"]),
            str(line["name"] or "–"),
            ", ".join(cast(Sequence[str], line["sites"])),
        ]
        for place, line in enumerate(cast(Sequence[Json], plan["history"]))
    ]
    head = [word(f"siting.history_{name}") for name in ("version", "day", "who", "name", "sites")]
    tables.title(word("siting.tab_history"), word("siting.history_note"))
    tables.table(word("siting.tab_history"), head, rows)
