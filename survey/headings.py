"""Columns of an export to questions: XML names or labels, group prefixes, split selects, parts of points."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from survey.form import Form, Question
from survey.names import header_key, nearest
from survey.problems import Code, Problem, Where, problem
from survey.tablefile import Cell, Row, Sheet

__all__ = ["Headings"]

SEPARATORS = ("/", ":", "__", ".")
POINT_PARTS = ("latitude", "longitude", "altitude", "precision")
YES = frozenset({"1", "true", "TRUE", "True", "1.0"})


@dataclass(frozen=True, slots=True)
class Headings:
    """Where each question of one level stands in a sheet."""

    columns: dict[str, int]  # question -> its own column
    split: dict[str, dict[str, int]]  # question -> choice -> 0/1 column
    points: dict[str, dict[str, int]]  # question -> latitude, longitude ... column
    problems: tuple[Problem, ...]

    @classmethod
    def of(cls, sheet: Sheet, form: Form | None, repeat: str) -> Headings:
        """Resolve the headings of a sheet; the n-th column of a repeated label is the n-th such question."""
        if form is None:
            return cls({h: p for p, h in reversed(list(enumerate(sheet.header)))}, {}, {}, ())
        return _Resolver(sheet, form, repeat).headings()

    def fields(self, row: Row) -> dict[str, Cell]:
        """Raw answers by question name; absent columns give no key, split selects are joined by spaces."""
        found: dict[str, Cell] = {name: row.cells[place] for name, place in self.columns.items()}
        for name, parts in self.split.items():
            answered = [choice for choice, place in parts.items() if row.cells[place] is not None]
            chosen = [choice for choice in answered if str(row.cells[parts[choice]]) in YES]
            found[name] = " ".join(chosen) if answered else found.get(name)
        for name, parts in self.points.items():
            if found.get(name) is None and row.cells[parts["latitude"]] is not None:
                found[name] = " ".join(str(row.cells[parts[p]] or 0) for p in POINT_PARTS if p in parts)
        return found


class _Resolver:
    """One sheet against one level of a form."""

    def __init__(self, sheet: Sheet, form: Form, repeat: str) -> None:
        self.sheet, self.form = sheet, form
        self.questions = form.level(repeat)
        self.names: dict[str, list[Question]] = defaultdict(list)
        self.parts: dict[str, tuple[Question, str]] = {}
        for question in self.questions:
            for spelling in dict.fromkeys(_spellings(question, form)):
                self.names[spelling].append(question)
                self._add_parts(question, spelling)

    def _add_parts(self, question: Question, spelling: str) -> None:
        """Spellings of split choices and of a point's four parts."""
        if question.many:
            for choice in self.form.choices.get(question.list_name, ()):
                for text in (choice.name, *choice.labels.values()):
                    for mark in SEPARATORS:
                        self.parts.setdefault(f"{spelling}{mark}{text}", (question, choice.name))
        if question.type == "geopoint":
            prefix, name = _last(spelling)
            for part in POINT_PARTS:
                self.parts.setdefault(f"{prefix}_{name}_{part}", (question, part))

    def headings(self) -> Headings:
        columns: dict[str, int] = {}
        split: dict[str, dict[str, int]] = defaultdict(dict)
        points: dict[str, dict[str, int]] = defaultdict(dict)
        problems: list[Problem] = []
        for place, heading in enumerate(self.sheet.header):
            question = self._question(heading, columns)
            if question is not None:
                columns[question.name] = place
            elif heading in self.parts:
                owner, part = self.parts[heading]
                (split if owner.many else points)[owner.name].setdefault(part, place)
            elif not _system(heading):
                problems.append(self._unknown(heading))
        problems.extend(self._absent(columns, split, points))
        whole = {name: parts for name, parts in points.items() if {"latitude", "longitude"} <= set(parts)}
        return Headings(columns, dict(split), whole, tuple(problems))

    def _question(self, heading: str, taken: dict[str, int]) -> Question | None:
        candidates = self.names.get(heading) or self._folded(heading)
        free = [question for question in candidates if question.name not in taken]
        return free[0] if free else None

    def _folded(self, heading: str) -> list[Question]:
        key = header_key(heading)
        matches = {q.name: q for s, qs in self.names.items() if header_key(s) == key for q in qs}
        return list(matches.values()) if heading not in self.parts else []

    def _unknown(self, heading: str) -> Problem:
        where = Where(self.sheet.name, self.sheet.header_row, heading)
        return problem(Code.SOURCE_COLUMN_UNKNOWN, where, nearest=nearest(heading, self.names))

    def _absent(self, *found: dict[str, int] | dict[str, dict[str, int]]) -> Iterator[Problem]:
        present = {name for places in found for name in places}
        for question in self.questions:
            if question.name not in present and question.type not in ("calculate", "hidden"):
                yield problem(Code.SOURCE_COLUMN_ABSENT, Where(self.sheet.name, 0, question.name))


def _spellings(question: Question, form: Form) -> Iterator[str]:
    """The name, its path with each separator, and its labels below the groups' names or labels."""
    yield question.name
    for mark in SEPARATORS:
        yield question.path.replace("/", mark)
    groups = question.path.split("/")[:-1]
    for language, label in question.labels.items():
        shown = " ".join(label.split())
        yield shown
        labelled = [form.groups.get(group, {}).get(language, group) for group in groups]
        for above in (groups, labelled) if groups else ():
            for mark in SEPARATORS:
                yield mark.join((*above, shown))


def _last(spelling: str) -> tuple[str, str]:
    """Group prefix with its separator, and the last part."""
    hit = re.search(r"^(.*(?:/|:|\.))([^/:.]+)$", spelling)
    return (hit[1], hit[2]) if hit else ("", spelling)


def _system(heading: str) -> bool:
    return heading.startswith(("_", "meta/")) or heading in ("start", "end", "today", "deviceid")
