"""Brushes: areas by class, outlines, places, names, scale bar, watermark. Each adds to one axes."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.patheffects import withStroke

from app.i18n import Language, number
from app.maps.scene import Box, Scene, as_path
from geo.legend import NO_DATA, YLORRD

FONT = "DejaVu Sans"
INK, QUIET, LINE = "#1a1a1a", "#5a5a5a", "#ffffff"
DISTRICT_LINE, ZONE_LINE, BLUE = "#4d4d4d", "#08306b", "#08519c"
HATCH, HATCH_INK, HATCH_WIDTH = "//////", "#3a3a3a", 0.35
WARNING = "#a50f15"
DISTRICT_MARK = "@"
STAR, SQUARE, DOT = "*", "s", "o"


def empty_axes(
    figure: Figure, place: tuple[float, float, float, float], box: Box, *, margin: float = 0.02
) -> Axes:
    """Axes without frame whose view is `box`, in true proportion."""
    axes = figure.add_axes(place)
    axes.set_axis_off()
    axes.set_aspect("equal", adjustable="box")
    pad = margin * max(box[2] - box[0], box[3] - box[1])
    axes.set_xlim(box[0] - pad, box[2] + pad)
    axes.set_ylim(box[1] - pad, box[3] + pad)
    return axes


def lettering(**more: object) -> dict[str, object]:
    """Keywords of a text: the one font, ink unless told otherwise."""
    return {"fontfamily": FONT, "color": INK} | more


def classes(axes: Axes, scene: Scene, found: pd.DataFrame, *, seams: float = 0.15) -> None:
    """Areas by class: plain, hatched where modelled, grey where the data do not suffice."""
    by_area = _spread(scene, found)
    known = by_area["risk_class"].notna()
    for place, colour in enumerate(YLORRD, start=1):
        mine = (known & (by_area["risk_class"] == place)).to_numpy(dtype=bool)
        modelled = mine & (by_area["shown"] == "modelled").to_numpy(dtype=bool)
        _fill(axes, scene.shapes[mine & ~modelled], colour)
        _fill(axes, scene.shapes[modelled], colour, hatched=True)
    _fill(axes, scene.shapes[~known.to_numpy(dtype=bool)], NO_DATA)
    outline(axes, scene.shapes, colour=LINE, width=seams)


def _spread(scene: Scene, found: pd.DataFrame) -> pd.DataFrame:
    """Rows in order of the scene's areas; a district's row stands for each of its areas."""
    by_code = found.set_index("code")[["risk_class", "shown"]]
    keys = scene.codes
    if len(by_code) and by_code.index[0].startswith(DISTRICT_MARK):
        keys = pd.Index(DISTRICT_MARK + scene.areas["district"])
    return by_code.reindex(keys).reset_index(drop=True)


def _fill(axes: Axes, shapes: npt.NDArray[np.object_], colour: str, *, hatched: bool = False) -> None:
    if not len(shapes):
        return
    patch = PathPatch(
        as_path(shapes), facecolor=colour, edgecolor=HATCH_INK if hatched else "none", linewidth=0
    )
    if hatched:
        patch.set_hatch(HATCH)
        patch.set_hatch_linewidth(HATCH_WIDTH)
    axes.add_patch(patch)


def fill(axes: Axes, shapes: npt.NDArray[np.object_], colour: str) -> None:
    """One flat colour over shapes."""
    _fill(axes, shapes, colour)


def outline(
    axes: Axes, shapes: Iterable[shapely.Geometry], *, colour: str, width: float, style: str = "-"
) -> None:
    """Edges of shapes."""
    given = list(shapes)
    if given:
        axes.add_patch(
            PathPatch(as_path(given), facecolor="none", edgecolor=colour, linewidth=width, linestyle=style)
        )


def places(axes: Axes, scene: Scene, *, size: float = 1.0) -> None:
    """Candidate sites small, centres as squares, opened sites as numbered stars."""
    if scene.points is None or scene.points.empty:
        return
    at = shapely.get_coordinates(scene.points.geometry.to_numpy())
    kind, key = scene.points["kind"].to_numpy(), scene.points["key"]
    is_open = key.isin(scene.opened).to_numpy() & (kind == "site")
    _mark(axes, at[(kind == "site") & ~is_open], DOT, 9 * size, face="#ffffff", edge=BLUE, width=0.6)
    _mark(axes, at[kind == "centre"], SQUARE, 42 * size, face=BLUE, edge="#ffffff", width=0.9)
    _mark(axes, at[is_open], STAR, 190 * size, face=BLUE, edge="#ffffff", width=0.9)
    order = {name: place for place, name in enumerate(scene.opened, start=1)}
    for (x, y), name in zip(at[is_open], key[is_open], strict=True):
        _tag(axes, (float(x), float(y)), str(order[str(name)]), size)


def _mark(axes: Axes, at: npt.NDArray[np.float64], marker: str, size: float, **colours: object) -> None:
    look = {"facecolor": colours["face"], "edgecolor": colours["edge"], "linewidth": colours["width"]}
    axes.scatter(at[:, 0], at[:, 1], s=size, marker=marker, zorder=6, **look)


def _tag(axes: Axes, at: tuple[float, float], words: str, size: float) -> None:
    axes.annotate(
        words,
        at,
        xytext=(6 * size, 5 * size),
        textcoords="offset points",
        zorder=7,
        path_effects=[withStroke(linewidth=2.2, foreground="white")],
        **lettering(fontsize=9 * size, fontweight="bold", color=BLUE),
    )


def names(axes: Axes, shapes: Mapping[str, shapely.Geometry], *, size: float = 6.5) -> None:
    """Names inside shapes, the largest first; one that would touch another or leave the view is left out."""
    figure = axes.get_figure()
    assert figure is not None
    draw = figure.canvas.get_renderer()
    view, taken = axes.get_window_extent(draw), []
    for name, shape in sorted(shapes.items(), key=lambda item: -item[1].area):
        spot = (
            shape.representative_point()
            if shape.geom_type == "Polygon"
            else _biggest(shape).representative_point()
        )
        text = axes.text(
            spot.x,
            spot.y,
            name,
            ha="center",
            va="center",
            zorder=8,
            clip_on=True,
            path_effects=[withStroke(linewidth=1.8, foreground="white", alpha=0.85)],
            **lettering(fontsize=size),
        )
        space = text.get_window_extent(draw)
        inside = view.x0 <= space.x0 and space.x1 <= view.x1 and view.y0 <= space.y0 and space.y1 <= view.y1
        if not inside or any(space.overlaps(other) for other in taken):
            text.remove()
        else:
            taken.append(space)


def _biggest(shape: shapely.Geometry) -> shapely.Geometry:
    return max(shapely.get_parts(shape), key=lambda part: part.area)


def scale_bar(axes: Axes, scene: Scene, language: Language) -> None:
    """A bar of a round number of kilometres, in the lower left of the view."""
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    km = _round_km((east - west) * scene.metres_per_unit / 1000 * 0.22)
    long = km * 1000 / scene.metres_per_unit
    x, y = west + 0.015 * (east - west), south + 0.02 * (north - south)
    high = 0.008 * (north - south)
    for part, colour in enumerate((INK, "#ffffff")):
        axes.add_patch(
            Rectangle(
                (x + part * long / 2, y),
                long / 2,
                high,
                facecolor=colour,
                edgecolor=INK,
                linewidth=0.6,
                zorder=9,
            )
        )
    for share in (0.0, 0.5, 1.0):
        value = number(km * share, language, digits=0 if km * share == int(km * share) else 1)
        words = f"{value} km" if share == 1 else value
        axes.text(
            x + share * long, y + 1.6 * high, words, ha="center", va="bottom", **lettering(fontsize=6.5)
        )


def _round_km(longest: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not longer."""
    power = 10.0 ** np.floor(np.log10(longest))
    return float(power * max(step for step in (1, 2, 5) if step * power <= longest))


def watermark(figure: Figure, words: str, *, at: tuple[float, float], size: float) -> None:
    """Large pale words across the map, so that a cut-out of it still says what it is."""
    figure.text(
        *at,
        words,
        ha="center",
        va="center",
        rotation=28,
        zorder=20,
        alpha=0.10,
        **lettering(fontsize=size, fontweight="bold"),
    )
