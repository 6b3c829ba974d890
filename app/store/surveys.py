"""Queries on forms, campaigns, mappings, batches and attempts."""

import datetime as dt
import json
from collections.abc import Mapping

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.errors import RefusedError
from app.store.tables.agg import About
from app.store.tables.survey import Attempt, Batch, Campaign, FormVersion
from app.store.tables.survey import Mapping as SavedMapping
from survey.form import Form


def about(session: Session) -> About:
    """The row that says what the store holds, to read or to set."""
    return session.scalars(select(About)).one()


def form(session: Session, form_id: str | None = None) -> tuple[int, Form]:
    """The newest version of a form, of the only form if none is named.

    Raises
    ------
    RefusedError
        If there is none, or several and none is named.
    """
    query = select(FormVersion).order_by(FormVersion.id.desc())
    if form_id is not None:
        query = query.where(FormVersion.form_id == form_id)
    versions = session.scalars(query).all()
    if not versions:
        raise RefusedError("load.no_form", form=form_id or "-")
    names = sorted({version.form_id for version in versions})
    if len(names) > 1:
        raise RefusedError("load.which_form", forms=", ".join(names))
    newest = versions[0]
    return newest.id, Form.from_json(json.dumps(newest.definition))


def form_version(session: Session, form_id: str, version: str) -> FormVersion | None:
    """Exactly this version of a form, if it was loaded."""
    query = select(FormVersion).where(FormVersion.form_id == form_id, FormVersion.version == version)
    return session.scalars(query).one_or_none()


def campaign(session: Session, key: str) -> Campaign | None:
    """A campaign by its key."""
    return session.scalars(select(Campaign).where(Campaign.key == key)).one_or_none()


def campaigns(session: Session) -> list[Campaign]:
    """All area surveys, the newest first."""
    return list(session.scalars(select(Campaign).order_by(Campaign.year.desc(), Campaign.id.desc())))


def form_ids(session: Session) -> list[str]:
    """Names of the loaded questionnaires."""
    return list(session.scalars(select(FormVersion.form_id).distinct().order_by(FormVersion.form_id)))


def mapping_names(session: Session) -> list[str]:
    """Names of the saved mappings."""
    return list(session.scalars(select(SavedMapping.name).order_by(SavedMapping.name)))


def mapping(session: Session, name: str) -> Mapping[str, object]:
    """A saved mapping.

    Raises
    ------
    RefusedError
        If no mapping has that name.
    """
    saved = session.get(SavedMapping, name)
    if saved is None:
        known = ", ".join(session.scalars(select(SavedMapping.name).order_by(SavedMapping.name)))
        raise RefusedError("load.no_mapping", name=name, known=known or "-")
    return saved.definition


def save_mapping(session: Session, name: str, definition: Mapping[str, object]) -> None:
    """Keep a mapping under a name; a later one of the same name replaces it."""
    session.merge(SavedMapping(name=name, definition=dict(definition)))


def open_batch(session: Session, *, kind: str, sha256: str, name: str, actor: str) -> Batch:
    """Begin a batch; its row is only seen when the whole file is in."""
    now = dt.datetime.now(dt.UTC)
    batch = Batch(kind=kind, file_sha=sha256, file_name=name, actor=actor, received_at=now, counts={})
    session.add(batch)
    session.flush()
    return batch


def note_attempt(session: Session, *, kind: str, sha256: str, name: str, actor: str, outcome: str) -> None:
    """Remember that a file was offered, whatever became of it."""
    now = dt.datetime.now(dt.UTC)
    session.add(Attempt(kind=kind, file_sha=sha256, file_name=name, actor=actor, at=now, outcome=outcome))


# Of several records of one household the completed one visited last counts; a tie falls to the later key.
# An array, not a join with itself: worked out once, whatever the planner believes of rows added just now.
SETTLE = """
UPDATE survey.households SET superseded = NOT superseded
WHERE id = ANY (ARRAY(
    SELECT id FROM (
        SELECT id, superseded, row_number() OVER (
            PARTITION BY area_code, household
            ORDER BY outcome = 'done' DESC, day DESC NULLS LAST, source_key COLLATE "C" DESC
        ) AS place
        FROM survey.households WHERE campaign_id = :campaign AND household <> ''
    ) AS ranked
    WHERE superseded <> (place > 1)
))
"""


def settle_households(session: Session, campaign_id: int) -> None:
    """Let one record of each household count, whichever files they came in."""
    session.flush()
    session.execute(text(SETTLE), {"campaign": campaign_id})
