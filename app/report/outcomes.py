"""What became of what was recommended: topics then and now, proposals and opened centres."""

from collections.abc import Mapping, Sequence

from app.i18n import Language, say
from app.maps import words
from app.report import blocks
from app.report.blocks import Block
from app.report.frame import percent
from app.report.standing import Standing, shares, standing_out
from app.store.proposals import ProposalRecord
from app.views import Contents

KINDS = ("topic", "reach")
CENTRE = "centre"
NEAR_M = 400.0  # an own centre this close to a proposed site is that site, opened


def before(contents: Contents, past: Contents | None, language: Language) -> Block:
    """What stood out on the map before, and how it is today."""
    title = say("documents.advice.before", language)
    if past is None:
        return blocks.section(title, [blocks.paragraph(say("documents.advice.before_none", language))])
    lead = say("documents.advice.before_lead", language, title=past.run.title, number=past.run.run_id)
    now = standing_out(contents, KINDS)
    by_key = {about.key: about for about in contents.maps}
    shown = {
        key: {one.place: one for one in shares(contents, about)}
        for key, about in by_key.items()
        if about.kind in KINDS and not about.sex
    }
    rows = [
        [
            place,
            words.title(one.about, language),
            percent(one.share, language),
            *_today(one, place, now, shown, language),
        ]
        for place, ones in standing_out(past, KINDS).items()
        for one in ones
    ]
    if not rows:
        return blocks.section(title, [blocks.paragraph(say("documents.advice.nothing", language))])
    head = [say(f"documents.advice.column_{name}", language) for name in ("place", "topic", "share", "now")]
    head.append(say("documents.advice.column_share", language))
    table = blocks.table(head, rows, widths=[1.6, 2.2, 1, 2, 1], text_columns=(0, 1, 3))
    return blocks.section(title, [blocks.paragraph(lead), table])


def _today(
    one: Standing,
    place: str,
    now: Mapping[str, Sequence[Standing]],
    shown: Mapping[str, Mapping[str, Standing]],
    language: Language,
) -> list[str]:
    current = shown.get(one.about.key, {}).get(place)
    if current is None:
        return [say("documents.advice.unknown", language), "–"]
    still = any(other.about.key == one.about.key for other in now.get(place, ()))
    word = say(f"documents.advice.{'still' if still else 'gone'}", language)
    return [word, percent(current.share, language)]


def centres(contents: Contents, made: Sequence[ProposalRecord], language: Language) -> Block:
    """Each proposal, where it stands, and which of its centres are open today."""
    title = say("documents.advice.centres", language)
    if not made:
        return blocks.section(
            title, [blocks.paragraph(say("documents.advice.centres_none", language))], new_page=False
        )
    head = [
        say(f"documents.advice.column_{name}", language) for name in ("proposal", "sites", "state", "opened")
    ]
    rows = []
    for proposal in made:
        sites = proposal.sites
        opened = _opened(contents, sites)
        name = str(proposal.content.get("subject", "")) or proposal.plan_name
        state = say(f"documents.advice.state_{proposal.state}", language, step=proposal.waits_at)
        rows.append([f"{proposal.id}. {name}", _names(contents, sites), state, ", ".join(opened) or "–"])
    table = blocks.table(head, rows, widths=[2.4, 3.2, 1.8, 1.8], text_columns=(0, 1, 2, 3))
    return blocks.section(title, [table], new_page=False)


def _names(contents: Contents, keys: Sequence[str]) -> str:
    known = dict(zip(contents.points["key"], contents.points["name"], strict=True))
    return ", ".join(str(known.get(key, key)) for key in keys)


def _opened(contents: Contents, keys: Sequence[str]) -> list[str]:
    """Names of own centres that stand where the proposal wanted one."""
    points = contents.points
    own = points[points["kind"] == CENTRE]
    found = []
    for _, site in points[(points["kind"] != CENTRE) & points["key"].isin(keys)].iterrows():
        near = own[own.geometry.distance(site.geometry) <= NEAR_M]
        found += [str(name) for name in near["name"][:1]]
    return found
