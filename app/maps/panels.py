"""Many small maps on one page, to compare topics at a glance."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from app.i18n import Language, say
from app.maps import paint, words
from app.maps.scene import Scene
from app.maps.sheet import new_figure, stamp
from app.views import MapRun, RiskMap
from geo.legend import NO_DATA, YLORRD

ACROSS = 2
WIDE, ROW_HIGH, KEY_HIGH = 7.2, 2.55, 0.4  # inches


def draw_panels(
    maps: Sequence[tuple[RiskMap, pd.DataFrame]], run: MapRun, scene: Scene, *, language: Language
) -> Figure:
    """Small multiples with one legend; each map keeps its own breaks, so colours compare ranks, not values."""
    rows = -(-len(maps) // ACROSS)
    high = rows * ROW_HIGH + KEY_HIGH
    figure = new_figure(WIDE, high)
    for place, (about, found) in enumerate(maps):
        left = (place % ACROSS) / ACROSS
        bottom = (high - (place // ACROSS + 1) * ROW_HIGH) / high
        axes = paint.empty_axes(
            figure, (left + 0.005, bottom, 0.49, ROW_HIGH * 0.9 / high), scene.box, margin=0.01
        )
        paint.classes(axes, scene, found, seams=0.05)
        paint.outline(axes, scene.districts.values(), colour=paint.DISTRICT_LINE, width=0.3)
        axes.set_title(
            words.title(about, language), pad=2, **paint.lettering(fontsize=8.5, fontweight="bold")
        )
    _key(figure, KEY_HIGH / 2 / high, high, language)
    stamp(figure, run, language)
    return figure


def _key(figure: Figure, y: float, high: float, language: Language) -> None:
    """Classes in one line at the foot."""
    entries = [
        (colour, False, words.class_name(place, language)) for place, colour in enumerate(YLORRD, start=1)
    ]
    entries += [
        ("#fde0b6", True, say("map.modelled", language)),
        (NO_DATA, False, say("map.insufficient", language)),
    ]
    x = 0.02
    for colour, hatched, name in entries:
        box = Rectangle((x, y - 0.05 / high), 0.26 / WIDE, 0.12 / high, facecolor=colour, linewidth=0.4)
        box.set_edgecolor(paint.HATCH_INK if hatched else "#7f7f7f")
        if hatched:
            box.set_hatch(paint.HATCH)
            box.set_hatch_linewidth(paint.HATCH_WIDTH)
        figure.add_artist(box)
        figure.text(x + 0.33 / WIDE, y, name, va="center", **paint.lettering(fontsize=7))
        x += (0.33 + 0.072 * len(name) + 0.16) / WIDE
