"""Report of recommendations (DOCX, XLSX): what the survey says should be done where, and what came of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from app import views
from app.i18n import Language, say
from app.maps import words
from app.report import blocks
from app.report.blocks import Block
from app.report.book import Sheet
from app.report.frame import Frame, percent
from app.report.outcomes import before, centres
from app.report.risk import titles_of_groups
from app.report.riskmap import sheet_of, write_both
from app.report.source import read_run
from app.report.standing import HIGH, Standing, standing_out, theme
from app.settings import Settings
from app.store import proposals
from app.store.logins import Login
from app.store.proposals import ProposalRecord
from app.store.session import Store
from app.views import DISTRICT, Contents

TOPICS, GROUPS = ("topic", "reach"), ("group",)
MOST_DISTRICTS = 3


def write_recommendations(store: Store, path: Path, language: Language) -> list[Path]:
    """Write the document and, beside it, the workbook.

    Raises
    ------
    RefusedError
        If no run is published.
    """
    contents = views.read_contents(store)
    older = views.previous_run(store, contents.run)
    past = read_run(store, older) if older else None
    with store.session(Login.SERVICE) as session:
        made = proposals.listing(session)
    frame = advice_frame(contents, past, made, store.settings, language)
    return write_both(frame, path)


def advice_frame(
    contents: Contents,
    past: Contents | None,
    made: Sequence[ProposalRecord],
    settings: Settings,
    language: Language,
) -> Frame:
    """The report's contents.

    Parameters
    ----------
    past : the run published before, if any
    made : proposals of centres
    """
    zone_names = zones(contents, language)
    places = {
        code: zone_names[zone]
        for code, zone in zip(contents.zones["code"], contents.zones["zone"], strict=True)
    }
    tables = {
        "district": _advice(standing_out(contents, TOPICS), language),
        "zone": _brief(standing_out(contents, TOPICS, places), language) if places else None,
        "group": _groups(contents, language),
    }
    sections = [
        blocks.section(say(f"documents.advice.by_{name}", language), [*_rules(name, language), table])
        for name, table in tables.items()
        if table is not None
    ]
    sections += _records(contents, language)
    told, opened = before(contents, past, language), centres(contents, made, language)
    sections += [told, opened]
    return Frame.of_run(
        contents,
        title=say("documents.report_recommendations", language),
        lead=say("documents.advice.lead", language),
        basis=settings.legal_basis_recommendations,
        sections=sections,
        sheets=_sheets([t for t in tables.values() if t is not None], [told, opened], language),
        language=language,
    )


def _rules(name: str, language: Language) -> list[Block]:
    if name != "district":
        return []
    return [blocks.bullets([say(f"documents.advice.{rule}", language) for rule in ("rule", "firmness")])]


def _advice(found: Mapping[str, Sequence[Standing]], language: Language) -> Block:
    """A row a place and topic: what stands out, how widely, which services, how firmly."""
    if not found:
        return blocks.paragraph(say("documents.advice.nothing", language))
    names = ("place", "topic", "share", "service", "firm")
    head = [say(f"documents.advice.column_{name}", language) for name in names]
    rows = [
        [
            place if not order else "",
            words.title(one.about, language),
            percent(one.share, language),
            say(f"documents.services.{theme(one.about)}", language),
            say(f"documents.advice.{'firm' if one.is_firm else 'check'}", language),
        ]
        for place, ones in found.items()
        for order, one in enumerate(ones)
    ]
    return blocks.table(head, rows, widths=[1.6, 1.8, 0.9, 4.4, 1.3], text_columns=(0, 1, 3, 4))


def _brief(found: Mapping[str, Sequence[Standing]], language: Language) -> Block:
    """A row a place; the services are those of the table by district."""
    if not found:
        return blocks.paragraph(say("documents.advice.nothing", language))
    head = [say(f"documents.advice.column_{name}", language) for name in ("place", "topic")]
    rows = [[place, "; ".join(_told(one, language) for one in ones)] for place, ones in found.items()]
    return blocks.table(head, rows, widths=[2.4, 5], text_columns=(0, 1))


def _told(one: Standing, language: Language) -> str:
    firm = say(f"documents.advice.{'firm' if one.is_firm else 'check'}", language)
    return f"{words.title(one.about, language)} ({percent(one.share, language)}, {firm})"


def _groups(contents: Contents, language: Language) -> Block | None:
    if not titles_of_groups(contents.maps, language):
        return None
    found = standing_out(contents, GROUPS)
    if not found:
        return blocks.paragraph(say("documents.advice.nothing", language))
    head = [say(f"documents.advice.column_{name}", language) for name in ("place", "group", "firm")]
    rows = [
        [
            place,
            ", ".join(f"{words.title(one.about, language)} ({percent(one.share, language)})" for one in ones),
            say(f"documents.advice.{'firm' if all(o.is_firm for o in ones) else 'check'}", language),
        ]
        for place, ones in found.items()
    ]
    return blocks.table(head, rows, widths=[2, 5.5, 1.6], text_columns=(0, 1, 2))


def _records(contents: Contents, language: Language) -> list[Block]:
    """What is known from records only, by district."""
    rows = []
    for about in contents.maps:
        if about.level != DISTRICT or about.sex or theme(about) != "violence":
            continue
        found = contents.of(about.key)
        high = found[found["risk_class"].fillna(0).astype(int) >= HIGH]
        named = ", ".join(sorted(map(str, high["district"])))
        rows.append([words.title(about, language), named or "–"])
    if not rows:
        return []
    head = [say(f"documents.advice.column_{name}", language) for name in ("topic", "place")]
    lead = blocks.paragraph(say("documents.advice.records_lead", language))
    services = blocks.paragraph(say("documents.services.violence", language))
    table = blocks.table(head, rows, widths=[2, 5], text_columns=(0, 1))
    title = say("documents.advice.records", language)
    return [blocks.section(title, [lead, table, services], new_page=False)]


def zones(contents: Contents, language: Language) -> dict[int, str]:
    """Zone -> its name with the districts most of its people live in."""
    joined = contents.zones.merge(contents.areas[["code", "district", "population"]], on="code")
    named = {}
    for zone, part in joined.groupby("zone"):
        people = part.groupby("district")["population"].sum().sort_values(ascending=False, kind="stable")
        districts = ", ".join(map(str, people.index[:MOST_DISTRICTS]))
        named[int(str(zone))] = say("documents.advice.zone", language, zone=zone, districts=districts)
    return named


def _sheets(advice: Sequence[Block], others: Sequence[Block], language: Language) -> list[Sheet]:
    tables = [table for table in advice if table["kind"] == "table"]
    names = [say("documents.advice.sheet_advice", language)]
    found = [sheet_of(f"{names[0]} {place}", table) for place, table in enumerate(tables, start=1)]
    for name, section in zip(("before", "centres"), others, strict=True):
        inside = section["blocks"]
        assert isinstance(inside, list)
        found += [
            sheet_of(say(f"documents.advice.sheet_{name}", language), block)
            for block in inside
            if block["kind"] == "table"
        ]
    return found
