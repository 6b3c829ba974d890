"""Report of the risk map (DOCX and XLSX): by topic, by group, by settlement and by sex."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from app import views
from app.i18n import Language, say
from app.maps import words
from app.report import blocks, book, paper
from app.report.blocks import Block
from app.report.book import Sheet
from app.report.frame import Frame, look_of, notes, percent
from app.report.standing import Standing, city, shares, turkish
from app.settings import Settings
from app.store.session import Store
from app.views import NEIGHBOURHOOD, PART_MARK, Contents, RiskMap

MOST_PLACES = 5
SEXES = ("female", "male")
AREA_KINDS = ("need", "topic", "group")


def write_risk_map(store: Store, path: Path, language: Language) -> list[Path]:
    """Write the document and, beside it, the workbook; the same run gives the same bytes.

    Raises
    ------
    RefusedError
        If no run is published.
    """
    contents = views.read_contents(store)
    return write_both(risk_frame(contents, store.settings, language), path)


def write_both(frame: Frame, path: Path) -> list[Path]:
    """Set a report as DOCX and as XLSX of the same name."""
    made = paper.new_paper(look_of(frame))
    made.add_heading(frame.title, level=0)
    made.add_paragraph(frame.line)
    paper.add_blocks(made, frame.front, path.parent)
    paper.add_sections(made, frame.sections, path.parent)
    document = paper.save_paper(made, path.with_suffix(".docx"))
    sheets = book.write_book(
        path.with_suffix(".xlsx"),
        frame.title,
        notes(frame),
        frame.sheets,
        created=frame.created,
        language=frame.language,
    )
    return [document, sheets]


def risk_frame(contents: Contents, settings: Settings, language: Language) -> Frame:
    """The report's contents."""
    topics, groups = _main(contents, "topic"), _main(contents, "group")
    sections = [
        _kind("topic", contents, topics, language),
        _kind("group", contents, groups, language),
        _settlements(contents, topics, language),
        _sexes(contents, topics, language),
    ]
    return Frame.of_run(
        contents,
        title=say("documents.report_risk_map", language),
        lead=say("documents.risk.lead", language),
        basis=settings.legal_basis,
        sections=sections,
        sheets=[*_sheets(sections, language), _areas(contents, language)],
        language=language,
    )


def _main(contents: Contents, kind: str) -> list[RiskMap]:
    return [a for a in contents.of_kind(kind) if a.level == NEIGHBOURHOOD and PART_MARK not in a.key]


def _kind(kind: str, contents: Contents, maps: Sequence[RiskMap], language: Language) -> Block:
    head = [say(f"documents.risk.column_{name}", language) for name in ("title", "high", "reliable", "worst")]
    rows = []
    for about in maps:
        whole = city(contents, about)
        worst = sorted(shares(contents, about), key=lambda one: (-one.share, one.place))[:MOST_PLACES]
        told = ", ".join(f"{one.place} ({percent(one.share, language)})" for one in worst if one.share > 0)
        cells = [percent(whole.share, language), percent(whole.firm, language), told or "–"]
        rows.append([words.title(about, language), *cells])
    table = blocks.table(head, rows, widths=[2, 1.3, 1.3, 5], text_columns=(0, 3))
    lead = blocks.paragraph(say(f"documents.risk.{kind}_lead", language))
    return blocks.section(say(f"documents.risk.by_{kind}", language), [lead, table], new_page=False)


def _settlements(contents: Contents, topics: Sequence[RiskMap], language: Language) -> Block:
    """Districts in rows, topics in columns."""
    by_topic: list[dict[str, Standing]] = [
        {one.place: one for one in shares(contents, about)} for about in topics
    ]
    names = sorted({name for found in by_topic for name in found}, key=turkish)
    head = [say("report.column_district", language), *(words.title(about, language) for about in topics)]
    rows = [
        [name, *(percent(found[name].share, language) if name in found else "–" for found in by_topic)]
        for name in names
    ]
    table = blocks.table(head, rows, widths=[2, *[1] * len(topics)])
    lead = blocks.paragraph(say("documents.risk.settlement_lead", language))
    return blocks.section(say("documents.risk.by_settlement", language), [lead, table])


def _sexes(contents: Contents, topics: Sequence[RiskMap], language: Language) -> Block:
    of = {(a.topic, a.sex): a for a in contents.maps if a.kind == "topic" and a.sex}
    head = [say(f"documents.risk.column_{name}", language) for name in ("title", *SEXES)]
    rows = []
    for about in topics:
        parts = [of.get((about.topic, sex)) for sex in SEXES]
        if any(parts):
            cells = [percent(city(contents, part).share, language) if part else "–" for part in parts]
            rows.append([words.title(about, language), *cells])
    title = say("documents.risk.by_sex", language)
    if not rows:
        return blocks.section(title, [blocks.paragraph(say("documents.risk.none", language))], new_page=False)
    lead = blocks.paragraph(say("documents.risk.sex_lead", language))
    table = blocks.table(head, rows, widths=[3, 1, 1])
    return blocks.section(title, [lead, table], new_page=False)


def _sheets(sections: Sequence[Block], language: Language) -> list[Sheet]:
    names = ("topics", "groups", "settlements", "sexes")
    found = []
    for name, section in zip(names, sections, strict=True):
        tables = [block for block in _blocks(section) if block["kind"] == "table"]
        if tables:
            found.append(sheet_of(say(f"documents.risk.sheet_{name}", language), tables[0]))
    return found


def _blocks(section: Block) -> list[Block]:
    inside = section["blocks"]
    return inside if isinstance(inside, list) else []


def sheet_of(name: str, table: Block) -> Sheet:
    """A report's table as a sheet."""
    head, rows = table["head"], table["rows"]
    assert isinstance(head, list)
    assert isinstance(rows, list)
    return Sheet(name=name, head=head, rows=rows)


def _areas(contents: Contents, language: Language) -> Sheet:
    """Every neighbourhood with its class and reliability on each main map."""
    maps = [a for kind in AREA_KINDS for a in _main(contents, kind)]
    frame = contents.areas[["code", "district", "name"]].copy()
    head = [
        say("documents.risk.column_code", language),
        say("report.column_district", language),
        say("documents.risk.column_neighbourhood", language),
    ]
    for about in maps:
        found = contents.of(about.key).set_index("code")
        for column, key in (("risk_class", "class"), ("reliability", "grade")):
            frame[f"{about.key} {key}"] = frame["code"].map(found[column])
            title = words.title(about, language)
            head.append(say(f"documents.risk.column_{key}", language, title=title))
    rows = [[_cell(value) for value in row] for row in frame.itertuples(index=False)]
    return Sheet(name=say("documents.risk.sheet_areas", language), head=head, rows=rows)


def _cell(value: object) -> str | int | None:
    if value is None or value is pd.NA or value != value:
        return None
    return value if isinstance(value, str) else int(str(value))
