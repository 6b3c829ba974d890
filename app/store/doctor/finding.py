"""What a look at an installation finds."""

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from app.errors import MahalleError

Level = Literal["ok", "warn", "error"]
COLOURS: dict[Level, str] = {"ok": "green", "warn": "yellow", "error": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    level: Level
    key: str
    fields: dict[str, object] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Level, what, and its fields, for `--json`."""
        return {"level": self.level, "what": self.key, **self.fields}


def guarded(check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """What a check finds; a refusal inside it is a finding too, and so is a file it may not read."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except MahalleError as error:
        found.append(Finding("error", error.key, dict(error.fields)))
    except OSError as why:
        fields: dict[str, object] = {
            "file": str(why.filename or "-"),
            "why": why.strerror or type(why).__name__,
        }
        found.append(Finding("error", "deploy.unreadable", fields))
    return found


def private(path: Path) -> Iterator[Finding]:
    """Nothing where only its owner may read a secret; otherwise what is wrong."""
    if not path.exists():
        yield Finding("error", "doctor.secret_missing", {"file": str(path)})
    elif stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding("error", "doctor.secret_open", {"file": str(path)})
