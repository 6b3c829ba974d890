"""The tidy workbook: a row an area and map, explained in its own sheets."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.i18n import Language, day, say
from app.maps import words
from app.maps.cells import safe
from app.views import DISTRICT_MARK, Contents, RiskMap

COLUMNS = (
    "map",
    "code",
    "district",
    "neighbourhood",
    "topic",
    "indicator",
    "kind",
    "group",
    "sex",
    "year",
    "base",
    "class",
    "reliability",
    "shown",
    "exceedance",
    "rank_low",
    "rank_high",
    "cluster",
    "rose",
)
WIDTHS = (30, 14, 16, 24, 22, 26, 12, 18, 9, 7, 8, 7, 12, 16, 12, 8, 8, 7, 12)
DEFINITION: tuple[str, ...] = (
    "map",
    "title",
    "kind",
    "unit",
    "level",
    "direction",
    "breaks",
    "numerator",
    "denominator",
)
DEFINITION += ("source", "method", "counts", "grades")
ABOUT = ("classes", "grades", "shown", "base", "score")
Row = Sequence[str | int | None]
Said = tuple[Mapping[str, str], Sequence[str | None]]  # how a class is shown; chances by step


def write_workbook(contents: Contents, path: Path, language: Language) -> Path:
    """Write the run: read me, data, dictionary, maps. Text is text: nothing in it is ever a formula."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": contents.run.title, "created": contents.run.published_at})
        bold = book.add_format({"bold": True, "bg_color": "#FEE8C8", "border": 1})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        large = book.add_format({"bold": True, "font_size": 14})
        _read_me(book.add_worksheet(say("export.sheet_read_me", language)), contents, language, (large, wrap))
        data = book.add_worksheet(say("export.sheet_data", language))
        _table(data, _headings(COLUMNS, language), _rows(contents, language), bold=bold, widths=WIDTHS)
        dictionary = book.add_worksheet(say("export.sheet_dictionary", language))
        _table(
            dictionary,
            _headings(("column", "meaning"), language),
            _meanings(contents, language),
            bold=bold,
            widths=(18, 110),
        )
        maps = book.add_worksheet(say("export.sheet_maps", language))
        lines = (_definition(about, language) for about in contents.maps)
        _table(maps, _headings(DEFINITION, language), lines, bold=bold, widths=(30, 40, *[18] * 11))
    return path


def _headings(names: Sequence[str], language: Language) -> list[str]:
    return [say(f"export.column_{name}", language) for name in names]


def _table(
    sheet: Worksheet, head: Sequence[str], rows: Iterator[Row], *, bold: Format, widths: Sequence[int]
) -> None:
    """Headings and rows, frozen below the headings, with a filter."""
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(head):
        sheet.write_string(0, column, name, bold)
    last = 0
    text, whole = sheet.write_string, sheet.write_number
    for last, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, int):
                whole(last, column, value)
            elif value:
                text(last, column, value)
    sheet.autofilter(0, 0, last, len(head) - 1)


def _rows(contents: Contents, language: Language) -> Iterator[Row]:
    """Data in order of map and area."""
    shown = {kind: say(f"export.shown_{kind}", language) for kind in ("class", "modelled", "insufficient")}
    chances = [None, *(say(f"export.chance_{step}", language) for step in range(1, 6))]
    topics = {about.topic: about.title(language) for about in contents.of_kind("topic")}
    by_key = dict(iter(contents.classes.groupby("key", sort=False)))
    for about in contents.maps:
        if about.key in by_key:
            yield from _map_rows(about, by_key[about.key], (shown, chances), _labels(about, topics, language))


def _labels(about: RiskMap, topics: Mapping[str, str], language: Language) -> tuple[str | int, ...]:
    """What every row of a map repeats: topic, indicator, kind, group, sex, year."""
    return (
        safe(topics.get(about.topic, about.topic)),
        safe(about.title(language) if about.indicator else ""),
        say(f"export.kind_{about.kind}", language),
        safe(about.title(language) if about.kind == "group" else about.group),
        say(f"map.sex_{about.sex}", language) if about.sex else "",
        about.year,
    )


def _map_rows(
    about: RiskMap, found: pd.DataFrame, said: Said, labels: tuple[str | int, ...]
) -> Iterator[Row]:
    key, (shown, chances) = safe(about.key), said
    places = (found[name].tolist() for name in ("code", "district", "neighbourhood", "base"))
    marks = (found[name].tolist() for name in ("reliability", "shown"))
    steps = (_steps(found[name]) for name in ("risk_class", "exceedance", "rank_low", "rank_high", "cluster"))
    rows = zip(*places, *marks, *steps, _steps(found["rose"]), strict=True)
    for code, district, name, base, grade, how, level, chance, low, high, cluster, rose in rows:
        place = (code.removeprefix(DISTRICT_MARK), safe(district), safe(name))
        sure = (chances[chance or 0], low, high, cluster or None, chances[rose or 0])
        yield (key, *place, *labels, base, level, grade, shown[how], *sure)


def _steps(column: pd.Series) -> list[int | None]:
    return list(column.astype(object).where(column.notna(), None))


def _meanings(contents: Contents, language: Language) -> Iterator[Row]:
    base = words.base(contents.classes)
    for name in COLUMNS:
        yield say(f"export.column_{name}", language), say(f"export.meaning_{name}", language, base=base)


def _definition(about: RiskMap, language: Language) -> Row:
    """One map in words; breaks and counts are the city's, not a neighbourhood's."""
    direction = "higher" if about.higher_is_worse else "lower"
    cells = (
        about.key,
        words.title(about, language),
        say(f"export.kind_{about.kind}", language),
        words.unit(about, language),
        say(f"export.level_{about.level}", language),
        say(f"export.direction_{direction}", language),
        "; ".join(f"{edge:g}" for edge in about.inner_breaks),
        about.word("numerator", language),
        about.word("denominator", language),
        about.word("source", language),
        about.word("method", language) or words.method(about, language),
        "; ".join(f"{place}: {count}" for place, count in enumerate(about.counts_by_class, start=1)),
        "; ".join(f"{grade}: {count}" for grade, count in sorted(about.reliability_counts.items())),
    )
    return [safe(cell) for cell in cells]


def _read_me(sheet: Worksheet, contents: Contents, language: Language, looks: tuple[Format, Format]) -> None:
    """What the file is, in lines; a simulation says so first."""
    large, wrap = looks
    run, base = contents.run, words.base(contents.classes)
    sheet.set_column(0, 0, 120)
    lines = [say("export.simulated", language)] if run.is_simulation else []
    lines += [
        say("export.run", language, title=run.title, number=run.run_id, year=run.year),
        say("export.published", language, day=day(run.published_at, language), who=run.approved_by),
        *(say(f"export.about_{part}", language, base=base) for part in ABOUT),
    ]
    if contents.areas["constructed"].any():
        lines.append(say("map.constructed", language))
    sheet.write_string(0, 0, say("export.title", language), large)
    for place, line in enumerate(lines, start=2):
        sheet.write_string(place, 0, safe(line), wrap)
