"""A file as it is offered, and the answers that came with it."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from app.errors import RefusedError
from app.i18n import Language, say
from app.sandbox import Limits, Parsed, Task, parse
from app.settings import Settings
from survey.door import display_name
from survey.values import Bounds

CHUNK_BYTES = 1 << 20
LANGUAGES: tuple[Language, ...] = ("tr", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """Answers to what must never be guessed, and what only the sender knows."""

    check: bool = False
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    decimal: Literal["comma", "point"] | None = None
    dates: Literal["dmy", "mdy"] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)  # field -> heading
    constants: Mapping[str, str] = field(default_factory=dict)  # field -> value for every row
    mapping: str | None = None  # read with a saved mapping
    save_mapping: str | None = None
    crs: str | None = None
    layer: str | None = None
    repair: bool = False
    code_system: str | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    constructed: bool = False
    campaign: str | None = None
    campaign_kind: Literal["sample", "complete", "targeted"] | None = None
    year: int | None = None
    form: str | None = None
    simulation: bool = False
    rejected_to: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One file offered for one kind of content."""

    kind: str
    path: Path
    name: str
    sha256: str
    options: LoadOptions
    settings: Settings
    actor: str

    @property
    def country(self) -> Bounds:
        """Where coordinates may lie; outside, they were read wrongly."""
        west, south, east, north = self.settings.country_degrees
        return Bounds(south=south, west=west, north=north, east=east)

    def parse(self, task: Task) -> Parsed:
        """Read it in the child process."""
        chosen = self.options
        answers: dict[str, str | int | None] = {"name": self.name, "encoding": chosen.encoding}
        if task == "table":
            answers |= {"delimiter": chosen.delimiter, "sheet": chosen.sheet, "header_row": chosen.header_row}
        elif task == "layer":
            answers |= {"crs": chosen.crs, "layer": chosen.layer}
        given = {name: value for name, value in answers.items() if value is not None}
        limits = Limits(memory_mib=self.settings.parse_memory_mib, seconds=self.settings.parse_seconds)
        scratch = self.settings.here.staging
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        parsed = parse(self.path, task, given, limits=limits, scratch=scratch)
        return replace(parsed, sheets=parsed.sheets[:1]) if _is_template(parsed) else parsed


def _is_template(parsed: Parsed) -> bool:
    """Whether it is a form of ours, whose second sheet only explains the first."""
    names = [sheet.name for sheet in parsed.sheets]
    return names in [[say(f"template.{part}", tongue) for part in ("sheet", "notes")] for tongue in LANGUAGES]


def offer(kind: str, path: Path, *, options: LoadOptions, settings: Settings, actor: str) -> Offer:
    """Look at a file from outside: its digest and its name as display text."""
    try:
        digest = hashlib.sha256()
        with path.open("rb") as handle:
            while chunk := handle.read(CHUNK_BYTES):
                digest.update(chunk)
    except FileNotFoundError:
        raise RefusedError("load.not_found", file=display_name(str(path))) from None
    except OSError as why:
        raise RefusedError("load.unreadable", file=display_name(path.name), why=why.strerror) from None
    return Offer(
        kind=kind,
        path=path.resolve(),
        name=display_name(path.name),
        sha256=digest.hexdigest(),
        options=options,
        settings=settings,
        actor=actor,
    )
