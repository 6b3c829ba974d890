"""The legend in words: what each colour means, and how many areas it holds."""

from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from app.i18n import Language, number, say
from app.maps import paint, words
from app.maps.looks import CHANGES, MOVES
from app.maps.scene import Scene
from app.views import Comparison, RiskMap
from geo.legend import NO_DATA, YLORRD

ROW, SWATCH_WIDE, SWATCH_HIGH = 0.205, 0.30, 0.135  # inches


@dataclass
class Column:
    """Writes downwards on an axes measured in inches."""

    axes: Axes
    language: Language
    y: float

    def heading(self, text: str) -> None:
        """A bold line with a little air above."""
        self.y -= 0.06
        self.axes.text(0, self.y, text, va="center", **paint.lettering(fontsize=8, fontweight="bold"))
        self.y -= ROW

    def line(self, text: str, *, right: str = "", quiet: bool = False) -> None:
        """One line beside the swatches."""
        look = paint.lettering(fontsize=7.2, color=paint.QUIET if quiet else paint.INK)
        self.axes.text(SWATCH_WIDE + 0.1, self.y, text, va="center", **look)
        if right:
            edge = self.axes.get_xlim()[1]
            self.axes.text(edge, self.y, right, va="center", ha="right", **look | {"color": paint.QUIET})
        self.y -= ROW

    def swatch(self, colour: str, *, hatched: bool = False) -> None:
        """A filled box on the present line."""
        box = Rectangle(
            (0, self.y - SWATCH_HIGH / 2),
            SWATCH_WIDE,
            SWATCH_HIGH,
            facecolor=colour,
            edgecolor="#7f7f7f",
            linewidth=0.4,
        )
        self.axes.add_artist(box)
        if hatched:
            over = Rectangle(
                (0, self.y - SWATCH_HIGH / 2), SWATCH_WIDE, SWATCH_HIGH, facecolor="none", linewidth=0
            )
            over.set_edgecolor(paint.HATCH_INK)
            over.set_hatch(paint.HATCH)
            over.set_hatch_linewidth(paint.HATCH_WIDTH)
            self.axes.add_artist(over)

    def mark(self, marker: str, size: float, *, face: str, edge: str) -> None:
        """A place's sign on the present line."""
        self.axes.scatter(
            [SWATCH_WIDE / 2], [self.y], s=size, marker=marker, facecolor=face, edgecolor=edge, linewidth=0.7
        )

    def stroke(self, colour: str, width: float) -> None:
        """A line's sample on the present line."""
        self.axes.plot(
            [0, SWATCH_WIDE], [self.y, self.y], color=colour, linewidth=width, solid_capstyle="butt"
        )


def classes(column: Column, about: RiskMap, found: pd.DataFrame) -> None:
    """Five classes, the worst on top, with their ranges and numbers of areas."""
    language = column.language
    column.heading(words.unit(about, language) or say("map.classes", language))
    counts = found["risk_class"].value_counts()
    for place, range_ in reversed(list(enumerate(words.ranges(about, language), start=1))):
        column.swatch(YLORRD[place - 1])
        name = words.class_name(place, language)
        column.line(f"{name}  {range_}" if range_ else name, right=_n(int(counts.get(place, 0)), language))


def change(column: Column, moved: Comparison) -> None:
    """What the colours of a change mean, and how many areas moved."""
    language = column.language
    column.heading(say("risk.change_heading", language))
    for mark, name in MOVES.items():
        column.swatch(CHANGES[mark]["fill"])
        column.line(say(f"risk.moved_{name}", language), right=_n(getattr(moved, name), language))


def reliability(column: Column, found: pd.DataFrame) -> None:
    """What hatching and grey mean."""
    language, counts = column.language, found["shown"].value_counts()
    column.y -= 0.04
    column.swatch("#fde0b6", hatched=True)
    column.line(say("map.modelled", language), right=_n(int(counts.get("modelled", 0)), language))
    column.swatch(NO_DATA)
    column.line(say("map.insufficient", language), right=_n(int(counts.get("insufficient", 0)), language))


def places(column: Column, scene: Scene) -> None:
    """Signs of centres and sites, and lines of zones and districts."""
    language, kinds = column.language, set() if scene.points is None else set(scene.points["kind"])
    column.heading(say("map.places", language))
    if "centre" in kinds:
        column.mark(paint.SQUARE, 34, face=paint.BLUE, edge="#ffffff")
        column.line(say("map.centre", language))
    if scene.opened:
        column.mark(paint.STAR, 110, face=paint.BLUE, edge="#ffffff")
        column.line(say("map.opened", language))
    if "site" in kinds:
        column.mark(paint.DOT, 9, face="#ffffff", edge=paint.BLUE)
        column.line(say("map.site", language))
    column.stroke(paint.DISTRICT_LINE, 0.7)
    column.line(say("map.district", language))
    if scene.zone_outlines:
        column.stroke(paint.ZONE_LINE, 1.5)
        column.line(say("map.zone", language, count=len(scene.zone_outlines)))


def _n(count: int, language: Language) -> str:
    return f"n = {number(count, language)}"
