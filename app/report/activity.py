"""Activity report of a period (DOCX and XLSX): what came in and what was done, small numbers hidden."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from app.errors import RefusedError
from app.i18n import Language, catalogue, number, say
from app.report import blocks
from app.report.blocks import Block
from app.report.book import Sheet
from app.report.frame import Frame
from app.report.riskmap import sheet_of, write_both
from app.report.standing import turkish
from app.store import activity, runs
from app.store.logins import Login
from app.store.session import Session, Store
from survey.privacy import publish_counts

PERIOD = re.compile(r"(\d{4})(?:-(?:([HY])([12])|([QÇC])([1-4])))?", re.IGNORECASE)
DEMONSTRATION = "demonstration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole months: a year, a half or a quarter, so that no two reports differ by a few days."""

    year: int
    first_month: int
    months: int

    @property
    def first(self) -> dt.date:
        """First day."""
        return dt.date(self.year, self.first_month, 1)

    @property
    def last(self) -> dt.date:
        """Last day."""
        after = self.first_month + self.months
        return dt.date(self.year + (after > 12), (after - 1) % 12 + 1, 1) - dt.timedelta(days=1)

    def title(self, language: Language) -> str:
        """The period in words."""
        kind = {12: "year", 6: "half", 3: "quarter"}[self.months]
        part = (self.first_month - 1) // self.months + 1
        return say(f"documents.activity.period_{kind}", language, year=self.year, part=part)


def read_period(text: str, *, today: dt.date) -> Period:
    """Parse `2026`, `2026-H1` (`2026-Y1`) or `2026-Q3` (`2026-Ç3`).

    Raises
    ------
    RefusedError
        If it is none of these, or has not ended.

    Examples
    --------
    >>> read_period("2025-Q4", today=dt.date(2026, 1, 1)).last
    datetime.date(2025, 12, 31)
    """
    found = PERIOD.fullmatch(text.strip())
    if not found or not 1900 < int(found[1]) < 2200:
        raise RefusedError("documents.bad_period", period=text)
    months = 6 if found[2] else 3 if found[4] else 12
    part = int(found[3] or found[5] or 1)
    period = Period(year=int(found[1]), first_month=1 + (part - 1) * months, months=months)
    if period.last >= today:
        raise RefusedError("documents.future_period", period=text)
    return period


def write_activity(store: Store, path: Path, language: Language, *, period: Period) -> list[Path]:
    """Write the document and, beside it, the workbook."""
    return write_both(activity_frame(store, period, language), path)


def activity_frame(store: Store, period: Period, language: Language) -> Frame:
    """The report's contents."""
    with store.session(Login.SERVICE) as session:
        simulation = runs.holds(session) == DEMONSTRATION
        tables = _tables(session, period, store)
        done = activity.steps(session, period.first, period.last)
    small, least = store.settings.smallest_cell, store.settings.smallest_cell_protected
    warnings = [say("report.warning", language)] if simulation else []
    lead = say("documents.activity.lead", language, period=period.title(language), small=small, least=least)
    sections = _sections(tables, done, language)
    basis = say("report.basis", language, basis=store.settings.legal_basis_activity)
    first = blocks.section(
        say("documents.activity.summary", language),
        [
            blocks.paragraph(lead),
            _facts(tables, done, language),
            blocks.callout(basis),
        ],
        new_page=False,
    )
    moment = dt.datetime.combine(period.last, dt.time(), dt.UTC)
    return Frame(
        language=language,
        title=say("documents.report_activity", language),
        line=period.title(language),
        lead=lead,
        created=moment,
        stamps=[say("map.watermark", language)] if simulation else [],
        warnings=warnings,
        front=[blocks.callout(words) for words in warnings],
        sections=[first, *sections],
        sheets=[_sheet(section) for section in sections],
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts by label with their total; None = hidden."""

    rows: Mapping[str, int | None]
    total: int | None


def _tables(session: Session, period: Period, store: Store) -> dict[str, Counted]:
    """Every table of the report, small numbers hidden."""
    span = (period.first, period.last)
    # violence is among the reasons, and one table must not tell what another hides
    least = store.settings.smallest_cell_protected
    cases = {
        f"cases_{field}": hide(activity.cases(session, field, *span), least) for field in activity.CASE_FIELDS
    }
    cases["cases_district"] = hide(_by_name(activity.cases_by_district(session, *span)), least)
    return {
        "loads": _open(activity.batches(session, *span)),
        "households": hide(activity.households(session, *span), store.settings.smallest_cell),
        **alike(cases),
    }


def _by_name(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts[name] for name in sorted(counts, key=turkish)}


def alike(tables: Mapping[str, Counted]) -> dict[str, Counted]:
    """Tables of the same cases: where one must hide the total, none shows anything."""
    if all(counted.total is not None for counted in tables.values()):
        return dict(tables)
    return {name: Counted(dict.fromkeys(counted.rows), None) for name, counted in tables.items()}


def _open(counts: Mapping[str, int]) -> Counted:
    """Counts of files: nobody's data."""
    return Counted(dict(counts), sum(counts.values()))


def hide(counts: Mapping[str, int], smallest: int) -> Counted:
    """Hide small counts and what would give them back through the total."""
    if not counts:
        return Counted({}, 0)
    series = pd.Series(dict(counts), dtype="int64")
    public = publish_counts(series, [""] * len(series), smallest=smallest)
    shown = public.areas.frame["count"]
    rows = {name: None if pd.isna(shown[name]) else int(shown[name]) for name in counts}
    return Counted(rows, public.city)


def _sections(tables: Mapping[str, Counted], done: Mapping[str, int], language: Language) -> list[Block]:
    found = []
    for name, counted in tables.items():
        title = say(f"documents.activity.{name}", language)
        found.append(
            blocks.section(title, [_table(counted, language, names=LABELS.get(name, ""))], new_page=False)
        )
    work = Counted(
        {say(f"documents.activity.work_{name}", language): count for name, count in done.items()}, None
    )
    title = say("documents.activity.work", language)
    return [*found, blocks.section(title, [_table(work, language, total=False)], new_page=False)]


LABELS = {
    "loads": "documents.activity.load_",
    "households": "documents.activity.outcome_",
    "cases_kind": "documents.activity.kind_",
}


def _table(counted: Counted, language: Language, *, total: bool = True, names: str = "") -> Block:
    if not counted.rows:
        return blocks.paragraph(say("documents.activity.nothing", language))
    head = [say(f"documents.activity.column_{name}", language) for name in ("what", "count")]
    rows = [[_label(name, names, language), _count(count, language)] for name, count in counted.rows.items()]
    if total:
        rows.append([say("report.total", language), _count(counted.total, language)])
    return blocks.table(head, rows, widths=[4, 1])


def _label(name: str, names: str, language: Language) -> str:
    if names and f"{names}{name}" in catalogue(language):
        return say(f"{names}{name}", language)
    return name or say("documents.activity.unnamed", language)


def _count(count: int | None, language: Language) -> str:
    return say("documents.activity.hidden", language) if count is None else number(count, language)


def _facts(tables: Mapping[str, Counted], done: Mapping[str, int], language: Language) -> Block:
    totals = {
        "files": tables["loads"].total,
        "households": tables["households"].total,
        "cases": tables["cases_kind"].total,
        "runs": done["runs_published"],
        "proposals": done["proposals_sent"],
    }
    return blocks.facts(
        [
            (_count(value, language), say(f"documents.activity.fact_{name}", language))
            for name, value in totals.items()
        ]
    )


def _sheet(section: Block) -> Sheet:
    inside = section["blocks"]
    assert isinstance(inside, Sequence)
    table = next((block for block in inside if block["kind"] == "table"), None)
    name = re.sub(r"[\[\]:*?/\\]", " ", str(section["title"]))
    return sheet_of(name, table) if table else Sheet(name=name, head=["–"], rows=[])
