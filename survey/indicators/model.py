"""The typed indicator set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from survey.expressions import Node

__all__ = [
    "VIOLENCE",
    "Denominator",
    "Direction",
    "Indicator",
    "IndicatorSet",
    "Level",
    "PopulationSlice",
    "Roster",
    "TargetGroup",
    "Topic",
]

VIOLENCE = ("violence", "siddet")  # as loose keys; such topics come from records only
Titles = Mapping[str, str]  # language -> text


class Level(StrEnum):
    """Whom an indicator counts."""

    PERSON = "person"
    HOUSEHOLD = "household"


class Direction(StrEnum):
    """Whether a higher value is worse."""

    HIGHER_IS_WORSE = "higher_is_worse"
    LOWER_IS_WORSE = "lower_is_worse"


@dataclass(frozen=True, slots=True)
class PopulationSlice:
    """Part of a population layer: sex ('' for both) and ages in whole years, both ends included."""

    sex: str = ""
    age_from: int = 0
    age_to: int = 200


@dataclass(frozen=True, slots=True)
class Denominator:
    """What a rate is divided by: a population layer, its year, and the part of it."""

    layer: str
    year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A subject of risk. `need` is true for a person in need; None for topics that come from records only."""

    key: str
    titles: Titles
    need: str = ""
    need_tree: Node | None = None
    weight: float = 0.0
    in_need_any: bool = False
    visits: float = 0.0
    records_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    """A group of people: who of the roster belongs to it, and its part of the population."""

    key: str
    titles: Titles
    person: str
    person_tree: Node | None
    population: PopulationSlice


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One figure. Either from the survey (numerator, denominator) or counted from cases (`case_filter`).

    A case filter is a mapping field -> accepted values (reason, subject, kind, channel, priority, sex).
    """

    key: str
    titles: Titles
    topic: str
    group: str = ""
    level: Level = Level.PERSON
    numerator: str = ""
    numerator_tree: Node | None = None
    denominator: str = ""
    denominator_tree: Node | None = None
    case_filter: Mapping[str, tuple[str, ...]] | None = None
    population: Denominator | None = None
    direction: Direction = Direction.HIGHER_IS_WORSE
    weight: float = 0.0

    @property
    def from_cases(self) -> bool:
        """Whether it is counted from cases and so never enters need, index or siting."""
        return self.case_filter is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """How the roster tells age and sex, and the bands of age in which need is estimated.

    Without an age there is one band; without a sex both are estimated together. A form without a roster
    counts each household once for each of its people: `size` says how many they are.
    """

    age: str = ""
    age_tree: Node | None = None
    female: str = ""
    female_tree: Node | None = None
    size: str = ""
    size_tree: Node | None = None
    bands: tuple[int, ...] = (0,)  # first year of each band, rising from 0

    def spans(self, oldest: int) -> tuple[tuple[int, int], ...]:
        """First and last year of each band; the last one ends at `oldest`."""
        if self.age_tree is None:
            return ((0, oldest),)
        ends = [*(low - 1 for low in self.bands[1:]), oldest]
        return tuple(zip(self.bands, ends, strict=True))


@dataclass(frozen=True, slots=True)
class IndicatorSet:
    """All of it, in file order."""

    topics: tuple[Topic, ...]
    groups: tuple[TargetGroup, ...]
    indicators: tuple[Indicator, ...]
    roster: Roster = Roster()

    def topic(self, key: str) -> Topic:
        """Topic by key.

        Raises
        ------
        KeyError
            If there is none.
        """
        return {topic.key: topic for topic in self.topics}[key]
