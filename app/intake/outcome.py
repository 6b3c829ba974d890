"""What became of a file, row by row: nothing is lost without being said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from app.i18n import Language
from survey.problems import Problem, Question, Severity, explain, severity


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCounts:
    """Conservation of one sheet: read = new + updated + unchanged + rejected."""

    sheet: str
    read: int
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        """Refuse counts that lose a row."""
        if self.read != self.new + self.updated + self.unchanged + self.rejected:
            raise ValueError(f"rows lost on sheet {self.sheet!r}: {self}")

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        names = ("sheet", "read", "new", "updated", "unchanged", "rejected")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything there is to say about one offered file."""

    kind: str
    file: str
    sha256: str
    stored: bool = False
    checked: bool = False  # it was only to be looked at
    sheets: tuple[SheetCounts, ...] = ()
    problems: tuple[Problem, ...] = ()
    questions: tuple[Question, ...] = ()
    report: Mapping[str, object] = field(default_factory=dict)
    rejected_file: str | None = None

    @property
    def state(self) -> str:
        """One word: stored, checked, refused, or asked (it needs an answer)."""
        if self.questions:
            return "asked"
        if self.stored:
            return "stored"
        return "checked" if self.checked and self.sheets else "refused"

    def with_problems(self, found: Iterable[Problem]) -> "Outcome":
        """The same outcome with more to say."""
        return replace(self, problems=(*self.problems, *found))

    def as_dict(self, language: Language) -> dict[str, object]:
        """For `--json`: codes beside sentences in Turkish and English."""
        return {
            "kind": self.kind,
            "file": self.file,
            "sha256": self.sha256,
            "state": self.state,
            "sheets": [counts.as_dict() for counts in self.sheets],
            "problems": [_problem(found, language) for found in self.problems],
            "questions": [_question(asked, language) for asked in self.questions],
            "report": dict(self.report),
            "rejected_file": self.rejected_file,
        }


def _problem(found: Problem, language: Language) -> dict[str, object]:
    return {
        "code": str(found.code),
        "severity": str(severity(found.code)),
        "sheet": found.sheet,
        "row": found.row,
        "column": found.column,
        "given": found.given,
        "message": explain(found, language),
        "message_tr": explain(found, "tr"),
        "message_en": explain(found, "en"),
    }


def _question(asked: Question, language: Language) -> dict[str, object]:
    return {
        "code": str(asked.code),
        "about": asked.what,
        "choices": list(asked.choices),
        "option": asked.option,
        "message": explain(asked, language),
        "message_tr": explain(asked, "tr"),
        "message_en": explain(asked, "en"),
    }


def rejects(found: Iterable[Problem]) -> dict[tuple[str, int], list[Problem]]:
    """Rejecting problems by sheet and row."""
    by_row: dict[tuple[str, int], list[Problem]] = {}
    for one in found:
        if severity(one.code) is Severity.REJECT:
            by_row.setdefault((one.sheet, one.row), []).append(one)
    return by_row
