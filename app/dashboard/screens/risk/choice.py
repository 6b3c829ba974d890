"""What of the published maps is looked at: a wish from widgets or a link, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from app.i18n import Language, say
from app.views import (
    PART_MARK,
    SORTS,
    Ask,
    MapRun,
    Reader,
    RiskMap,
    current_run,
    describe,
    districts,
    runs,
    shades,
)
from survey.names import sort_key

OVERVIEW, GROUPS, OTHERS = "overview", "groups", "others"
OVERVIEW_KINDS = ("need", "index", "reach")
LONGEST = 200  # characters of one value in a link
# parameters of a shared link and the fields of a wish they stand for
LINK = {
    "calisma": "run",
    "harita": "key",
    "ilce": "district",
    "mahalle": "code",
    "bolge": "zones",
    "fark": "compare",
    "gorunum": "shade",
}
YES = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for, as texts; nothing in it has been checked.

    Attributes
    ----------
    near : code of the area that the map goes to; a click on the map leaves it alone
    """

    run: str = ""
    key: str = ""
    district: str = ""
    code: str = ""
    zones: str = YES
    compare: str = ""
    shade: str = ""
    near: str = ""
    search: str = ""
    sort: str = "class"
    descending: bool = True
    page: int = 0

    @classmethod
    def from_link(cls, parameters: Mapping[str, str]) -> Self:
        """From a link's parameters; unknown ones and very long ones are ignored."""
        found = {field: parameters[name][: LONGEST + 1] for name, field in LINK.items() if name in parameters}
        kept = {field: value for field, value in found.items() if len(value) <= LONGEST}
        return cls(**kept, near=kept.get("code", ""))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A wish that can be fulfilled: every part of it exists."""

    run: MapRun
    about: RiskMap
    district: str
    code: str
    near: str
    zones: bool
    compare: bool
    shade: str
    ask: Ask

    def link(self) -> dict[str, str]:
        """Parameters of the link that leads here."""
        given = {
            "calisma": str(self.run.run_id),
            "harita": self.about.key,
            "ilce": self.district,
            "mahalle": self.code,
            "bolge": YES if self.zones else "0",
            "fark": YES if self.compare else "",
            "gorunum": self.shade,
        }
        return {name: value for name, value in given.items() if value}


def resolve(reader: Reader, wish: Wish) -> Choice:
    """The nearest that there is to a wish; what does not exist falls back to the usual view.

    Raises
    ------
    RefusedError
        If nothing was published yet.
    """
    run = next((run for run in runs(reader) if str(run.run_id) == wish.run), None) or current_run(reader)
    maps = describe(reader, run)
    about = maps.get(wish.key) or headline(maps)
    names = reader.gazetteer(run)
    district = wish.district if any(d.name == wish.district for d in districts(reader, run)) else ""
    code = wish.code if _is_inside(names.place_of, names.districts, wish.code, district) else ""
    near = wish.near if _is_inside(names.place_of, names.districts, wish.near, district) else ""
    ask = Ask(
        district=district,
        search=wish.search[:LONGEST],
        sort=wish.sort if wish.sort in SORTS else "class",
        descending=wish.descending,
        page=wish.page,
    )
    return Choice(
        run=run,
        about=about,
        district=district,
        code=code,
        near=near,
        zones=wish.zones == YES,
        compare=wish.compare == YES and not wish.shade,
        shade=wish.shade if wish.shade in shades(reader, run, about.key) else "",
        ask=ask,
    )


def _is_inside(place_of: Mapping[str, int], districts_of: Sequence[str], code: str, district: str) -> bool:
    place = place_of.get(code)
    return place is not None and (not district or districts_of[place] == district)


def headline(maps: Mapping[str, RiskMap]) -> RiskMap:
    """The map a visitor sees first: persons in need, else the widest there is."""
    order = (*OVERVIEW_KINDS, "topic", "group", "indicator")
    return min(maps.values(), key=lambda about: (order.index(about.kind), len(about.key), about.key))


def base_key(key: str) -> str:
    """Key of the map of everybody that a part (one sex, one channel) belongs to.

    >>> base_key("topic:barinma|sex=female")
    'topic:barinma'
    """
    return key.split(PART_MARK, 1)[0]


def section_of(about: RiskMap) -> str:
    """Where a map is listed: the overview, its topic, the groups, or the rest."""
    if about.kind in OVERVIEW_KINDS:
        return OVERVIEW
    if about.kind == "group":
        return GROUPS
    return about.topic or OTHERS


def sections(maps: Mapping[str, RiskMap], language: Language) -> dict[str, str]:
    """Sections that have maps, with their names: the overview, topics in order of name, groups, the rest."""
    present = {section_of(about) for about in maps.values()}
    topics = {
        a.topic: a.title(language) for a in maps.values() if a.kind == "topic" and PART_MARK not in a.key
    }
    named = {topic: topics.get(topic, topic) for topic in present - {OVERVIEW, GROUPS, OTHERS}}
    ordered = sorted(named, key=lambda topic: sort_key(named[topic]))
    whole = [OVERVIEW, *ordered, GROUPS, OTHERS]
    words = {**named, **{name: say(f"risk.section_{name}", language) for name in (OVERVIEW, GROUPS, OTHERS)}}
    return {name: words[name] for name in whole if name in present}


def maps_in(maps: Mapping[str, RiskMap], section: str, language: Language) -> dict[str, str]:
    """Keys and names of a section's maps of everybody: its own map first, then indicators by name."""
    found = [a for a in maps.values() if section_of(a) == section and base_key(a.key) == a.key]
    order = (*OVERVIEW_KINDS, "topic", "group", "indicator")
    found.sort(key=lambda about: (order.index(about.kind), sort_key(about.title(language))))
    return {about.key: _name(about, language) for about in found}


def _name(about: RiskMap, language: Language) -> str:
    if about.kind == "topic":
        return say("risk.whole_topic", language)
    return about.title(language)


def parts_of(maps: Mapping[str, RiskMap], key: str, language: Language) -> dict[str, str]:
    """Keys and names of a map and its parts: everybody, then each sex, or each channel."""
    base = base_key(key)
    parts = sorted(k for k in maps if k.startswith(base + PART_MARK))
    return {base: say("risk.part_all", language)} | {k: part_name(k, language) for k in parts}


def part_name(key: str, language: Language) -> str:
    """What a part is of: `kadın`, or a channel's own name; empty for everybody."""
    name, _, value = key.partition(PART_MARK)[2].partition("=")
    return say(f"map.sex_{value}", language).capitalize() if name == "sex" else value


def changed(wish: Wish, **fields: object) -> Wish:
    """A wish with some fields changed; the table begins at its first page again."""
    return replace(wish, **{"page": 0, **fields})  # type: ignore[arg-type]
