"""Brushes: areas by class, outlines, places, names, scale bar, watermark. Each adds to one axes."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, Bbox

from app.i18n import Language, number
from app.maps.looks import CHANGES
from app.maps.scene import Box, Scene, as_path
from geo.legend import NO_DATA, YLORRD

FONT = "DejaVu Sans"
POINTS_PER_INCH = 72
INK, QUIET, LINE = "#1a1a1a", "#5a5a5a", "#ffffff"
DISTRICT_LINE, ZONE_LINE, BLUE = "#4d4d4d", "#08306b", "#08519c"
HATCH, HATCH_INK, HATCH_LIGHT, HATCH_WIDTH = "/" * 7, "#3a3a3a", "#ffffff", 0.45
DARK = YLORRD[3:]  # classes on which dark hatching would not be seen
WARNING = "#a50f15"
CHANGE_MARKS, CHANGE_LINE = "+=-.", "#bdbdbd"
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
    axes.apply_aspect()  # so that sizes in pixels are known before the first drawing
    return axes


def lettering(**more: object) -> dict[str, Any]:  # matplotlib types each keyword apart
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


def change(axes: Axes, scene: Scene, marks: pd.Series, *, seams: float = 0.15) -> None:
    """Areas by what moved between two runs: symbols of `app.views.compare` by code."""
    by_area = marks.reindex(scene.codes).to_numpy()
    for mark in CHANGE_MARKS:
        _fill(axes, scene.shapes[by_area == mark], CHANGES[mark]["fill"])
    outline(axes, scene.shapes, colour=CHANGE_LINE, width=seams)


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
    lines = HATCH_LIGHT if colour in DARK else HATCH_INK
    patch = PathPatch(as_path(shapes), facecolor=colour, edgecolor=lines if hatched else "none", linewidth=0)
    if hatched:
        patch.set_hatch(HATCH)
        patch.set_hatch_linewidth(HATCH_WIDTH)
    axes.add_artist(patch)


def fill(axes: Axes, shapes: npt.NDArray[np.object_], colour: str) -> None:
    """One flat colour over shapes."""
    _fill(axes, shapes, colour)


def outline(
    axes: Axes, shapes: Iterable[shapely.Geometry], *, colour: str, width: float, style: str = "-"
) -> None:
    """Edges of shapes."""
    given = list(shapes)
    if given:
        axes.add_artist(
            PathPatch(as_path(given), facecolor="none", edgecolor=colour, linewidth=width, linestyle=style)
        )


def places(axes: Axes, scene: Scene, *, untagged: Box | None = None) -> None:
    """Candidate sites small, centres as squares, opened sites as stars, numbered outside `untagged`."""
    if scene.points is None or scene.points.empty:
        return
    at = shapely.get_coordinates(scene.points.geometry.to_numpy())
    kind, key = scene.points["kind"].to_numpy(), scene.points["key"]
    is_open = key.isin(scene.opened).to_numpy() & (kind == "site")
    _mark(axes, at[(kind == "site") & ~is_open], DOT, 9, face="#ffffff", edge=BLUE, width=0.6)
    _mark(axes, at[kind == "centre"], SQUARE, 42, face=BLUE, edge="#ffffff", width=0.9)
    _mark(axes, at[is_open], STAR, 190, face=BLUE, edge="#ffffff", width=0.9)
    for place, name in enumerate(scene.opened, start=1):
        spot = at[is_open & (key == name).to_numpy()]
        if len(spot) and not (untagged and _inside(spot[0], untagged)):
            _tag(axes, spot[0], str(place))


def _inside(spot: npt.NDArray[np.float64], box: Box) -> bool:
    return bool(box[0] <= spot[0] <= box[2] and box[1] <= spot[1] <= box[3])


def _mark(
    axes: Axes, at: npt.NDArray[np.float64], marker: str, size: float, *, face: str, edge: str, width: float
) -> None:
    look: dict[str, Any] = {"facecolor": face, "edgecolor": edge, "linewidth": width}
    axes.scatter(at[:, 0], at[:, 1], s=size, marker=marker, zorder=6, **look)


def _tag(axes: Axes, at: npt.NDArray[np.float64], words: str) -> None:
    halo = [withStroke(linewidth=2.2, foreground="white")]
    look = lettering(fontsize=9, fontweight="bold", color=BLUE)
    axes.annotate(
        words,
        (float(at[0]), float(at[1])),
        xytext=(6, 5),
        textcoords="offset points",
        zorder=9,
        path_effects=halo,
        **look,
    )


def names(
    axes: Axes, shapes: Mapping[str, shapely.Geometry], *, size: float = 6.5, apart: Box | None = None
) -> None:
    """Names inside shapes, the largest first, none inside `apart`.

    One that would touch another or leave the view is left out.
    """
    frame, taken = axes.get_window_extent(), [text.get_window_extent() for text in axes.texts]
    for name, shape in sorted(shapes.items(), key=lambda item: -float(shapely.area(item[1]))):
        spot = shapely.get_coordinates(shapely.point_on_surface(_biggest(shape)))[0]
        if not (apart and _inside(spot, apart)):
            taken += _name(axes, spot, name, size=size, frame=frame, taken=taken)


def _name(
    axes: Axes, at: npt.NDArray[np.float64], words: str, *, size: float, frame: Bbox, taken: list[Bbox]
) -> list[Bbox]:
    """Write at the first free height, or not at all; the space it took."""
    for shift in (0.0, 1.5 * size, -1.5 * size):
        text = _write(axes, at, words, size=size, shift=shift)
        space = text.get_window_extent()
        if _contains(frame, space) and not any(space.overlaps(other) for other in taken):
            return [space]
        text.remove()
    return []


def _write(axes: Axes, at: npt.NDArray[np.float64], words: str, *, size: float, shift: float = 0.0) -> Text:
    halo = [withStroke(linewidth=1.8, foreground="white", alpha=0.85)]
    look = lettering(fontsize=size, ha="center", va="center", zorder=8, path_effects=halo)
    spot = (float(at[0]), float(at[1]))
    return axes.annotate(words, spot, xytext=(0, shift), textcoords="offset points", **look)


def _contains(frame: Bbox, space: Bbox) -> bool:
    return bool(
        frame.x0 <= space.x0 and space.x1 <= frame.x1 and frame.y0 <= space.y0 and space.y1 <= frame.y1
    )


def _biggest(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    widest: shapely.Geometry = parts[int(np.argmax(shapely.area(parts)))]
    return widest


def scale_bar(axes: Axes, scene: Scene, language: Language) -> None:
    """A bar of a round number of kilometres, below the view on the left."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    km = _round_km((east - west) * scene.metres_per_unit / 1000 * 0.22)
    half, high = km * 500 / scene.metres_per_unit, 0.008 * (north - south)
    x, y = west + 0.015 * (east - west), south - 3 * high
    for part, colour in enumerate((INK, "#ffffff")):
        box = Rectangle((x + part * half, y), half, high, facecolor=colour, edgecolor=INK, linewidth=0.6)
        box.set(zorder=9, clip_on=False)
        axes.add_artist(box)
    for part in range(3):
        value = number(km * part / 2, language, digits=0 if km * part % 2 == 0 else 1)
        words = f"{value} km" if part == 2 else value
        look = lettering(fontsize=6.5, ha="center", va="bottom")
        axes.text(x + part * half, y + 1.6 * high, words, **look)


def _round_km(longest: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not longer."""
    power = 10.0 ** np.floor(np.log10(longest))
    return float(power * max(step for step in (1, 2, 5) if step * power <= longest))


def watermark(figure: Figure, words: str, *, at: tuple[float, float], size: float) -> None:
    """Large hollow words across the map: a cut-out of it still says what it is, and no colour is changed."""
    font = FontProperties(family=FONT, weight="bold")
    letters = TextPath((0, 0), words, size=size, prop=font)
    middle = letters.get_extents().get_points().mean(axis=0)
    wide, high = figure.get_size_inches()
    turned = Affine2D().translate(*-middle).rotate_deg(28).scale(1 / POINTS_PER_INCH)
    where = turned.translate(at[0] * wide, at[1] * high)
    patch = PathPatch(letters, facecolor="none", edgecolor=INK, alpha=0.5, linewidth=max(size / 90, 0.4))
    patch.set(transform=where + figure.dpi_scale_trans, zorder=20)
    figure.add_artist(patch)
