"""The view as files to keep: table as CSV and XLSX, map as PNG and PDF; made from what readers may see."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import shapely
import xlsxwriter
from matplotlib.figure import Figure

from app.i18n import Language, day, say
from app.maps import words
from app.maps.cells import safe
from app.maps.scene import Scene
from app.maps.sheet import draw, draw_change, write_pdf, write_png
from app.views import (
    Ask,
    MapRun,
    Reader,
    RiskMap,
    TableRow,
    areas,
    classes,
    compare,
    points,
    table_rows,
    zones,
)

COLUMNS = ("code", "district", "neighbourhood", "class", "class_name", "reliability", "shown", "base")
WIDTHS = (14, 18, 26, 8, 14, 14, 18, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One map as a reader has it before them; `with_change`: beside the run published before."""

    run: MapRun
    about: RiskMap
    ask: Ask
    language: Language
    with_change: bool = False

    @property
    def name(self) -> str:
        """A file's name without its ending: letters, digits and `-` of ASCII."""
        parts = [self.about.key, *([self.ask.district] if self.ask.district else []), f"{self.run.run_id}"]
        parts += ["change"] if self.with_change else []
        return "risk-" + "-".join(
            "".join(c if c.isascii() and c.isalnum() else "_" for c in part) for part in parts
        )


def as_csv(reader: Reader, view: View) -> bytes:
    """UTF-8 with BOM, `;` between cells: opens as a table in a Turkish Excel; no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        [*_headings(view.language), *(say(f"export.column_{name}", view.language) for name in EXTRA)]
    )
    extra = _about_cells(view)
    for row in _rows(reader, view):
        writer.writerow([*row, *extra])
    return out.getvalue().encode("utf-8-sig")


EXTRA = ("map", "year", "source")


def as_xlsx(reader: Reader, view: View) -> bytes:
    """A sheet with the rows and one that says what they are."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": view.run.title, "created": view.run.published_at})
        bold = book.add_format({"bold": True, "bg_color": "#FEE8C8", "border": 1})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        about = book.add_worksheet(say("export.sheet_read_me", view.language))
        about.set_column(0, 0, 110)
        for place, note in enumerate(notes(view)):
            about.write_string(place, 0, safe(note), wrap)
        sheet = book.add_worksheet(say("export.sheet_data", view.language))
        for column, (heading, wide) in enumerate(zip(_headings(view.language), WIDTHS, strict=True)):
            sheet.set_column(column, column, wide)
            sheet.write_string(0, column, heading, bold)
        rows = _rows(reader, view)
        for line, row in enumerate(rows, start=1):
            sheet.write_row(line, 0, row)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(rows), len(COLUMNS) - 1)
    return out.getvalue()


def as_png(reader: Reader, view: View) -> bytes:
    """The map on A4 with legend, run, date and source."""
    return write_png(_sheet(reader, view))


def as_pdf(reader: Reader, view: View) -> bytes:
    """The same page as PDF."""
    return write_pdf(_sheet(reader, view), view.run)


MAKERS: Mapping[str, tuple[Callable[[Reader, View], bytes], str]] = {
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": (as_csv, "text/csv"),
    "pdf": (as_pdf, "application/pdf"),
    "png": (as_png, "image/png"),
}


def notes(view: View) -> list[str]:
    """What a file of the view says about itself; a simulation says so first."""
    language, about = view.language, view.about
    lines = [say("export.simulated", language)] if view.run.is_simulation else []
    lines += [
        words.title(about, language),
        words.run_line(view.run, about, language),
        say("export.published", language, day=day(view.run.published_at, language), who=view.run.approved_by),
        words.method(about, language),
        words.source(about, language),
    ]
    return [*lines, *(say(f"export.about_{part}", language) for part in ("classes", "grades", "score"))]


def _headings(language: Language) -> list[str]:
    return [say(f"export.column_{n}" if n != "class_name" else "risk.class_name", language) for n in COLUMNS]


def _about_cells(view: View) -> list[str]:
    source = words.source(view.about, view.language)
    if view.run.is_simulation:
        source = f"{say('map.simulation', view.language)}. {source}"
    return [safe(words.title(view.about, view.language)), str(view.about.year), safe(source)]


def _rows(reader: Reader, view: View) -> Sequence[Sequence[str | int]]:
    found = table_rows(reader, view.run, view.about.key, view.ask)
    return [_cells(row, view.language) for row in found]


def _cells(row: TableRow, language: Language) -> list[str | int]:
    place = [safe(row.code), safe(row.district), safe(row.neighbourhood)]
    named = words.class_name(row.risk_class, language) if row.risk_class else ""
    shown = say(f"export.shown_{row.shown}", language) if row.shown else ""
    return [*place, row.risk_class or "", named, row.reliability, shown, row.base]


def _sheet(reader: Reader, view: View) -> Figure:
    """The page of the city, or of the one district looked at."""
    run, district, language = view.run, view.ask.district, view.language
    shapes, found = areas(reader, run), classes(reader, run, view.about.key)
    signs, outlines = points(reader), zones(reader, run)
    if district:
        shapes = shapes[shapes["district"] == district].reset_index(drop=True)
        found = found[found["district"] == district]
        signs = signs[signs.within(shapely.union_all(shapely.make_valid(shapes.geometry.to_numpy())))]
        outlines = outlines[outlines["code"].isin(shapes["code"])]
    scene = Scene(shapes, signs, outlines)
    if view.with_change:
        moved = compare(reader, run, view.about.key, district=district)
        if not moved.why_not:
            marks = pd.Series(list(moved.symbols), index=pd.Index(reader.gazetteer(run).codes))
            return draw_change(view.about, run, scene, moved, marks, language=language, district=district)
    return draw(view.about, run, scene, found, language=language, district=district)
