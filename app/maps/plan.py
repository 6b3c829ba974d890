"""The plan on the map: which centre answers for which neighbourhood."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from app.i18n import Language, say
from app.maps import key, paint
from app.maps.scene import Scene
from app.maps.sheet import (
    COLUMN_PLACE,
    HIGH,
    MAP_PLACE,
    WIDE,
    foot,
    head,
    inset,
    new_figure,
    open_column,
    paint_city,
    stamp,
)
from app.views import MapRun, Plan
from app.words.journeys import travel_line

# Paul Tol's light scheme, safe for colour-blind readers; neighbours are told apart by outline and number too
REGION_COLOURS = (
    "#bbcc33",
    "#77aadd",
    "#ee8866",
    "#eedd88",
    "#ffaabb",
    "#99ddff",
    "#44bb99",
    "#aaaa00",
    "#dddddd",
)
LONGEST_NAME = 34


def draw_plan(plan: Plan, run: MapRun, scene: Scene, *, language: Language) -> Figure:
    """Regions of existing and recommended centres; `scene.opened` numbers the new ones."""
    figure = new_figure(WIDE, HIGH)
    line = say("map.plan_line", language, title=run.title)
    head(figure, say("map.plan_title", language), line, run, language)
    axes = paint.empty_axes(figure, MAP_PLACE, scene.box)
    _regions(axes, plan, scene)
    paint_city(axes, scene, language)
    inset(figure, axes, scene, lambda inner: _regions(inner, plan, scene), language)
    column = open_column(figure, COLUMN_PLACE, language)
    column.heading(say("map.regions", language))
    for (_, name), colour in zip(_centres(plan), cycle(REGION_COLOURS), strict=False):
        column.swatch(colour)
        column.line(name)
    key.places(column, scene)
    foot(figure, [travel_line(cast(Mapping[str, object], plan["travel"]), language)], scene, language)
    stamp(figure, run, language)
    return figure


def _regions(axes: Axes, plan: Plan, scene: Scene) -> None:
    regions = cast(Mapping[str, str], plan["regions"])
    of = np.array([regions.get(code, "") for code in scene.codes], dtype=object)
    for (centre, _), colour in zip(_centres(plan), cycle(REGION_COLOURS), strict=False):
        paint.fill(axes, scene.shapes[of == centre], colour)
    paint.outline(axes, scene.shapes, colour=paint.LINE, width=0.12)


def _centres(plan: Plan) -> list[tuple[str, str]]:
    """Key and name of each centre, new ones first and numbered."""
    new = cast(Sequence[Mapping[str, object]], plan["new"])
    old = cast(Sequence[Mapping[str, object]], plan["existing"])
    numbered = [(str(c["key"]), f"{place}. {_short(c)}") for place, c in enumerate(new, start=1)]
    return numbered + [(str(c["key"]), _short(c)) for c in old]


def _short(centre: Mapping[str, object]) -> str:
    name = str(centre["name"])
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
