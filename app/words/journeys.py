"""How journeys were timed, in words: beside every map and document that shows minutes."""

from collections.abc import Mapping, Sequence
from typing import cast

from app.i18n import Language, number, say

STRAIGHT = "straight_line"
FROM_OPENSTREETMAP = "extract"


def travel_lines(travel: Mapping[str, object], language: Language) -> list[str]:
    """The way of travelling, where journeys begin, what is not counted, whose map it is.

    Parameters
    ----------
    travel : as plans keep it: `method`, its settings and `left_out`
    """
    lines = [_method(travel, language), _begin(travel, language)]
    if limit := travel.get("limit_minutes"):
        lines.append(say("travel.limit", language, minutes=number(_value(limit), language)))
    out = [say(f"travel.out_{code}", language) for code in cast(Sequence[str], travel.get("left_out") or ())]
    if out:
        lines.append(say("travel.left_out", language, what=", ".join(out)))
    if FROM_OPENSTREETMAP in travel:
        lines.append(say("travel.openstreetmap", language))
    return lines


def travel_line(travel: Mapping[str, object], language: Language) -> str:
    """The way of travelling in one sentence, with whose map it is."""
    line = _method(travel, language)
    if FROM_OPENSTREETMAP in travel:
        line += f" {say('travel.openstreetmap', language)}"
    return line


def _method(travel: Mapping[str, object], language: Language) -> str:
    method = str(travel.get("method") or STRAIGHT)
    fields: dict[str, object] = {"extract": travel.get("extract", "")}
    if method == STRAIGHT:
        fields |= {
            "detour": number(_value(travel["detour"]), language, digits=1),
            "speed": number(_value(travel["km_per_hour"]), language),
        }
    if method == "bus":
        fields |= {name: number(_value(travel[f"bus_{name}"]), language) for name in ("lines", "stops")}
    return say(f"travel.{method}", language, **fields)


def _begin(travel: Mapping[str, object], language: Language) -> str:
    if homes := travel.get("homes"):
        return say("travel.homes", language, homes=number(_value(homes), language))
    return say("travel.inner", language)


def _value(given: object) -> float:
    return float(str(given))
