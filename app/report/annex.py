"""The annex of a proposal (PDF): map, who gains, what else was possible, how sure, on what data, limits."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from app.i18n import Language, day, number, say
from app.maps import Scene, draw_plan, write_png
from app.report import blocks, siting, study
from app.report.blocks import Block
from app.report.pictures import DPI, PLAN
from app.report.risk import titles_of_groups
from app.report.siting import amount, minutes, titles
from app.report.source import PlanSource, of_plan, of_proposal, stamps
from app.report.typeset import typeset, write_whole
from app.settings import Settings
from app.store.session import Store

FILE = f"{PLAN}.png"
LIMITS = ("point", "need", "capacity", "decision")
Figures = Mapping[str, object]


def write_annex(
    store: Store,
    path: Path,
    language: Language,
    *,
    plan_id: int | None = None,
    proposal_id: int | None = None,
) -> Path:
    """Write the annex of a proposal, or of a plan before it is proposed; equal contents are equal bytes.

    Raises
    ------
    RefusedError
        If there is no such plan or proposal, or the run of the plan is not published.
    """
    source = of_proposal(store, proposal_id) if proposal_id is not None else of_plan(store, plan_id or 0)
    return write_with_map(source, annex(source, store.settings, language), path, language)


def write_with_map(source: PlanSource, data: Mapping[str, object], path: Path, language: Language) -> Path:
    """Typeset a paper on a plan with the plan's map beside it, as picture `FILE`."""
    contents = source.contents
    scene = Scene(contents.areas, contents.points, None, contents.opened)
    with tempfile.TemporaryDirectory() as aside:
        figure = draw_plan(source.shown, contents.run, scene, language=language)
        (Path(aside) / FILE).write_bytes(write_png(figure, dpi=DPI))
        made = typeset("annex.typ", data, Path(aside), created=source.plan.at)
    return write_whole(path, made)


def annex(source: PlanSource, settings: Settings, language: Language) -> dict[str, object]:
    """Everything the template needs."""
    run = source.contents.run
    keys = stamps(simulation=run.is_simulation, constructed=source.constructed)
    marks = [say(key, language) for key in keys]
    title = source.plan.name or say("documents.annex_plan", language, plan=source.plan.id)
    line = say("documents.annex_line", language, title=run.title, number=run.run_id, plan=source.plan.id)
    name = say("map.plan_title", language)
    return {
        "language": language,
        "title": title,
        "kicker": say("documents.annex_kicker", language),
        "line": line,
        "stamps": marks,
        "warnings": [say(f"{key}_why", language) for key in keys if key.startswith("documents.")]
        + ([say("report.warning", language)] if run.is_simulation else []),
        "footer": "  ·  ".join([*marks, line]),
        "facts": _facts(source.shown, language),
        "sections": [
            blocks.section(name, [blocks.picture(FILE, name)], landscape=True),
            *_chapters(source, settings, language),
        ],
    }


def _chapters(source: PlanSource, settings: Settings, language: Language) -> list[Block]:
    plan, contents = source.shown, source.contents
    new, old = (cast(Sequence[Figures], plan[kind]) for kind in ("new", "existing"))
    where = [
        blocks.heading(say("report.sites", language)),
        siting.sites(new, language),
        blocks.heading(say("report.regions", language)),
        siting.regions([*new, *old], language),
    ]
    served = blocks.paragraph(siting.served(plan, contents, language))
    gain = [served, _gains(source, language)]
    other = [*_alternatives(source, language)]
    sure = [blocks.bullets(siting.proof(plan, language))]
    return [
        blocks.section(say("documents.where", language), where),
        blocks.section(say("report.gains", language), gain),
        blocks.section(say("documents.alternatives", language), other, new_page=False),
        *study.chapters(plan, _groups(source, language), language),
        blocks.section(say("report.proof", language), sure, new_page=False),
        blocks.section(say("documents.data", language), [_data(source, settings, language)], new_page=False),
    ]


def _groups(source: PlanSource, language: Language) -> dict[str, str]:
    """Names of everybody and of the city's own target groups; single cells of sex and age left out."""
    own = titles_of_groups(source.contents.maps, language)
    return {siting.EVERYBODY: say("report.everybody", language), **own}


def _facts(plan: Figures, language: Language) -> Block:
    everybody = cast(Mapping[str, Figures], plan["groups"]).get("all", {})
    new = cast(Sequence[object], plan["new"])
    return blocks.facts(
        [
            (str(len(new)), say("documents.fact_new", language)),
            (minutes(everybody.get("mean_before"), language), say("documents.fact_before", language)),
            (minutes(everybody.get("mean_after"), language), say("documents.fact_after", language)),
            (amount(everybody.get("nearer"), language), say("documents.fact_nearer", language)),
        ]
    )


def _gains(source: PlanSource, language: Language) -> Block:
    """People and minutes before and after, by target group; cells of sex and age come last."""
    plan = source.shown
    groups = cast(Mapping[str, Figures], plan["groups"])
    names = titles(groups, source.contents, language)
    columns = ("group", "persons", "nearer", "mean_before", "mean_after", "p95_before", "p95_after")
    head = [say(f"report.gain_{name}", language) for name in columns[:2]]
    head += [say("documents.gain_nearer", language)]
    head += [say(f"report.gain_{name}", language) for name in columns[3:]]
    rows = [
        [
            names[name],
            *(amount(groups[name].get(what), language) for what in ("persons", "nearer")),
            *(minutes(groups[name].get(what), language) for what in columns[3:]),
        ]
        for name in names
    ]
    return blocks.table(head, rows, widths=[2.4, 1.4, 1.4, 1.1, 1.1, 1.1, 1.1])


def _alternatives(source: PlanSource, language: Language) -> list[Block]:
    """Each other choice: its sites, its minutes, how much longer or shorter than the plan's."""
    plan = source.shown
    given = cast(Sequence[Figures], plan.get("alternatives") or ())
    if not given:
        return [blocks.paragraph(say("documents.alternatives_none", language))]
    own = cast(Figures, plan["after"]).get("mean_minutes")
    head = [say(f"documents.other_{name}", language) for name in ("what", "sites", "minutes", "change")]
    rows = [_alternative(other, own, language) for other in given]
    lead = blocks.paragraph(say("documents.alternatives_lead", language))
    return [lead, blocks.table(head, rows, widths=[2.6, 4, 1.1, 1.2], text_columns=(0, 1))]


def _alternative(other: Figures, own: object, language: Language) -> list[str]:
    what = say(f"documents.other_{other['kind']}", language, name=other.get("name", ""), count=other["count"])
    if not other.get("possible"):
        return [what, say("documents.other_impossible", language), "–", "–"]
    sites = ", ".join(str(site["name"]) for site in cast(Sequence[Figures], other["new"]))
    mean = other.get("mean_minutes")
    change = "–"
    if mean is not None and own is not None:
        step = float(str(mean)) - float(str(own))
        change = f"{'+' if step > 0 else '−' if step < 0 else ''}{number(abs(step), language, digits=1)}"
    return [what, sites, minutes(mean, language), change]


def _data(source: PlanSource, settings: Settings, language: Language) -> Block:
    """Which run and dates, what the figures do not know, on what legal basis."""
    run, plan = source.contents.run, source.plan
    lines = [
        say("documents.data_run", language, title=run.title, number=run.run_id, year=run.year),
        say("documents.data_published", language, day=day(run.published_at, language), who=run.approved_by),
        say("documents.data_plan", language, plan=plan.id, version=plan.version, day=day(plan.at, language)),
        *(say(f"documents.limit_{name}", language) for name in LIMITS),
    ]
    if source.constructed:
        lines.append(say("documents.limit_constructed", language))
    if run.is_simulation:
        lines.append(say("report.warning", language))
    return blocks.bullets([*lines, say("report.basis", language, basis=settings.legal_basis_centres)])
