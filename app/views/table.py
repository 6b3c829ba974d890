"""The table beside the map: one page of areas, sorted and searched here, never in the browser."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.views.gazetteer import Gazetteer
from app.views.layer import SHOWN, Layer
from app.views.published import MapRun
from app.views.reader import Reader

PAGE_ROWS = 100
SORTS = ("class", "neighbourhood", "district", "reliability")
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What of a map's table is wanted.

    Attributes
    ----------
    district : its name, empty for all
    search : words of a name, district or code, with or without Turkish letters
    sort : one of `SORTS`; areas without a class come last either way
    page : 0 is the first
    """

    district: str = ""
    search: str = ""
    sort: str = "class"
    descending: bool = True
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One area of a map; no number of it."""

    place: int
    code: str
    neighbourhood: str
    district: str
    risk_class: int | None
    reliability: str
    shown: str
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePage:
    """At most `PAGE_ROWS` rows of `total`."""

    rows: tuple[TableRow, ...]
    total: int
    page: int
    pages: int


def table_page(reader: Reader, run: MapRun, key: str, ask: Ask) -> TablePage:
    """One page of a map's areas; the last page if there are fewer.

    Raises
    ------
    RefusedError
        If the run has no such map.
    ValueError
        If `ask.sort` is not one of `SORTS`.
    """
    names, layer = reader.gazetteer(run), reader.layer(run, key)
    found = _sorted(names, layer, ask)
    pages = max(1, -(-len(found) // PAGE_ROWS))
    page = min(max(ask.page, 0), pages - 1)
    rows = _rows(names, layer, found[page * PAGE_ROWS : (page + 1) * PAGE_ROWS])
    return TablePage(rows=rows, total=len(found), page=page, pages=pages)


def table_rows(reader: Reader, run: MapRun, key: str, ask: Ask) -> Sequence[TableRow]:
    """Every row that `ask` finds, for a file."""
    names, layer = reader.gazetteer(run), reader.layer(run, key)
    return _rows(names, layer, _sorted(names, layer, ask))


def page_of(reader: Reader, run: MapRun, key: str, ask: Ask, *, code: str) -> int | None:
    """The page that shows an area; None if what is asked for leaves it out."""
    names = reader.gazetteer(run)
    at = np.flatnonzero(_sorted(names, reader.layer(run, key), ask) == names.place_of.get(code, -1))
    return int(at[0]) // PAGE_ROWS if len(at) else None


def _sorted(names: Gazetteer, layer: Layer, ask: Ask) -> Places:
    """Places found, in order: by the column asked for, then district and name."""
    keep = names.find(ask.search) if ask.search.strip() else np.ones(len(names.codes), dtype=np.bool_)
    if ask.district:
        keep &= names.inside(ask.district)
    places = np.flatnonzero(keep)
    first = _column(names, layer, ask.sort)[places]
    order = np.lexsort(
        (names.name_rank[places], names.district_rank[places], -first if ask.descending else first)
    )
    in_order = places[order]
    if ask.sort not in {"class", "reliability"}:
        return in_order
    empty = layer.level[in_order] == 0
    return np.concatenate([in_order[~empty], in_order[empty]])


def _column(names: Gazetteer, layer: Layer, sort: str) -> npt.NDArray[np.int32]:
    columns: dict[str, npt.NDArray[np.integer]] = {
        "class": layer.level,
        "neighbourhood": names.name_rank,
        "district": names.district_rank,
        "reliability": layer.grade,
    }
    if sort not in columns:
        raise ValueError(f"sort must be one of {', '.join(SORTS)}; got {sort!r}")
    return columns[sort].astype(np.int32)


def _rows(names: Gazetteer, layer: Layer, places: Places) -> tuple[TableRow, ...]:
    return tuple(_row(names, layer, int(place)) for place in places)


def _row(names: Gazetteer, layer: Layer, place: int) -> TableRow:
    return TableRow(
        place=place,
        code=names.codes[place],
        neighbourhood=names.names[place],
        district=names.districts[place],
        risk_class=int(layer.level[place]) or None,
        reliability=chr(layer.grade[place]).strip("."),
        shown=SHOWN[int(layer.how[place])],
        base=layer.base_text(place),
    )
