"""One map on one landscape page, complete enough to be cut out and still be understood."""

import io
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from app.i18n import Language, say
from app.maps import key, paint, words
from app.maps.scene import Scene
from app.views import Comparison, MapRun, RiskMap

WIDE, HIGH = 11.69, 8.27  # inches: A4, landscape
PRINT_DPI = 200
MAP_PLACE = (0.025, 0.145, 0.705, 0.745)
COLUMN_PLACE = (0.745, 0.40, 0.235, 0.49)
INSET_PLACE = (0.745, 0.125, 0.235, 0.28)
NOTE_WIDTH = 205  # characters a line of the foot


def draw(
    about: RiskMap,
    run: MapRun,
    scene: Scene,
    found: pd.DataFrame,
    *,
    language: Language,
    district: str = "",
) -> Figure:
    """Paint one map.

    Parameters
    ----------
    about, run : what is drawn and which run it belongs to
    scene : shapes and places, EPSG:3857
    found : code, risk_class 1..5 or missing, shown; a code that begins with @ is a district
    district : named in the title, where `scene` is one district

    Returns
    -------
    Figure of A4 landscape, with the Agg canvas and no link to pyplot: safe in threads
    """

    def _legend(column: key.Column) -> None:
        key.classes(column, about, found)
        key.reliability(column, found)

    notes = [
        words.method(about, language),
        words.source(about, language),
        say("map.hatching", language, base=words.base(found)),
    ]
    brush = partial(paint.classes, scene=scene, found=found)
    title = words.title(about, language)
    return _page(Page(title, about, run, scene, notes, language, district), brush, _legend)


def draw_change(
    about: RiskMap,
    run: MapRun,
    scene: Scene,
    moved: Comparison,
    marks: pd.Series,
    *,
    language: Language,
    district: str = "",
) -> Figure:
    """Paint what moved since the run published before; `marks` are symbols of `moved` by code."""
    assert moved.before is not None
    title = f"{words.title(about, language)}: {say('risk.change_heading', language)}"
    note = say("risk.change_note", language, before=moved.before.title)
    notes = [note, words.source(about, language)]
    brush = partial(paint.change, scene=scene, marks=marks)
    page = Page(title, about, run, scene, notes, language, district)
    return _page(page, brush, lambda column: key.change(column, moved))


@dataclass(frozen=True)
class Page:
    """What one page says, whatever colours it has."""

    title: str
    about: RiskMap
    run: MapRun
    scene: Scene
    notes: list[str]
    language: Language
    district: str


def _page(page: Page, brush: Callable[..., None], legend: Callable[[key.Column], None]) -> Figure:
    language, scene, run = page.language, page.scene, page.run
    figure = new_figure(WIDE, HIGH)
    title = page.title + (f" – {page.district}" if page.district else "")
    head(figure, title, words.run_line(run, page.about, language), run, language)
    axes = paint.empty_axes(figure, MAP_PLACE, scene.box)
    brush(axes)
    paint_city(axes, scene, language)
    inset(figure, axes, scene, partial(brush, seams=0.3), language)
    column = open_column(figure, COLUMN_PLACE, language)
    legend(column)
    key.places(column, scene)
    foot(figure, page.notes, scene, language)
    stamp(figure, run, language)
    return figure


def write_png(figure: Figure, *, dpi: int = PRINT_DPI) -> bytes:
    """The figure as PNG; nothing in it depends on the moment of drawing."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=dpi, metadata={"Software": "Mahalle"})
    return out.getvalue()


def write_pdf(figure: Figure, run: MapRun) -> bytes:
    """The figure as PDF, dated with its run."""
    out = io.BytesIO()
    figure.savefig(out, format="pdf", metadata={"Creator": "Mahalle", "CreationDate": run.published_at})
    return out.getvalue()


def new_figure(wide: float, high: float) -> Figure:
    """An empty white page, inches."""
    figure = Figure(figsize=(wide, high), facecolor="white", dpi=100)
    FigureCanvasAgg(figure)
    return figure


def head(figure: Figure, title: str, line: str, run: MapRun, language: Language) -> None:
    """Title, run, and a red word if the data are simulated."""
    figure.text(0.025, 0.945, title, va="center", **paint.lettering(fontsize=17, fontweight="bold"))
    figure.text(0.025, 0.907, line, va="center", **paint.lettering(fontsize=9, color=paint.QUIET))
    if run.is_simulation:
        look = paint.lettering(fontsize=11, fontweight="bold", color="white")
        box = {"facecolor": paint.WARNING, "edgecolor": "none", "boxstyle": "round,pad=0.35"}
        figure.text(0.978, 0.945, say("map.simulation", language), ha="right", va="center", bbox=box, **look)


def open_column(figure: Figure, place: tuple[float, float, float, float], language: Language) -> key.Column:
    """A column to write the legend in, measured in inches."""
    axes = figure.add_axes(place)
    axes.set_axis_off()
    wide, high = figure.get_size_inches()
    axes.set_xlim(0, place[2] * wide)
    axes.set_ylim(0, place[3] * high)
    return key.Column(axes, language, place[3] * high - 0.02)


def foot(figure: Figure, notes: list[str], scene: Scene, language: Language) -> None:
    """Method, source, and that boundaries are constructed where they are."""
    if scene.constructed:
        notes = [*notes, say("map.constructed", language)]
    notes = [*notes, say("map.made_with", language)]
    lines = [line for note in notes for line in textwrap.wrap(note, NOTE_WIDTH)]
    figure.text(
        0.025,
        0.098,
        "\n".join(lines),
        va="top",
        linespacing=1.45,
        **paint.lettering(fontsize=6.6, color=paint.QUIET),
    )
    figure.add_artist(_rule(0.107))


def _rule(y: float) -> Rectangle:
    return Rectangle((0.025, y), 0.953, 0.0006, facecolor="#bdbdbd", edgecolor="none")


def stamp(figure: Figure, run: MapRun, language: Language) -> None:
    """The watermark of simulated data."""
    if run.is_simulation:
        paint.watermark(figure, say("map.watermark", language), at=(0.38, 0.51), size=84)


def paint_city(axes: Axes, scene: Scene, language: Language) -> None:
    """What every sheet shows over its colours: districts, zones, places, names, scale."""
    paint.outline(axes, scene.districts.values(), colour=paint.DISTRICT_LINE, width=0.55)
    paint.outline(axes, scene.zone_outlines.values(), colour=paint.ZONE_LINE, width=1.1)
    paint.places(axes, scene, untagged=scene.dense_box)
    paint.names(axes, scene.districts, apart=scene.dense_box)
    paint.scale_bar(axes, scene, language)


def inset(
    figure: Figure, main: Axes, scene: Scene, colour: Callable[[Axes], None], language: Language
) -> None:
    """The densest part of the city, enlarged, with its frame on the main map.

    Parameters
    ----------
    colour : fills the areas of an axes
    """
    box = scene.dense_box
    if box is None:
        return
    axes = paint.empty_axes(figure, INSET_PLACE, box, margin=0)
    axes.set_anchor("SW")
    axes.apply_aspect()
    colour(axes)
    paint.outline(axes, scene.districts.values(), colour=paint.DISTRICT_LINE, width=0.7)
    paint.outline(axes, scene.zone_outlines.values(), colour=paint.ZONE_LINE, width=1.3)
    paint.places(axes, scene)
    paint.names(axes, scene.districts)
    for where in (axes, main):
        frame = Rectangle(box[:2], box[2] - box[0], box[3] - box[1], facecolor="none", edgecolor=paint.INK)
        frame.set(linewidth=0.8, zorder=10)
        where.add_artist(frame)
    look = paint.lettering(fontsize=6.8, color=paint.QUIET)
    axes.text(0, 1.02, say("map.inset", language), transform=axes.transAxes, va="bottom", **look)
