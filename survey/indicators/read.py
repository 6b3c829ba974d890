"""TOML to `IndicatorSet`; every fault is collected and named by its entry."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from survey.expressions import ExpressionError, Node, parse
from survey.indicators.model import (
    VIOLENCE,
    Denominator,
    Direction,
    Indicator,
    IndicatorSet,
    Level,
    PopulationSlice,
    Roster,
    TargetGroup,
    Topic,
)
from survey.names import loose_key, nearest
from survey.problems import Code, Problem, Refused, problem

__all__ = ["CASE_FIELDS", "read_indicators"]

Table = Mapping[str, object]
Choice = TypeVar("Choice", bound=StrEnum)
CASE_FIELDS = ("kind", "reason", "subject", "priority", "channel", "sex")
TOPIC_FIELDS = ("title", "need", "weight", "in_need_any", "visits", "records_only")
ROSTER_FIELDS = ("age", "female", "size", "bands")
GROUP_FIELDS = ("title", "person", "population")
INDICATOR_FIELDS = (
    "title topic group level numerator denominator cases population direction weight".split()  # noqa: SIM905
)


def read_indicators(text: str) -> IndicatorSet:
    """Read the TOML of an installation: [roster], [topics.x], [groups.x], [indicators.x].

    Raises
    ------
    Refused
        With every fault found: unknown names, syntax, weights on case indicators, violence in need.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as why:
        raise Refused((problem(Code.INDICATOR_FILE, detail=str(why)),)) from why
    reader = _Reader()
    topics = tuple(reader.topic(key, entry) for key, entry in reader.entries(raw, "topics"))
    groups = tuple(reader.group(key, entry) for key, entry in reader.entries(raw, "groups"))
    names = ([topic.key for topic in topics], [group.key for group in groups])
    indicators = tuple(reader.indicator(k, e, *names) for k, e in reader.entries(raw, "indicators"))
    roster = reader.roster(reader.table(raw.get("roster"), "roster"))
    reader.rules(topics, indicators)
    if reader.found:
        raise Refused(tuple(reader.found))
    return IndicatorSet(topics, groups, indicators, roster)


class _Reader:
    """Typed access to a TOML tree with the faults collected."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def say(self, code: Code, entry: str, detail: str = "", close: str = "") -> None:
        self.found.append(problem(code, given=entry, detail=detail, nearest=close))

    def entries(self, raw: Table, section: str) -> list[tuple[str, Table]]:
        """Entries of a section; keys are plain names."""
        entries = self.table(raw.get(section), section)
        return [(key, self.table(value, f"{section}.{key}")) for key, value in entries.items()]

    def table(self, value: object, entry: str) -> Table:
        if value is not None and not isinstance(value, dict):
            self.say(Code.INDICATOR_FIELD, entry, "must be a table")
        return value if isinstance(value, dict) else {}

    def known(self, entry: str, table: Table, fields: Collection[str]) -> None:
        for name in table:
            if name not in fields:
                close = nearest(name, fields)
                self.say(Code.INDICATOR_FIELD, entry, f"unknown field {name!r}, nearest: {close!r}", close)

    def titles(self, entry: str, table: Table) -> dict[str, str]:
        titles = {str(k): str(v) for k, v in self.table(table.get("title"), entry).items()}
        missing = [language for language in ("tr", "en") if not titles.get(language)]
        if missing:
            self.say(Code.INDICATOR_FIELD, entry, f"title lacks {', '.join(missing)}")
        return titles

    def words(self, entry: str, table: Table, name: str) -> str:
        value = table.get(name, "")
        if not isinstance(value, str):
            self.say(Code.INDICATOR_FIELD, entry, f"{name} must be a text")
            return ""
        return value

    def number(self, entry: str, table: Table, name: str) -> float:
        value = table.get(name, 0)
        good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e9
        if not good:
            self.say(Code.INDICATOR_FIELD, entry, f"{name} must be a number from 0")
        return float(value) if isinstance(value, (int, float)) and good else 0.0

    def flag(self, entry: str, table: Table, name: str) -> bool:
        value = table.get(name, False)
        if not isinstance(value, bool):
            self.say(Code.INDICATOR_FIELD, entry, f"{name} must be true or false")
        return value is True

    def tree(self, entry: str, source: str) -> Node | None:
        try:
            return parse(source) if source else None
        except ExpressionError as why:
            self.say(Code.INDICATOR_EXPRESSION, entry, str(why), why.nearest)
            return None

    def one_of(self, entry: str, table: Table, name: str, kind: type[Choice], default: Choice) -> Choice:
        value = str(table.get(name, default))
        if value in [str(item) for item in kind]:
            return kind(value)
        self.say(Code.INDICATOR_FIELD, entry, f"{name} must be one of {', '.join(kind)}")
        return default

    def topic(self, key: str, table: Table) -> Topic:
        entry = f"topics.{key}"
        self.known(entry, table, TOPIC_FIELDS)
        need = self.words(entry, table, "need")
        return Topic(
            key=key,
            titles=self.titles(entry, table),
            need=need,
            need_tree=self.tree(entry, need),
            weight=self.number(entry, table, "weight"),
            in_need_any=self.flag(entry, table, "in_need_any"),
            visits=self.number(entry, table, "visits"),
            records_only=self.flag(entry, table, "records_only"),
        )

    def group(self, key: str, table: Table) -> TargetGroup:
        entry = f"groups.{key}"
        self.known(entry, table, GROUP_FIELDS)
        person = self.words(entry, table, "person")
        part = self.table(table.get("population"), entry)
        self.known(entry, part, ("sex", "age_from", "age_to"))
        ages = [int(self.number(entry, {"age_to": 200} | dict(part), n)) for n in ("age_from", "age_to")]
        if ages[0] > ages[1]:
            self.say(Code.INDICATOR_FIELD, entry, "age_from is above age_to")
        slice_ = PopulationSlice(self.words(entry, part, "sex"), *ages)
        return TargetGroup(
            key=key,
            titles=self.titles(entry, table),
            person=person,
            person_tree=self.tree(entry, person),
            population=slice_,
        )

    def roster(self, table: Table) -> Roster:
        """Read how age and sex are told; all of it may be left out."""
        self.known("roster", table, ROSTER_FIELDS)
        age, female, size = (self.words("roster", table, name) for name in ("age", "female", "size"))
        given = table.get("bands", [0])
        bands = given if isinstance(given, list) and all(type(low) is int for low in given) else []
        if not bands or bands[0] != 0 or any(b <= a for a, b in pairwise(bands)):
            self.say(Code.INDICATOR_FIELD, "roster", "bands must be rising whole years from 0")
            bands = [0]
        return Roster(
            age=age,
            age_tree=self.tree("roster", age),
            female=female,
            female_tree=self.tree("roster", female),
            size=size,
            size_tree=self.tree("roster", size),
            bands=tuple(bands),
        )

    def indicator(self, key: str, table: Table, topics: list[str], groups: list[str]) -> Indicator:
        entry = f"indicators.{key}"
        self.known(entry, table, INDICATOR_FIELDS)
        topic, group = self.words(entry, table, "topic"), self.words(entry, table, "group")
        if topic not in topics:
            self.say(Code.INDICATOR_UNKNOWN_TOPIC, entry, topic, nearest(topic, topics))
        if group and group not in groups:
            self.say(Code.INDICATOR_UNKNOWN_GROUP, entry, group, nearest(group, groups))
        top, bottom = (self.words(entry, table, name) for name in ("numerator", "denominator"))
        return Indicator(
            key=key,
            titles=self.titles(entry, table),
            topic=topic,
            group=group,
            level=self.one_of(entry, table, "level", Level, Level.PERSON),
            numerator=top,
            numerator_tree=self.tree(entry, top),
            denominator=bottom,
            denominator_tree=self.tree(entry, bottom),
            case_filter=self.cases(entry, table),
            population=self.population(entry, table),
            direction=self.one_of(entry, table, "direction", Direction, Direction.HIGHER_IS_WORSE),
            weight=self.number(entry, table, "weight"),
        )

    def cases(self, entry: str, table: Table) -> dict[str, tuple[str, ...]] | None:
        if "cases" not in table:
            return None
        accepted = self.table(table["cases"], entry)
        self.known(entry, accepted, CASE_FIELDS)
        lists = {name: v if isinstance(v, list) else [v] for name, v in accepted.items()}
        return {name: tuple(str(value) for value in values) for name, values in lists.items()}

    def population(self, entry: str, table: Table) -> Denominator | None:
        if "population" not in table:
            return None
        part = self.table(table["population"], entry)
        layer, year = self.words(entry, part, "layer"), int(self.number(entry, part, "year"))
        if not layer or not 1900 <= year <= 2200:
            self.say(Code.INDICATOR_FIELD, entry, "population needs layer and year")
        return Denominator(layer, year)

    def rules(self, topics: tuple[Topic, ...], indicators: tuple[Indicator, ...]) -> None:
        """Refuse what would mislead: weights on cases, violence in need or index, figures from nothing."""
        secret = {topic.key for topic in topics if topic.records_only or _about_violence(topic)}
        for topic in topics:
            if topic.key in secret and (topic.need or topic.weight or topic.in_need_any or topic.visits):
                self.say(Code.INDICATOR_VIOLENCE, f"topics.{topic.key}")
        for item in indicators:
            entry = f"indicators.{item.key}"
            if item.topic in secret and not item.from_cases:
                self.say(Code.INDICATOR_VIOLENCE, entry)
            if item.from_cases and item.weight:
                self.say(Code.INDICATOR_CASE_WEIGHT, entry)
            if item.from_cases and item.population is None:
                self.say(Code.INDICATOR_FIELD, entry, "a rate of cases names its population and year")
            if item.from_cases == bool(item.numerator):
                self.say(Code.INDICATOR_FIELD, entry, "give either numerator or cases")


def _about_violence(topic: Topic) -> bool:
    """Told by key and titles, so that leaving out a flag cannot bring violence into need."""
    words = " ".join(loose_key(text) for text in (topic.key, *topic.titles.values()))
    return any(sign in words for sign in VIOLENCE)
