"""Jobs, backups, health and the audit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import cast

import streamlit as st

from app.client import Json
from app.dashboard import look, work
from app.dashboard.session import service, visitor, word
from app.i18n import moment, number

BACKUP = "admin_backup"
PARTS = {"job": "jobs", "backup": "backups", "health": "health", "audit": "audit"}
MARKS = {"ok": "good", "warn": "warn", "error": "reject"}


def jobs() -> None:
    """Long work of everybody."""
    st.subheader(word("admin.part_jobs"))
    found = cast(Sequence[Json], service().get("/jobs", all=1)["jobs"])
    if not found:
        st.caption(word("admin.no_jobs"))
        return
    table(("kind", "actor", "made", "state", "told"), "job", (_job(one) for one in found))


def _job(one: Json) -> tuple[str, Sequence[str]]:
    told = work.failure(one, visitor().language)
    mark = "reject" if one["state"] == "failed" else "good"
    state = word(f"jobs.state_{one['state']}")
    return mark, (
        word(f"jobs.kind_{one['kind']}"),
        look.person(one["actor"]),
        when(one["made_at"]),
        state,
        told,
    )


def backups() -> None:
    """Archives, and a new one."""
    st.subheader(word("admin.part_backups"))
    st.write(word("admin.backups_lead"))
    now = work.of(BACKUP)
    if now is not None and work.is_open(now):
        work.watch(str(now["id"]))
        return
    if now is not None and (made := work.result(now)) is not None:
        st.success(word("admin.backup_made", file=made["file"]))
    st.button(word("admin.backup_make"), on_click=work.ask, args=(BACKUP, "backup"), type="primary")
    found = cast(Sequence[Json], service().get("/backups")["backups"])
    if not found:
        st.caption(word("admin.no_backups"))
        return
    rows = (("good", (str(one["name"]), when(one["made_at"]), _mebibytes(one["size"]))) for one in found)
    table(("name", "at", "size"), "backup", rows)


def _mebibytes(size: object) -> str:
    return f"{number(int(str(size)) / 2**20, visitor().language, digits=1)} MB"


def health() -> None:
    """What `mahalle doctor` finds."""
    st.subheader(word("admin.part_health"))
    found = cast(Sequence[Json], service().get("/health/findings")["findings"])
    rows = ((MARKS[str(one["level"])], (word(f"admin.level_{one['level']}"), _finding(one))) for one in found)
    table(("level", "finding"), "health", rows)


def _finding(one: Json) -> str:
    fields = {name: _said(value) for name, value in one.items() if name not in ("level", "what")}
    return word(str(one["what"]), **fields)


def _said(value: object) -> object:
    """A finding's field: fractions as the language writes them, what a store holds in words."""
    if isinstance(value, float):
        return number(value, visitor().language, digits=1)
    return word(f"admin.holds_{value}") if value in ("demonstration", "real", "nothing") else value


def audit() -> None:
    """The newest events, and whether the chain holds."""
    st.subheader(word("admin.part_audit"))
    found = service().get("/audit")
    if found["broken"] is None:
        st.success(word("admin.audit_whole"))
    else:
        st.error(word("admin.audit_broken", event=found["broken"]))
    events = cast(Sequence[Json], found["events"])
    rows = (
        (
            "good",
            (
                when(one["at"]),
                look.person(one["actor"]),
                act(one["action"]),
                str(one["purpose"] or "–"),
                facts(one["detail"]),
            ),
        )
        for one in events
    )
    table(("at", "actor", "action", "purpose", "detail"), "audit", rows)


def act(action: object) -> str:
    """An audited act in words; as it was written down where there are none."""
    key = f"act.{str(action).replace('.', '_').replace('-', '_')}"
    said = word(key)
    return str(action) if said == key else said


def facts(detail: object) -> str:
    """What was noted with an act: names in words, values as they stand."""
    if not isinstance(detail, Mapping):
        return str(detail or "")
    return " · ".join(
        _fact(str(name), value) for name, value in detail.items() if value not in (None, "", False)
    )


def _fact(name: str, value: object) -> str:
    key = f"act.of_{name}"
    label = word(key)
    label = name if label == key else label
    if value is True:
        return label
    said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{label}: {word(f'role.{said}') if name == 'role' else said}"


def table(columns: Sequence[str], kind: str, rows: Iterable[tuple[str, Sequence[str]]]) -> None:
    """A plain table; every cell is escaped."""
    body = "".join(
        f'<tr class="{mark}">' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        for mark, cells in rows
    )
    look.wide_table(
        [word(f"admin.{kind}_{name}") for name in columns], body, word(f"admin.part_{PARTS[kind]}")
    )


def when(text: object) -> str:
    """A moment in the visitor's language and the server's time zone."""
    return moment(datetime.fromisoformat(str(text)), visitor().language)
