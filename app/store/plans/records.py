"""What plans are to whoever asks."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

DRAFT, SENT, PUBLISHED, WITHDRAWN = "draft", "sent", "published", "withdrawn"
LONGEST_NAME = 120
CITY = ""  # the region of a plan for the whole city


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one version of a plan says."""

    run_id: int
    result: Mapping[str, object]
    parameters: Mapping[str, object] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """A plan as it stands."""

    id: int
    name: str
    owner: str
    region: str
    state: str
    created_at: dt.datetime
    version: int
    at: dt.datetime
    run_id: int
    parameters: Mapping[str, object]
    result: Mapping[str, object]
    can_undo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """A plan in a list: without its regions."""

    id: int
    name: str
    owner: str
    region: str
    state: str
    created_at: dt.datetime
    version: int
    at: dt.datetime
    run_id: int
    sites: tuple[str, ...]  # keys of the centres to open
    minutes_before: float | None
    minutes_after: float | None
    gap: float
    can_undo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One entry of a plan's history; `sites` are the names of the centres to open."""

    id: int
    name: str
    at: dt.datetime
    actor: str
    sites: tuple[str, ...]
