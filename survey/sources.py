"""Exports of survey tools, and plain tables with a saved mapping, to raw submissions; every row counted."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from survey.form import Form
from survey.headings import Headings
from survey.problems import Code, Problem, Question, Refused, Where, problem
from survey.tablefile import Cell, Row, Sheet

__all__ = [
    "Layout",
    "RawSubmission",
    "SheetCount",
    "SourceTable",
    "TableMapping",
    "detect",
    "read_kobo",
    "read_mapped",
    "read_source",
]

Fields = Mapping[str, Cell]
SYSTEM = frozenset(
    "_id _uuid _submission_time _validation_status _notes _status _submitted_by __version__ _tags _index "  # noqa: SIM905
    "meta/rootUuid meta/instanceID _parent_table_name _parent_index".split()
)


class Layout(StrEnum):
    """Layouts that are told apart by their headings."""

    KOBO = "kobo"
    SURVEYCTO = "surveycto"
    CENTRAL = "central"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class RawSubmission:
    """One row of the root sheet with its repeat rows, nothing parsed yet.

    `source_key` is the tool's own id or None; repeat rows carry '_row', '_sheet' beside their fields.
    """

    source_key: str | None
    fields: Fields
    repeats: Mapping[str, Sequence[Fields]]
    row: int
    submitted_at: datetime.datetime | None = None
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class SheetCount:
    """Conservation of a sheet: ``read == used + rejected``."""

    sheet: str
    read: int
    used: int
    rejected: int


@dataclass(frozen=True, slots=True)
class SourceTable:
    """What a file holds: submissions, what was wrong, and the count of each sheet."""

    layout: Layout
    submissions: tuple[RawSubmission, ...]
    problems: tuple[Problem, ...]
    counts: tuple[SheetCount, ...]


@dataclass(frozen=True, slots=True)
class TableMapping:
    """Which heading holds which question or target; saved as TOML by the caller through `to_dict`."""

    columns: Mapping[str, str]
    key: str | None = None
    submitted_at: str | None = None
    repeats: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # sheet -> (child key, parent key)

    def to_dict(self) -> dict[str, object]:
        """Plain values only, as TOML can hold."""
        plain: dict[str, object] = {"columns": dict(self.columns)}
        plain |= {n: v for n, v in (("key", self.key), ("submitted_at", self.submitted_at)) if v}
        return plain | ({"repeats": {s: list(k) for s, k in self.repeats.items()}} if self.repeats else {})

    @classmethod
    def from_dict(cls, raw: Mapping[str, object]) -> TableMapping:
        """Read what `to_dict` wrote.

        Raises
        ------
        ValueError
            If ``columns`` is not a table of texts.
        """
        columns, repeats = raw.get("columns"), raw.get("repeats", {})
        if not isinstance(columns, dict) or not isinstance(repeats, dict):
            raise ValueError("a mapping needs a [columns] table of target = heading")
        key, sent = raw.get("key"), raw.get("submitted_at")
        return cls(
            {str(target): str(heading) for target, heading in columns.items()},
            str(key) if key else None,
            str(sent) if sent else None,
            {str(sheet): (str(pair[0]), str(pair[1])) for sheet, pair in repeats.items()},
        )


def detect(sheets: Sequence[Sheet]) -> Layout:
    """Tell the tool by the headings of the first sheet."""
    header = set(sheets[0].header)
    if "_uuid" in header and "_submission_time" in header:
        return Layout.KOBO
    if "KEY" in header:
        return Layout.SURVEYCTO if "formdef_version" in header else Layout.CENTRAL
    return Layout.PLAIN


def read_source(
    sheets: Sequence[Sheet], form: Form | None, mapping: TableMapping | None = None
) -> SourceTable:
    """Read a survey file by its layout; a plain table needs a mapping.

    Raises
    ------
    Refused
        With a question when the layout is not known and there is no mapping.
    """
    if mapping is not None:
        return read_mapped(sheets, mapping)
    if detect(sheets) is Layout.KOBO:
        return read_kobo(sheets, form)
    what = sheets[0].name
    raise Refused(
        questions=(Question(Code.SOURCE_NOT_RECOGNISED, what, sheets[0].header[:8], "--mapping FILE.toml"),)
    )


def read_kobo(sheets: Sequence[Sheet], form: Form | None) -> SourceTable:
    """Read a KoBo export: root sheet and repeat sheets joined by `_parent_index` and the submission's id."""
    root = sheets[0]
    headings = Headings.of(root, form, "")
    rows = _without_hxl(root)
    problems = [*root.rejected, *root.findings, *headings.problems]
    if not root.from_workbook and (form is None or form.repeats):
        problems.append(problem(Code.SOURCE_REPEATS_MISSING, Where(root.name)))
    counts: list[SheetCount] = []
    children, orphans = _children(sheets, rows, form, counts)
    problems.extend(orphans)
    kept, twice = _first_of_each(rows, root)
    problems.extend(twice)
    submissions = tuple(_submission(row, root, headings, children) for row in kept)
    rejected = len(root.rejected) + len(twice)
    counts.insert(0, SheetCount(root.name, len(rows) + len(root.rejected), len(kept), rejected))
    return SourceTable(Layout.KOBO, submissions, tuple(problems), tuple(counts))


def _without_hxl(sheet: Sheet) -> tuple[Row, ...]:
    """Rows without a line of humanitarian tags (#adm1 ...) under the heading."""
    if not sheet.rows:
        return ()
    first = [cell for cell in sheet.rows[0].cells if cell is not None]
    tagged = bool(first) and all(isinstance(cell, str) and cell.startswith("#") for cell in first)
    return sheet.rows[1:] if tagged else sheet.rows


def _cell(row: Row, sheet: Sheet, heading: str) -> Cell:
    return row.cells[sheet.header.index(heading)] if heading in sheet.header else None


def _first_of_each(rows: Sequence[Row], root: Sheet) -> tuple[list[Row], list[Problem]]:
    """Rows with a new submission id; a second row of one id is rejected."""
    seen: dict[str, int] = {}
    kept, twice = [], []
    for row in rows:
        key = _cell(row, root, "_uuid")
        if key is not None and str(key) in seen:
            where = Where(root.name, row.number, "_uuid")
            found = problem(Code.SOURCE_DUPLICATE_KEY, where, given=key, detail=str(seen[str(key)]))
            twice.append(found)
            continue
        if key is not None:
            seen[str(key)] = row.number
        kept.append(row)
    return kept, twice


Children = dict[str, dict[str, list[Fields]]]  # root _index -> repeat name -> rows


def _children(
    sheets: Sequence[Sheet], root_rows: Sequence[Row], form: Form | None, counts: list[SheetCount]
) -> tuple[Children, list[Problem]]:
    """Rows of repeat sheets by the root row they belong to, through any depth of nesting."""
    root = sheets[0]
    owner = {(_root_name(), str(_cell(r, root, "_index"))): str(_cell(r, root, "_index")) for r in root_rows}
    uuids = {str(_cell(r, root, "_uuid")): str(_cell(r, root, "_index")) for r in root_rows}
    found: Children = {}
    problems: list[Problem] = []
    for sheet in sheets[1:]:
        repeat = _repeat_name(sheet.name, form)
        if form is not None and repeat not in form.repeats:
            problems.append(problem(Code.SOURCE_REPEAT_UNKNOWN, Where(sheet=sheet.name)))
        headings = Headings.of(sheet, form, repeat)
        problems += [*sheet.rejected, *sheet.findings, *headings.problems]
        rows, used = _without_hxl(sheet), 0
        for row in rows:
            parent = _parent(row, sheet, owner, uuids)
            if parent is None:
                where = Where(sheet.name, row.number, "_parent_index")
                given = _cell(row, sheet, "_parent_index")
                problems.append(problem(Code.SOURCE_ORPHAN_ROW, where, given=given))
                continue
            owner[(sheet.name, str(_cell(row, sheet, "_index")))] = parent
            fields = headings.fields(row) | {"_row": row.number, "_sheet": sheet.name}
            found.setdefault(parent, {}).setdefault(repeat, []).append(fields)
            used += 1
        rejected = len(rows) - used + len(sheet.rejected)
        counts.append(SheetCount(sheet.name, used + rejected, used, rejected))
    return found, problems


def _root_name() -> str:
    return ""


def _parent(
    row: Row, sheet: Sheet, owner: Mapping[tuple[str, str], str], uuids: Mapping[str, str]
) -> str | None:
    """Root index of a repeat row: by its submission's id, else by its parent's index."""
    uuid = _cell(row, sheet, "_submission__uuid")
    if uuid is not None:
        return uuids.get(str(uuid))
    index = str(_cell(row, sheet, "_parent_index"))
    table = str(_cell(row, sheet, "_parent_table_name") or "")
    return owner.get((table, index)) or owner.get((_root_name(), index))


def _repeat_name(sheet: str, form: Form | None) -> str:
    """Name of the repeat; sheet names are cut at 31 characters."""
    if form is None or sheet in form.repeats:
        return sheet
    stem = sheet.removesuffix("...")
    likely = [name for name in form.repeats if name.startswith(stem)] if len(sheet) >= 28 else []
    labelled = [n for n in form.repeats if stem in {t[: len(stem)] for t in form.groups.get(n, {}).values()}]
    return (likely or labelled or [sheet])[0]


def _submission(row: Row, root: Sheet, headings: Headings, children: Children) -> RawSubmission:
    key = _cell(row, root, "_uuid")
    repeats = children.get(str(_cell(row, root, "_index")), {})
    return RawSubmission(
        str(key) if key is not None else None,
        headings.fields(row),
        repeats,
        row.number,
        moment(_cell(row, root, "_submission_time")),
        root.name,
    )


def moment(cell: Cell) -> datetime.datetime | None:
    """A time of submission in UTC; exports write it without an offset."""
    if isinstance(cell, str):
        try:
            cell = datetime.datetime.fromisoformat(cell)
        except ValueError:
            return None
    if not isinstance(cell, datetime.datetime):
        return None
    return cell.replace(tzinfo=datetime.UTC) if cell.tzinfo is None else cell.astimezone(datetime.UTC)


def read_mapped(sheets: Sequence[Sheet], mapping: TableMapping) -> SourceTable:
    """Read a plain table: fields under their targets' names, other columns left out.

    Raises
    ------
    Refused
        When a mapped heading is not in the file.
    """
    root = sheets[0]
    _check_mapping(root, mapping)
    submissions = tuple(_mapped(number, record, root, mapping) for number, record in root.records())
    submissions = tuple(_with_repeats(submissions, sheets[1:], mapping))
    count = SheetCount(root.name, root.read, len(submissions), len(root.rejected))
    return SourceTable(Layout.PLAIN, submissions, (*root.rejected, *root.findings), (count,))


def _check_mapping(root: Sheet, mapping: TableMapping) -> None:
    wanted = [*mapping.columns.values(), *(h for h in (mapping.key, mapping.submitted_at) if h)]
    absent = [heading for heading in wanted if heading not in root.header]
    if absent:
        raise Refused(tuple(problem(Code.COLUMN_MISSING, Where(root.name, 0, h)) for h in absent))


def _mapped(number: int, record: Fields, root: Sheet, mapping: TableMapping) -> RawSubmission:
    key = record[mapping.key] if mapping.key else None
    sent = record[mapping.submitted_at] if mapping.submitted_at else None
    fields = {target: record[heading] for target, heading in mapping.columns.items()}
    return RawSubmission(None if key is None else str(key), fields, {}, number, moment(sent), root.name)


def _with_repeats(
    submissions: Sequence[RawSubmission], sheets: Sequence[Sheet], mapping: TableMapping
) -> Iterator[RawSubmission]:
    by_key: dict[str, dict[str, list[Fields]]] = {}
    for sheet in sheets:
        if sheet.name in mapping.repeats:
            child, _ = mapping.repeats[sheet.name]
            for number, record in sheet.records():
                rows = by_key.setdefault(str(record.get(child)), {}).setdefault(sheet.name, [])
                rows.append({**record, "_row": number, "_sheet": sheet.name})
    for submission in submissions:
        yield replace(submission, repeats=by_key.get(submission.source_key or "", {}))
