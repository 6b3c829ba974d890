"""The map in the browser: a constant folium map, and one feature group with everything that varies.

The constant part must be equal on every run of a screen, or streamlit-folium builds its frame anew. What
varies is one JSON text, read by `mahalle-map.js`: addresses of tiles, a character an area, colours, places.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

import folium
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

from app.i18n import Language, say
from app.maps.looks import Palette
from app.views import MapRun, Reader, asset_url, version, zone_version

SCRIPTS = ("leaflet.js", "leaflet.vectorgrid.js", "mahalle-map.js")
STYLES = ("leaflet.css", "mahalle-map.css")
TILES_URL = "/tiles"
BASEMAP_URL = f"{TILES_URL}/basemap/{{z}}/{{x}}/{{y}}"
MANY_AREAS, BORDERS_FROM_ZOOM, BORDERS_FROM_ZOOM_MANY = 5_000, 7, 10
Degrees = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A centre, a candidate site, an opened or tried one; degrees, WGS84. `mark` stands on an opened one."""

    kind: Literal["centre", "site", "opened", "pin"]
    name: str
    lat: float
    lon: float
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """People who go from a part of the city to a centre; degrees, WGS84; `width` in pixels."""

    lat: float
    lon: float
    to_lat: float
    to_lon: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a city map shows.

    Attributes
    ----------
    symbols : one character an area in order of place, a key of `palette`
    view : west, south, east, north in degrees; the map moves there only when it changes
    chosen : place of the highlighted area, -1 for none
    chosen_box : its west, south, east, north in degrees: where it is small, a ring is drawn round it
    labels : words of a symbol, said after the name of the area under the pointer
    """

    symbols: str
    palette: Palette
    view: Degrees
    chosen: int = -1
    chosen_box: Degrees | None = None
    with_zones: bool = False
    points: Sequence[Point] = field(default=())
    flows: Sequence[Flow] = field(default=())
    title: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


class CityMap(folium.Map):
    """A folium map with our own Leaflet and nothing else: no other host, no jQuery, no icons.

    Unlike folium's it lets a page be enlarged (WCAG 1.4.4).
    """

    _template = Template(
        "{% macro header(this, kwargs) %}"
        "<style>#{{ this.get_name() }} { position: relative; width: 100%; height: 100%; }</style>"
        "{% endmacro %}"
        "{% macro html(this, kwargs) %}"
        '<div class="folium-map" id="{{ this.get_name() }}" ></div>'
        "{% endmacro %}"
        "{% macro script(this, kwargs) %}"
        'var {{ this.get_name() }} = L.map("{{ this.get_name() }}",'
        " {center: {{ this.location|tojson }}, ...{{ this.options|tojavascript }} });"
        "{% endmacro %}"
    )

    default_js = [(name, asset_url(name)) for name in SCRIPTS]  # noqa: RUF012 folium reads it as written
    default_css = [(name, asset_url(name)) for name in STYLES]  # noqa: RUF012


class Drawing(JSCSSMixin, MacroElement):
    """Calls the map's script with what varies; JSON only, in which no `<` is left."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "mahalleMap.show({{ this._parent._parent.get_name() }}, {{ this.spec }});"
        "{% endmacro %}"
    )

    def __init__(self, spec: Mapping[str, object]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Drawing"
        self.spec = as_script(spec)


def as_script(spec: Mapping[str, object]) -> str:
    r"""JSON that is the same data wherever a browser reads it: in a script, in a page, through eval.

    >>> print(as_script({"name": "</script>"}))
    {"name":"\u003c/script\u003e"}
    """
    plain = json.dumps(spec, separators=(",", ":"))
    return plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def city_map(
    reader: Reader, run: MapRun, shown: Shown, *, language: Language
) -> tuple[CityMap, folium.FeatureGroup]:
    """A map for `st_folium(base, feature_group_to_add=group, returned_objects=["last_clicked"], ...)`.

    Parameters
    ----------
    run : its boundaries and zones are drawn
    shown : what varies

    Returns
    -------
    The base, equal on every call, and the group that draws. Make both anew on each run: streamlit-folium
    changes them.
    """
    base = CityMap(
        location=(39.0, 35.0), zoom_start=6, tiles=None, zoom_control=False, max_zoom=17, zoom_snap=0.25
    )
    group = folium.FeatureGroup(name="mahalle")
    Drawing(spec_of(reader, run, shown, language=language)).add_to(group)
    return base, group


def spec_of(reader: Reader, run: MapRun, shown: Shown, *, language: Language) -> dict[str, object]:
    """What the script is told; no name of an area, no number of one."""
    shapes, zones = version(reader, run), zone_version(run)
    spec: dict[str, object] = {
        "areas": _tiles("areas", shapes),
        "districts": _tiles("districts", shapes),
        "zones": _tiles("zones", zones) if shown.with_zones else "",
        "names": f"{TILES_URL}/names/{shapes}.json",
        "labels": {symbol: text for symbol, text in sorted(shown.labels.items()) if symbol in shown.symbols},
        "basemap": _basemap(reader),
        "classes": shown.symbols,
        "palette": {
            symbol: shown.palette[symbol] for symbol in sorted(set(shown.symbols) & set(shown.palette))
        },
        "chosen": shown.chosen,
        "points": [asdict(point) for point in shown.points],
        "flows": [asdict(flow) for flow in shown.flows],
        "chosen_box": _corners(shown.chosen_box) if shown.chosen_box else None,
        "view": _corners(shown.view),
        "borders_from": BORDERS_FROM_ZOOM_MANY if len(shown.symbols) > MANY_AREAS else BORDERS_FROM_ZOOM,
        "words": _words(shown.title, language),
    }
    return spec | {"stamp": hashlib.sha256(as_script(spec).encode()).hexdigest()[:12]}


def _corners(box: Degrees) -> list[list[float]]:
    """South-west and north-east as Leaflet wants them."""
    west, south, east, north = box
    return [[round(south, 5), round(west, 5)], [round(north, 5), round(east, 5)]]


def _tiles(layer: str, of: str) -> str:
    return f"{TILES_URL}/{layer}/{of}/{{z}}/{{x}}/{{y}}.pbf"


def _basemap(reader: Reader) -> str:
    settings = reader.settings
    return BASEMAP_URL if settings.basemap_file else settings.basemap_url


def _words(title: str, language: Language) -> dict[str, str]:
    return {
        "language": language,
        "title": title or say("risk.map_title", language),
        "zoom_in": say("risk.zoom_in", language),
        "zoom_out": say("risk.zoom_out", language),
        "credit": say("risk.credit", language),
    }
