"""Plain tables with a saved mapping; repeat sheets are joined by the keys it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from survey.problems import Code, Problem, Refused, Where, problem
from survey.sources.model import Fields, Layout, RawSubmission, SheetCount, SourceTable, TableMapping, moment
from survey.tablefile import Sheet

__all__ = ["read_mapped"]

Nested = dict[str, dict[str, list[Fields]]]  # submission key -> repeat -> rows


def read_mapped(sheets: Sequence[Sheet], mapping: TableMapping) -> SourceTable:
    """Read a plain table: fields under their targets' names, other columns left out.

    Raises
    ------
    Refused
        When a mapped heading is not in the file.
    """
    root = sheets[0]
    wanted = [*mapping.columns.values(), *(h for h in (mapping.key, mapping.submitted_at) if h)]
    _check_columns(root, wanted)
    records = root.records()
    keys = {str(record[mapping.key]) for _, record in records} if mapping.key else set()
    nested: Nested = {}
    problems = [*root.rejected, *root.findings]
    counts = [SheetCount(root.name, root.read, len(records), len(root.rejected))]
    for sheet in sheets[1:]:
        if sheet.name in mapping.repeats:
            count, found = _repeat(sheet, mapping.repeats[sheet.name], keys, nested)
            counts.append(count)
            problems.extend(found)
    submissions = tuple(_mapped(number, record, root, mapping, nested) for number, record in records)
    return SourceTable(Layout.PLAIN, submissions, tuple(problems), tuple(counts))


def _check_columns(sheet: Sheet, wanted: Sequence[str]) -> None:
    absent = [heading for heading in wanted if heading not in sheet.header]
    if absent:
        raise Refused(tuple(problem(Code.COLUMN_MISSING, Where(sheet.name, 0, h)) for h in absent))


def _repeat(
    sheet: Sheet, pair: tuple[str, str], keys: set[str], nested: Nested
) -> tuple[SheetCount, list[Problem]]:
    """Rows of a repeat sheet under their submission's key; a row without one is rejected.

    `pair` is (name of the repeat, heading that holds the submission's key).
    """
    repeat, heading = pair
    _check_columns(sheet, [heading])
    problems: list[Problem] = [*sheet.rejected, *sheet.findings]
    orphans = 0
    for number, record in sheet.records():
        key = str(record[heading])
        if key not in keys:
            where = Where(sheet.name, number, heading)
            problems.append(problem(Code.SOURCE_ORPHAN_ROW, where, given=record[heading]))
            orphans += 1
            continue
        row = {**record, "_row": number, "_sheet": sheet.name}
        nested.setdefault(key, {}).setdefault(repeat, []).append(row)
    rejected = orphans + len(sheet.rejected)
    return SheetCount(sheet.name, sheet.read, sheet.read - rejected, rejected), problems


def _mapped(
    number: int,
    record: Fields,
    root: Sheet,
    mapping: TableMapping,
    nested: Mapping[str, dict[str, list[Fields]]],
) -> RawSubmission:
    key = None if mapping.key is None or record[mapping.key] is None else str(record[mapping.key])
    sent = record[mapping.submitted_at] if mapping.submitted_at else None
    fields = {target: record[heading] for target, heading in mapping.columns.items()}
    return RawSubmission(key, fields, nested.get(key or "", {}), number, moment(sent), root.name)
