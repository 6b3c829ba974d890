"""The map itself: what is chosen, drawn; a click on it chooses a neighbourhood."""

from functools import partial

import streamlit as st
from streamlit_folium import st_folium

from app.dashboard import look
from app.dashboard.screens.risk.choice import Choice, resolve
from app.dashboard.screens.risk.state import want, wish
from app.dashboard.session import reader, visitor
from app.maps import CHANGES, CLASSES, Point, Shown, city_map, outside_faded, words
from app.maps.aspects import PALETTES, aspect_labels, drawn
from app.maps.legend import change_labels, class_labels
from app.views import Comparison, at, class_string, extent, page_of, places_of, shade_string

WIDE = 700  # pixels, on a usual screen
WIDGET = "risk_city"
AROUND = 3.0  # an area chosen in the table is shown with so many times its size on each side


def draw(choice: Choice, comparison: Comparison | None) -> None:
    """Draw the map; a click reruns this fragment with the neighbourhood under it."""
    base, group = city_map(reader(), choice.run, shown(choice, comparison), language=visitor().language)
    st_folium(
        base,
        feature_group_to_add=group,
        returned_objects=["last_clicked"],
        key=WIDGET,
        height=look.map_height(extent(reader(), choice.run), wide=WIDE),
        use_container_width=True,
        on_change=_clicked,
    )


def shown(choice: Choice, comparison: Comparison | None) -> Shown:
    """What the map is told."""
    names, palette = reader().gazetteer(choice.run), CLASSES
    symbols, labels = class_string(reader(), choice.run, choice.about.key), class_labels
    if choice.shade:
        symbols = drawn(choice.shade, shade_string(reader(), choice.run, choice.about.key, choice.shade))
        palette, labels = PALETTES[choice.shade], partial(aspect_labels, choice.shade)
    elif comparison is not None and not comparison.why_not:
        symbols, palette, labels = comparison.symbols, CHANGES, change_labels
    if choice.district:
        symbols = outside_faded(symbols, names.inside(choice.district))
    return Shown(
        symbols=symbols,
        palette=palette,
        view=_view(choice),
        chosen=names.place_of.get(choice.code, -1),
        chosen_box=extent(reader(), choice.run, code=choice.code) if choice.code else None,
        with_zones=choice.zones,
        points=[
            Point(kind="centre", name=p.name, lat=p.lat, lon=p.lon) for p in places_of(reader(), "centre")
        ],
        title=words.title(choice.about, visitor().language),
        labels=labels(language=visitor().language),
    )


def _view(choice: Choice) -> tuple[float, float, float, float]:
    box = extent(reader(), choice.run, district=choice.district, code=choice.near)
    if not choice.near:
        return box
    wide, high = (box[2] - box[0]) * AROUND, (box[3] - box[1]) * AROUND
    return box[0] - wide, box[1] - high, box[2] + wide, box[3] + high


def _clicked() -> None:
    """Choose what lies under the click; a click outside the city chooses nothing."""
    spot = (st.session_state.get(WIDGET) or {}).get("last_clicked")
    if spot:
        now = resolve(reader(), wish())
        code = at(reader(), now.run, lon=float(spot["lng"]), lat=float(spot["lat"])) or ""
        page = page_of(reader(), now.run, now.about.key, now.ask, code=code)
        want(code=code, page=now.ask.page if page is None else page)
