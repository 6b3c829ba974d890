"""The legend as HTML text: words, ranges and how many areas; every text is escaped."""

from collections.abc import Iterator, Mapping
from html import escape

from app.i18n import Language, number, say
from app.maps import words
from app.maps.looks import CHANGES, CLASSES, MOVES, PALE_OF, Look
from app.views import Comparison, RiskMap
from geo.legend import YLORRD

MARKED = "abcde"
HATCHED = "repeating-linear-gradient(135deg, {hatch} 0 1px, transparent 1px 5px), {fill}"
Row = tuple[str, str, str, str]  # colour, words, range, count


def class_legend(about: RiskMap, counts: Mapping[str, int], *, language: Language) -> str:
    """Five classes, the worst on top, then what hatching and grey mean.

    Parameters
    ----------
    counts : areas by symbol, as `app.views.counts` gives them
    """
    rows = [*_class_rows(about, counts, language), *_mark_rows(counts, language)]
    return legend_table(words.unit(about, language) or say("map.classes", language), rows, language)


def change_legend(found: Comparison, *, language: Language) -> str:
    """What moved between two runs."""
    rows = []
    for mark, name in MOVES.items():
        count = number(getattr(found, name), language)
        rows.append((swatch(CHANGES[mark]), say(f"risk.moved_{name}", language), "", count))
    return legend_table(say("risk.change_heading", language), rows, language)


def class_labels(*, language: Language) -> dict[str, str]:
    """What a map of classes says of an area under the pointer, by symbol."""
    said = {"0": say("map.insufficient", language)}
    for place, mark in enumerate(MARKED, start=1):
        name = words.class_name(place, language)
        said |= {str(place): name, mark: f"{name} ({say('map.modelled', language)})"}
    return said | {PALE_OF[symbol]: text for symbol, text in said.items()}


def change_labels(*, language: Language) -> dict[str, str]:
    """The same of a map of change."""
    said = {mark: say(f"risk.moved_{name}", language) for mark, name in MOVES.items()}
    return said | {PALE_OF[symbol]: text for symbol, text in said.items()}


def sign_legend(*, language: Language, with_zones: bool) -> str:
    """What the signs and lines over the colours are."""
    signs = [("centre", say("map.centre", language)), ("district", say("map.district", language))]
    signs += [("zone", say("risk.zone_line", language))] if with_zones else []
    items = "".join(
        f"<li><span class='mh-sign mh-{kind}' aria-hidden='true'></span>{escape(text)}</li>"
        for kind, text in signs
    )
    return f"<ul class='mh-signs'>{items}</ul>"


def swatch(look: Look) -> str:
    """CSS background of a symbol's colour, hatched where the map is."""
    return HATCHED.format(**look) if "hatch" in look else look["fill"]


def symbol_of(risk_class: int | None, shown: str) -> str:
    """The symbol of a class as shown: as in `app.views.class_string`."""
    if not risk_class:
        return "0" if shown else "."
    return MARKED[risk_class - 1] if shown == "modelled" else str(risk_class)


def _class_rows(about: RiskMap, counts: Mapping[str, int], language: Language) -> Iterator[Row]:
    ranges = words.ranges(about, language)
    for place in range(len(YLORRD), 0, -1):
        areas = counts.get(str(place), 0) + counts.get(MARKED[place - 1], 0)
        name = words.class_name(place, language)
        yield swatch(CLASSES[str(place)]), name, ranges[place - 1], number(areas, language)


def _mark_rows(counts: Mapping[str, int], language: Language) -> Iterator[Row]:
    modelled = sum(counts.get(mark, 0) for mark in MARKED)
    yield swatch(CLASSES["b"]), say("risk.modelled_short", language), "", number(modelled, language)
    yield swatch(CLASSES["0"]), say("map.insufficient", language), "", number(counts.get("0", 0), language)


def legend_table(heading: str, rows: list[Row], language: Language) -> str:
    """Rows of colour, words, range and count under a heading."""
    head = (
        f"<th scope='col' colspan='2'>{escape(heading)}</th><td></td>"
        f"<th scope='col' class='mh-n'>{escape(say('risk.areas_heading', language))}</th>"
    )
    body = "".join(
        f"<tr><td><span class='mh-swatch' style='background:{escape(colour, quote=True)}'></span></td>"
        f"<td>{escape(name)}</td><td class='mh-range'>{escape(range_)}</td>"
        f"<td class='mh-n'>{escape(count)}</td></tr>"
        for colour, name, range_, count in rows
    )
    return f"<table class='mh-legend'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
