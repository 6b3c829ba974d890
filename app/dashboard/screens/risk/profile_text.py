"""A neighbourhood's profile as HTML text; every text is escaped."""

from collections.abc import Iterable, Mapping
from html import escape

from app.dashboard.screens.risk.choice import base_key
from app.i18n import Language, say
from app.maps import words
from app.maps.legend import swatch, symbol_of
from app.maps.looks import CLASSES
from app.views import Profile, ProfileLine, RiskMap, certainty_text
from survey.names import sort_key

MAIN = ("need", "index", "reach", "topic", "group")


def here_html(found: Profile, about: RiskMap, *, language: Language) -> str:
    """Name and district, and the map on the screen in a line."""
    zone = say("risk.in_zone", language, zone=found.zone) if found.zone is not None else ""
    head = (
        f"<h3 class='mh-place'>{escape(found.neighbourhood)}</h3>"
        f"<p class='mh-quiet'>{escape(' · '.join(filter(None, (found.district, found.code, zone))))}</p>"
    )
    line = found.lines.get(about.key)
    sure = certainty_text(line, about, language) if line else ()
    said = "".join(f"<li>{escape(text)}</li>" for text in sure)
    more = f"<ul class='mh-sure'>{said}</ul>" if said else ""
    return f"<section class='mh-profile'>{head}{_here(line, language)}{more}</section>"


def _here(line: ProfileLine | None, language: Language) -> str:
    """The present map: class, reliability, base."""
    if line is None:
        return f"<p>{escape(say('risk.not_on_map', language))}</p>"
    parts = [say("risk.reliability_is", language, grade=line.reliability)]
    parts.append(say(f"export.shown_{line.shown}", language))
    if line.base:
        parts.append(say("risk.base_is", language, base=line.base))
    return (
        f"<p class='mh-here'>{_chip(line)}"
        f"<strong>{escape(class_text(line.risk_class, language))}</strong></p>"
        f"<p class='mh-quiet'>{escape(' · '.join(parts))}</p>"
    )


def others_html(found: Profile, maps: Mapping[str, RiskMap], *, language: Language) -> str:
    """The neighbourhood on every map of everybody: overview, topics and groups, then indicators folded away.

    Parameters
    ----------
    maps : all maps of the run by key
    """
    whole = [about for key, about in maps.items() if key == base_key(key) and key in found.lines]
    main = [about for about in whole if about.kind in MAIN]
    rest = [about for about in whole if about.kind not in MAIN]
    main.sort(key=lambda about: (MAIN.index(about.kind), sort_key(about.title(language))))
    rest.sort(key=lambda about: sort_key(about.title(language)))
    tables = _table(main, found, language)
    if rest:
        summary = escape(say("risk.all_indicators", language))
        tables += f"<details><summary>{summary}</summary>{_table(rest, found, language)}</details>"
    return f"<section class='mh-others'>{tables}</section>"


def _table(maps: Iterable[RiskMap], found: Profile, language: Language) -> str:
    """Map, class, reliability, and the class before where there was one."""
    lines = [(about, found.lines[about.key]) for about in maps]
    with_before = any(line.before for _, line in lines)
    names = ["map_column", "class_column", "reliability_column", *(["before_column"] if with_before else [])]
    head = "".join(f"<th scope='col'>{escape(say(f'risk.{name}', language))}</th>" for name in names)
    body = "".join(_row(about, line, language, with_before=with_before) for about, line in lines)
    return f"<table class='mh-maps'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(about: RiskMap, line: ProfileLine, language: Language, *, with_before: bool) -> str:
    before = f"<td>{line.before or '–'}</td>" if with_before else ""
    return (
        f"<tr><th scope='row'>{escape(words.title(about, language))}</th>"
        f"<td>{_chip(line)}{escape(class_text(line.risk_class, language))}</td>"
        f"<td>{escape(line.reliability)}</td>{before}</tr>"
    )


def _chip(line: ProfileLine) -> str:
    colour = swatch(CLASSES[symbol_of(line.risk_class, line.shown)])
    return f"<span class='mh-swatch' style='background:{escape(colour, quote=True)}'></span>"


def class_text(risk_class: int | None, language: Language) -> str:
    """`4 · yüksek`, or that the data do not suffice."""
    if not risk_class:
        return say("map.insufficient", language)
    return f"{risk_class} · {words.class_name(risk_class, language)}"
