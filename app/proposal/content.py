"""What a proposal says beside its plan: parsed once, at the door."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from app.errors import RefusedError

LONGEST_LINE, LONGEST_TEXT, MOST_LINES = 300, 4000, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Subject, reason, references and annexes of the letter.

    Raises
    ------
    RefusedError
        If the subject is missing, or something is too long for a letter.
    """

    subject: str
    reason: str = ""
    references: Sequence[str] = field(default_factory=tuple)
    annexes: Sequence[str] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        """Refuse what no letter holds."""
        if not self.subject.strip():
            raise RefusedError("proposals.no_subject")
        lines = (self.subject, *self.references, *self.annexes)
        many = max(len(self.references), len(self.annexes)) > MOST_LINES
        if many or len(self.reason) > LONGEST_TEXT or any(len(line) > LONGEST_LINE for line in lines):
            raise RefusedError("proposals.too_long", text=LONGEST_TEXT, line=LONGEST_LINE, lines=MOST_LINES)

    def as_json(self) -> dict[str, object]:
        """As stored."""
        return asdict(self)


def read_content(given: Mapping[str, object]) -> Content:
    """Parse what a screen or the store holds; empty lines fall away."""
    return Content(
        subject=" ".join(str(given.get("subject") or "").split()),
        reason=str(given.get("reason") or "").strip(),
        references=_lines(given.get("references")),
        annexes=_lines(given.get("annexes")),
    )


def _lines(given: object) -> tuple[str, ...]:
    rows = given.splitlines() if isinstance(given, str) else given if isinstance(given, list | tuple) else ()
    return tuple(" ".join(str(row).split()) for row in rows if str(row).strip())
