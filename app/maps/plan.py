"""The plan on the map: which centre answers for which neighbourhood."""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from matplotlib.figure import Figure

from app.i18n import Language, say
from app.maps import key, paint
from app.maps.scene import Scene
from app.maps.sheet import COLUMN_PLACE, HIGH, MAP_PLACE, WIDE, foot, head, new_figure, open_column, stamp
from app.views import MapRun, Plan

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


def draw_plan(plan: Plan, run: MapRun, scene: Scene, *, language: Language) -> Figure:
    """Regions of existing and recommended centres; `scene.opened` numbers the new ones."""
    figure = new_figure(WIDE, HIGH)
    head(
        figure,
        say("map.plan_title", language),
        say("map.plan_line", language, title=run.title),
        run,
        language,
    )
    axes = paint.empty_axes(figure, MAP_PLACE, scene.box)
    regions = cast(Mapping[str, str], plan["regions"])
    of = np.array([regions.get(code, "") for code in scene.codes], dtype=object)
    column = open_column(figure, COLUMN_PLACE, language)
    column.heading(say("map.regions", language))
    for place, (centre, name) in enumerate(_centres(plan)):
        colour = REGION_COLOURS[place % len(REGION_COLOURS)]
        paint.fill(axes, scene.shapes[of == centre], colour)
        column.swatch(colour)
        column.line(name)
    _finish(figure, axes, scene, language)
    key.places(column, scene)
    foot(figure, [_travel(plan, language)], scene, language)
    stamp(figure, run, language)
    return figure


def _centres(plan: Plan) -> list[tuple[str, str]]:
    """Key and name of each centre, new ones first and numbered."""
    new = cast(Sequence[Mapping[str, object]], plan["new"])
    old = cast(Sequence[Mapping[str, object]], plan["existing"])
    numbered = [(str(c["key"]), f"{place}. {_short(c)}") for place, c in enumerate(new, start=1)]
    return numbered + [(str(c["key"]), _short(c)) for c in old]


def _short(centre: Mapping[str, object]) -> str:
    name = str(centre["name"])
    return name if len(name) <= 34 else name[:33] + "…"


def _finish(figure: Figure, axes: paint.Axes, scene: Scene, language: Language) -> None:
    paint.outline(axes, scene.shapes, colour=paint.LINE, width=0.12)
    paint.outline(axes, scene.districts.values(), colour=paint.DISTRICT_LINE, width=0.55)
    paint.places(axes, scene)
    paint.names(axes, scene.districts)
    paint.scale_bar(axes, scene, language)


def _travel(plan: Plan, language: Language) -> str:
    travel = cast(Mapping[str, object], plan["travel"])
    return say("map.travel", language, detour=travel.get("detour"), speed=travel.get("km_per_hour"))
