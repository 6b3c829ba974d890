"""A proposal as an official letter (DOCX): number, subject, references, body, annexes, chain, OLUR."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from docx.document import Document as Paper
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.shared import Cm, Pt

from app.errors import RefusedError
from app.i18n import Language, day, say
from app.report import blocks, paper
from app.report.paper import Look
from app.report.siting import amount, minutes
from app.report.source import PlanSource, of_proposal, stamps
from app.settings import Settings
from app.store.proposals import ProposalRecord
from app.store.session import Store
from app.words import proof_lines, travel_line

BLANK_DAY = "…… / …… / ………"
LETTERS = "abcçdefgğhıijklmnoöprsştuüvyz"
SIGNED = ("sent", "passed", "approved")


def write_letter(store: Store, proposal_id: int, path: Path, language: Language) -> Path:
    """Write a proposal's letter; the same proposal gives the same bytes.

    Raises
    ------
    RefusedError
        If there is no such proposal, or the run of its plan is not published.
    """
    source = of_proposal(store, proposal_id)
    if source.proposal is None:
        raise RefusedError("proposals.none", proposal=proposal_id)
    made = letter(source, source.proposal, store.settings, language)
    return paper.save_paper(made, path)


def letter(source: PlanSource, proposal: ProposalRecord, settings: Settings, language: Language) -> Paper:
    """The letter as a document."""
    run = source.contents.run
    keys = stamps(simulation=run.is_simulation, constructed=source.constructed)
    subject = str(proposal.content.get("subject", ""))
    look = Look(
        language=language,
        title=subject,
        created=proposal.history[-1].at,
        footer=settings.letterhead[-1] if settings.letterhead else "",
        stamps=[say(key, language) for key in keys],
        font="Times New Roman",
        points=12,
    )
    made = paper.new_paper(look)
    _head(made, settings)
    _address(made, proposal, subject, settings, language)
    _references(made, proposal, source, language)
    for text in _body(source, proposal, settings, language):
        _text(made, text)
    _signature(made, proposal.chain[proposal.first], language)
    _olur(made, proposal, language)
    _annexes(made, proposal, language)
    _chain(made, proposal, language)
    return made


def _head(made: Paper, settings: Settings) -> None:
    for place, words in enumerate(settings.letterhead):
        line = made.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.paragraph_format.space_after = Pt(0)
        line.add_run(words).bold = place < len(settings.letterhead) - 1


def _address(
    made: Paper, proposal: ProposalRecord, subject: str, settings: Settings, language: Language
) -> None:
    paper_number, paper_day = _paper_of(proposal)
    line = made.add_paragraph()
    line.paragraph_format.space_before = Pt(18)
    line.paragraph_format.tab_stops.add_tab_stop(Cm(paper.TEXT_CM), WD_TAB_ALIGNMENT.RIGHT)
    shown = paper_number or f"{settings.letter_number}-…………"
    line.add_run(say("documents.number", language, number=shown) + "\t")
    line.add_run(_short_day(paper_day) if paper_day else BLANK_DAY)
    line.paragraph_format.space_after = Pt(0)
    made.add_paragraph(say("documents.subject", language, subject=subject))
    to = made.add_paragraph()
    to.alignment = WD_ALIGN_PARAGRAPH.CENTER
    to.paragraph_format.space_before, to.paragraph_format.space_after = Pt(14), Pt(12)
    to.add_run(settings.letter_addressee).bold = True


def _paper_of(proposal: ProposalRecord) -> tuple[str, dt.date | None]:
    """Number and day of the maker's own signed letter, once there is one."""
    sent = [step for step in proposal.history if step.decision == "sent"]
    return (sent[-1].ebys_number, sent[-1].ebys_date) if sent and proposal.state != "returned" else ("", None)


def _short_day(value: dt.date) -> str:
    return f"{value:%d.%m.%Y}"


def _references(made: Paper, proposal: ProposalRecord, source: PlanSource, language: Language) -> None:
    run = source.contents.run
    own = say(
        "documents.reference_run",
        language,
        title=run.title,
        number=run.run_id,
        day=day(run.published_at, language),
    )
    lines = [own, *(str(line) for line in cast(Sequence[object], proposal.content.get("references") or ()))]
    for place, words in enumerate(lines):
        head = say("documents.reference", language) if not place else ""
        mark = f"{LETTERS[place]}) " if len(lines) > 1 else ""
        line = made.add_paragraph()
        line.paragraph_format.left_indent = Cm(1.9)
        line.paragraph_format.first_line_indent = Cm(-1.9)
        line.paragraph_format.tab_stops.add_tab_stop(Cm(1.9))
        line.paragraph_format.space_after = Pt(0)
        line.add_run(f"{head}\t{mark}{words}")


def _body(source: PlanSource, proposal: ProposalRecord, settings: Settings, language: Language) -> list[str]:
    """Paragraphs of the letter: what is proposed, why, who gains, how sure, on what basis."""
    plan, run = source.shown, source.contents.run
    new, old = (cast(Sequence[Mapping[str, object]], plan[kind]) for kind in ("new", "existing"))
    where = say("documents.in_region", language, region=source.region_name) if source.region_name else ""
    sites = "; ".join(_site(site) for site in new)
    proposed = say(
        "documents.body_what",
        language,
        title=run.title,
        region=where,
        existing=len(old),
        new=len(new),
        sites=sites,
    )
    everybody = cast(Mapping[str, Mapping[str, object]], plan["groups"]).get("all", {})
    gain = say(
        "documents.body_gain",
        language,
        before=minutes(everybody.get("mean_before"), language),
        after=minutes(everybody.get("mean_after"), language),
        nearer=amount(everybody.get("nearer"), language),
    )
    reason = [part.strip() for part in str(proposal.content.get("reason") or "").splitlines() if part.strip()]
    travel = travel_line(cast(Mapping[str, object], plan["travel"]), language)
    limits = say("documents.body_limits", language, travel=travel)
    basis = say("documents.body_ask", language, basis=settings.legal_basis_centres)
    return [proposed, *reason, f"{gain} {' '.join(proof_lines(plan, language))}", limits, basis]


def _site(site: Mapping[str, object]) -> str:
    """A site with its district, unless its name says that."""
    name, district = str(site["name"]), str(site.get("district") or "")
    return name if not district or district in name else f"{name} ({district})"


def _text(made: Paper, words: str) -> None:
    line = made.add_paragraph(words)
    line.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    line.paragraph_format.first_line_indent = Cm(1.25)
    line.paragraph_format.space_before = Pt(6)


def _signature(made: Paper, office: str, language: Language) -> None:
    for words, space in ((say("documents.signed_in_ebys", language), 22), (office, 0)):
        line = made.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.paragraph_format.left_indent = Cm(9.5)
        line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(space), Pt(0)
        line.paragraph_format.keep_with_next = True
        run = line.add_run(words)
        run.italic, run.bold = words != office, words == office


def _olur(made: Paper, proposal: ProposalRecord, language: Language) -> None:
    """Where the last step says yes."""
    done = [step for step in proposal.history if step.decision == "approved"]
    when = _short_day(done[-1].ebys_date) if done and done[-1].ebys_date else BLANK_DAY
    lines = (("OLUR", True, 20), (when, False, 2), (say("documents.signed_in_ebys", language), False, 14))
    for words, bold, space in (*lines, (proposal.chain[-1], True, 0)):
        line = made.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(space), Pt(0)
        line.paragraph_format.keep_with_next = words != proposal.chain[-1]
        line.add_run(words).bold = bold


def _annexes(made: Paper, proposal: ProposalRecord, language: Language) -> None:
    given = [str(line) for line in cast(Sequence[object], proposal.content.get("annexes") or ())]
    lines = [say("documents.annex_reasons", language), *given]
    head = made.add_paragraph()
    head.paragraph_format.space_before, head.paragraph_format.space_after = Pt(18), Pt(0)
    head.add_run(say("documents.annexes", language)).bold = True
    for place, words in enumerate(lines, start=1):
        line = made.add_paragraph(f"{place}- {words}")
        line.paragraph_format.space_after = Pt(0)


def _chain(made: Paper, proposal: ProposalRecord, language: Language) -> None:
    """Every step of the chain, with the paper it signed."""
    made.add_heading(say("documents.chain", language), level=3)
    head = [say(f"documents.chain_{name}", language) for name in ("step", "decision", "number", "day")]
    signed = _signed(proposal)
    rows = []
    for place, step in enumerate(proposal.chain):
        if place < proposal.first:
            continue
        word, ebys, when = signed.get(step, ("waiting", "–", "–"))
        rows.append([step, say(f"documents.decision_{word}", language), ebys, when])
    table = blocks.table(head, rows, widths=[3, 2, 2.4, 1.4], text_columns=(0, 1, 2, 3))
    paper.add_table(made, table)


def _signed(proposal: ProposalRecord) -> dict[str, tuple[str, str, str]]:
    """Step -> what it decided since the proposal was sent last."""
    found: dict[str, tuple[str, str, str]] = {}
    for event in proposal.history:
        if event.decision == "sent":
            found = {}
        if event.decision in (*SIGNED, "returned"):
            when = _short_day(event.ebys_date) if event.ebys_date else "–"
            found[event.step] = (event.decision, event.ebys_number or "–", when)
    return found


__all__ = ["letter", "write_letter"]
