"""Many small maps on one page, to compare topics at a glance."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from app.i18n import Language, say
from app.maps import paint, words
from app.maps.scene import Scene
from app.maps.sheet import new_figure
from app.views import MapRun, RiskMap
from geo.legend import NO_DATA, YLORRD

ACROSS = 2
COVER_HIGHEST = 5.0  # inches
WIDE, TITLE_HIGH, KEY_HIGH = 7.2, 0.34, 0.4  # inches
CELL_WIDE, LOWEST, HIGHEST = 0.485 * WIDE, 1.2, 3.4


def draw_panels(
    maps: Sequence[tuple[RiskMap, pd.DataFrame]], run: MapRun, scene: Scene, *, language: Language
) -> Figure:
    """Small multiples with one legend; each map keeps its own breaks: colours compare ranks, not values."""
    cell = min(max(CELL_WIDE * _steepness(scene), LOWEST), HIGHEST)
    rows = -(-len(maps) // ACROSS)
    high = rows * (cell + TITLE_HIGH) + KEY_HIGH
    figure = new_figure(WIDE, high)
    for place, (about, found) in enumerate(maps):
        left = (place % ACROSS) / ACROSS + 0.007
        bottom = (high - (place // ACROSS + 1) * (cell + TITLE_HIGH)) / high
        axes = paint.empty_axes(figure, (left, bottom, CELL_WIDE / WIDE, cell / high), scene.box, margin=0.01)
        _panel(axes, scene, found, words.title(about, language))
        if run.is_simulation:
            spot = (left + CELL_WIDE / WIDE / 2, bottom + cell / high / 2)
            paint.watermark(figure, say("map.watermark", language), at=spot, size=26)
    _key(figure, KEY_HIGH / 2 / high, high, language)
    return figure


def _steepness(scene: Scene) -> float:
    west, south, east, north = scene.box
    return (north - south) / (east - west)


def _panel(axes: Axes, scene: Scene, found: pd.DataFrame, title: str) -> None:
    paint.classes(axes, scene, found, seams=0.05)
    paint.outline(axes, scene.districts.values(), colour=paint.DISTRICT_LINE, width=0.3)
    look = paint.lettering(fontsize=8.5, fontweight="bold")
    axes.text(0.5, 1.01, title, transform=axes.transAxes, ha="center", va="bottom", **look)


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
        figure.text(x + 0.33 / WIDE, y, name, va="center", **paint.lettering(fontsize=6.5))
        x += (0.33 + 0.056 * len(name) + 0.14) / WIDE


def draw_cover(scene: Scene, found: pd.DataFrame) -> Figure:
    """The map alone, without a word, for a cover."""
    figure = new_figure(WIDE, min(WIDE * _steepness(scene), COVER_HIGHEST))
    axes = paint.empty_axes(figure, (0, 0, 1, 1), scene.box, margin=0.01)
    paint.classes(axes, scene, found, seams=0.1)
    paint.outline(axes, scene.districts.values(), colour=paint.DISTRICT_LINE, width=0.4)
    return figure
