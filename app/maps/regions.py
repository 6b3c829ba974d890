"""A plan of centres in the browser: its regions as flat colours, its centres as signs."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from itertools import cycle
from typing import Literal, cast

import folium

from app.i18n import Language, say
from app.maps.browser import CityMap, Degrees, Flow, Point, Shown, city_map
from app.maps.looks import OFF_MAP, Palette
from app.maps.plan import REGION_COLOURS
from app.views import MapRun, Plan, Reader

SYMBOLS = "ABCDEFGHI"  # one a colour: neighbours of one colour are told apart by their signs
NOWHERE = "."
THINNEST, WIDEST = 1.5, 9.0  # pixels of a flow
PALETTE: Palette = {
    NOWHERE: {"fill": OFF_MAP},
    **{symbol: {"fill": colour} for symbol, colour in zip(SYMBOLS, REGION_COLOURS, strict=True)},
}
Centre = Mapping[str, object]


def plan_map(
    reader: Reader, run: MapRun, plan: Plan, *, view: Degrees, language: Language, with_flows: bool = False
) -> tuple[CityMap, folium.FeatureGroup]:
    """Regions and centres of a plan, for `st_folium` as `city_map` says.

    A click on a sign is a click where it stands.

    Parameters
    ----------
    plan : `regions` (code -> key of centre), `new` and `existing` (key, name, lon, lat)
    view : west, south, east, north in degrees
    with_flows : whether lines show from which district people go to which centre
    """
    shown = Shown(
        symbols=region_string(reader, run, plan),
        palette=PALETTE,
        view=view,
        points=plan_points(plan),
        flows=plan_flows(plan) if with_flows else (),
        title=say("map.plan_title", language),
    )
    return city_map(reader, run, shown, language=language)


def region_string(reader: Reader, run: MapRun, plan: Plan) -> str:
    """One character an area in order of place: the colour of its centre, `.` without one."""
    regions, of = cast(Mapping[str, str], plan["regions"]), symbols_of(plan)
    return "".join(of.get(regions.get(code, ""), NOWHERE) for code in reader.gazetteer(run).codes)


def symbols_of(plan: Plan) -> dict[str, str]:
    """Key of each centre -> its symbol; new ones first, as on paper."""
    return {str(c["key"]): symbol for c, symbol in zip(_centres(plan), cycle(SYMBOLS), strict=False)}


def plan_points(plan: Plan) -> list[Point]:
    """Centres of a plan: existing as squares, new ones numbered."""
    new, old = _group(plan, "new"), _group(plan, "existing")
    return [
        *(_point(c, "centre") for c in old),
        *(_point(c, "opened", str(n)) for n, c in enumerate(new, start=1)),
        *(_point(c, "pin") for c in _group(plan, "pins")),
    ]


def plan_flows(plan: Plan) -> list[Flow]:
    """A line from each district to each centre its people go to, as wide as many of them do."""
    given = _group(plan, "flows")
    at = {str(c["key"]): _point(c, "centre") for c in _centres(plan)}
    most = max((float(str(flow["persons"])) for flow in given), default=1.0)
    return [
        Flow(
            lat=round(float(str(flow["lat"])), 4),
            lon=round(float(str(flow["lon"])), 4),
            to_lat=at[str(flow["to"])].lat,
            to_lon=at[str(flow["to"])].lon,
            width=round(THINNEST + (WIDEST - THINNEST) * math.sqrt(float(str(flow["persons"])) / most), 1),
        )
        for flow in given
        if str(flow["to"]) in at
    ]


def region_legend(plan: Plan, *, language: Language) -> str:
    """Colours of the regions as an HTML table; every text is escaped."""
    new, of = {str(c["key"]) for c in _group(plan, "new")}, symbols_of(plan)
    rows = "".join(
        f"<tr><td><span class='mh-swatch' style='background:{_colour(of, c)}'></span></td>"
        f"<td>{f'{place}. ' if str(c['key']) in new else ''}{escape(str(c['name']))}</td></tr>"
        for place, c in enumerate(_centres(plan), start=1)
    )
    head = f"<thead><tr><th scope='col' colspan='2'>{escape(say('map.regions', language))}</th></tr></thead>"
    return f"<table class='mh-legend'>{head}<tbody>{rows}</tbody></table>"


def _centres(plan: Plan) -> Sequence[Centre]:
    return [*_group(plan, "new"), *_group(plan, "existing")]


def _group(plan: Plan, name: str) -> Sequence[Centre]:
    return cast(Sequence[Centre], plan.get(name, ()))


def _point(centre: Centre, kind: Literal["centre", "opened", "pin"], mark: str = "") -> Point:
    lat, lon = float(str(centre["lat"])), float(str(centre["lon"]))
    return Point(kind=kind, name=str(centre["name"]), lat=round(lat, 5), lon=round(lon, 5), mark=mark)


def _colour(of: Mapping[str, str], centre: Centre) -> str:
    return PALETTE[of[str(centre["key"])]]["fill"]
