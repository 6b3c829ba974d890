"""THE door for readers: what is published and nothing else, through the planner's login only.

No neighbourhood's number passes here, because none is in `agg`: a class of five and a reliability, shapes,
places and plans. A function that is not in `__all__` is not for readers. Functions that take a `Reader`
answer in milliseconds at 32,000 areas and are for screens; those that take a `Store` read a run whole.
"""

from app.views.assets import ASSETS_URL, asset_url, vendored
from app.views.certainty import SHADE_SYMBOLS, SHADES
from app.views.change import Comparison, compare
from app.views.examined import WARNING, Sentence, sentences
from app.views.places import District, Place, at, districts, extent, places_of, version, zone_version
from app.views.profile import Profile, ProfileLine, profile
from app.views.published import (
    DISTRICT,
    DISTRICT_MARK,
    HEADLINE_KINDS,
    NEIGHBOURHOOD,
    PART_MARK,
    Contents,
    MapRun,
    Plan,
    RiskMap,
    all_classes,
    areas,
    classes,
    current_run,
    holds,
    maps,
    plan,
    points,
    previous_run,
    read_contents,
    runs,
    zones,
)
from app.views.reader import Reader, open_reader
from app.views.symbols import (
    SYMBOLS,
    certainty_text,
    class_string,
    counts,
    describe,
    shade_counts,
    shade_string,
    shades,
)
from app.views.table import PAGE_ROWS, SORTS, Ask, TablePage, TableRow, page_of, table_page, table_rows
from app.views.tiles import LAYERS, Tile, basemap_tile, names, tile
from app.views.warm import warm

__all__ = [
    "ASSETS_URL",
    "DISTRICT",
    "DISTRICT_MARK",
    "HEADLINE_KINDS",
    "LAYERS",
    "NEIGHBOURHOOD",
    "PAGE_ROWS",
    "PART_MARK",
    "SHADES",
    "SHADE_SYMBOLS",
    "SORTS",
    "SYMBOLS",
    "WARNING",
    "Ask",
    "Comparison",
    "Contents",
    "District",
    "MapRun",
    "Place",
    "Plan",
    "Profile",
    "ProfileLine",
    "Reader",
    "RiskMap",
    "Sentence",
    "TablePage",
    "TableRow",
    "Tile",
    "all_classes",
    "areas",
    "asset_url",
    "at",
    "basemap_tile",
    "certainty_text",
    "class_string",
    "classes",
    "compare",
    "counts",
    "current_run",
    "describe",
    "districts",
    "extent",
    "holds",
    "maps",
    "names",
    "open_reader",
    "page_of",
    "places_of",
    "plan",
    "points",
    "previous_run",
    "profile",
    "read_contents",
    "runs",
    "sentences",
    "shade_counts",
    "shade_string",
    "shades",
    "table_page",
    "table_rows",
    "tile",
    "vendored",
    "version",
    "warm",
    "zone_version",
    "zones",
]
