"""Queries of a refresh: what the surveys and cases say, under pseudonyms, never an identity."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Text, cast, func, select, text
from sqlalchemy.orm import Session

from app.errors import RefusedError
from app.store.tables.geo import AreaLink, Boundary
from app.store.tables.survey import Campaign, Case, FormVersion, Household
from survey.form import Form

DESIGN_BASED = ("sample", "complete")  # targeted visits find people; they estimate nothing


class HouseholdRow(NamedTuple):
    """One completed household."""

    area_code: str
    stratum: str
    block: str
    weight: float
    day: dt.date | None
    answers: Mapping[str, object]
    roster: Sequence[Mapping[str, object]]
    household: str = ""  # its number within the area


class CaseRow(NamedTuple):
    """One case."""

    area_code: str
    kind: str
    reason: str
    subject: str
    priority: str
    channel: str
    person_id: uuid.UUID | None
    protected: bool


def campaign(session: Session, key: str | None) -> Campaign | None:
    """The named campaign, or the newest that carries estimates.

    Raises
    ------
    RefusedError
        If the named one does not exist or is targeted.
    """
    if key is None:
        query = select(Campaign).where(Campaign.kind.in_(DESIGN_BASED))
        return session.scalars(query.order_by(Campaign.year.desc(), Campaign.id.desc()).limit(1)).first()
    found = session.scalars(select(Campaign).where(Campaign.key == key)).one_or_none()
    if found is None or found.kind not in DESIGN_BASED:
        raise RefusedError("refresh.campaign", campaign=key)
    return found


def households(session: Session, campaign_id: int) -> list[HouseholdRow]:
    """Completed households in a fixed order."""
    query = (
        select(
            Household.area_code,
            Household.stratum,
            Household.block,
            Household.weight,
            Household.day,
            Household.answers,
            Household.roster,
            Household.household,
        )
        .where(Household.campaign_id == campaign_id, Household.outcome == "done", ~Household.superseded)
        .order_by(
            Household.area_code.collate("C"),
            Household.block.collate("C"),
            func.md5(cast(Household.answers, Text) + cast(Household.roster, Text)),
        )
    )
    return [HouseholdRow(*row) for row in session.execute(query)]


def newest_case_day(session: Session) -> dt.date | None:
    """Day of the newest case."""
    return session.scalar(select(func.max(Case.day)))


def cases(session: Session, first: dt.date, last: dt.date) -> list[CaseRow]:
    """Cases of a window in a fixed order."""
    order = [getattr(Case, name).collate("C") for name in ("area_code", "reason", "channel", "source_key")]
    names = ("area_code", "kind", "reason", "subject", "priority", "channel", "person_id", "protected")
    query = select(*(getattr(Case, name) for name in names)).where(Case.day.between(first, last))
    return [CaseRow(*row) for row in session.execute(query.order_by(Case.day, *order))]


def form(session: Session, form_id: int) -> Form:
    """A questionnaire by its version's number."""
    return Form.from_json(json.dumps(session.get_one(FormVersion, form_id).definition))


def current_codes(session: Session, codes: set[str], current: set[str]) -> dict[str, str]:
    """Today's area for each code; a merged or renamed one follows the crosswalk to its largest share."""
    links = session.scalars(select(AreaLink).order_by(AreaLink.valid_from, AreaLink.share)).all()
    heir = {link.old_code: link.new_code for link in links}  # the last written is the latest, largest share
    found: dict[str, str] = {}
    for code in codes:
        at = code
        for _ in range(len(heir) + 1):
            if at in current or at not in heir:
                break
            at = heir[at]
        found[code] = at
    return found


def split_codes(session: Session) -> set[str]:
    """Areas that hold a part of an older one whose rest is elsewhere."""
    split = select(AreaLink.old_code).group_by(AreaLink.old_code, AreaLink.valid_from)
    split = split.having(func.count() > 1)
    return set(session.scalars(select(AreaLink.new_code).where(AreaLink.old_code.in_(split))))


def linked_codes(session: Session) -> set[str]:
    """Areas that hold older ones."""
    return set(session.scalars(select(AreaLink.new_code)))


# by content, not by key: keys and order differ between installations, equal answers do not
HOUSEHOLDS = """
SELECT md5(string_agg(h, ',' ORDER BY h)) FROM (
    SELECT md5(concat_ws('|', area_code, stratum, block, weight, outcome, superseded, answers, roster)) AS h
    FROM survey.households
) AS each
"""
CASES = """
SELECT md5(string_agg(h, ',' ORDER BY h)) FROM (
    SELECT md5(concat_ws('|', area_code, kind, reason, subject, priority, channel, day, protected)) AS h
    FROM survey.cases
) AS each
"""


def fingerprint(session: Session) -> list[object]:
    """Short record of every version of every input: equal only for equal data."""
    boundary = session.scalars(select(Boundary.content_sha).order_by(Boundary.id)).all()
    return [list(boundary), *(session.scalar(text(statement)) for statement in (HOUSEHOLDS, CASES))]
