"""KoBo exports: the root sheet and its repeat sheets, joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from survey.form import Form
from survey.headings import Headings
from survey.problems import Code, Problem, Where, problem
from survey.sources.model import Fields, Layout, RawSubmission, SheetCount, SourceTable, moment
from survey.tablefile import Cell, Row, Sheet

__all__ = ["read_kobo"]


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
