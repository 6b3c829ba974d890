"""Queries on long work and on uploads."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import RefusedError
from app.store.tables.jobs import Upload, Work

__all__ = ["Upload", "Work"]
MOST_TRIES = 2
OPEN = ("waiting", "running")


def add(
    session: Session,
    kind: str,
    arguments: Mapping[str, object],
    *,
    actor: str,
    user_id: int | None,
    now: dt.datetime,
) -> Work:
    """Note that something is to be done."""
    work = Work(
        id=uuid.uuid4(),
        kind=kind,
        actor=actor,
        user_id=user_id,
        arguments=dict(arguments),
        state="waiting",
        stage="",
        share=0.0,
        tries=0,
        made_at=now,
    )
    session.add(work)
    session.flush()
    return work


def get(session: Session, work_id: uuid.UUID) -> Work:
    """One piece of work.

    Raises
    ------
    RefusedError
        If there is none of that number.
    """
    work = session.get(Work, work_id)
    if work is None:
        raise RefusedError("jobs.unknown")
    return work


def newest(session: Session, *, user_id: int | None, most: int = 50) -> list[Work]:
    """The newest work, of one person or of all."""
    query = select(Work).order_by(Work.made_at.desc()).limit(most)
    return list(session.scalars(query if user_id is None else query.where(Work.user_id == user_id)))


def is_open(session: Session, kind: str) -> bool:
    """Whether work of this kind waits or runs."""
    return session.scalar(select(Work.id).where(Work.kind == kind, Work.state.in_(OPEN)).limit(1)) is not None


def begin(session: Session, work_id: uuid.UUID, now: dt.datetime) -> Work | None:
    """Take waiting work up; None if it was cancelled meanwhile."""
    work = session.get(Work, work_id, with_for_update=True)
    if work is None or work.state != "waiting":
        return None
    work.state, work.began_at, work.tries = "running", now, work.tries + 1
    return work


def tell(session: Session, work_id: uuid.UUID, stage: str, share: float) -> None:
    """Note how far running work is."""
    session.execute(
        update(Work).where(Work.id == work_id, Work.state == "running").values(stage=stage, share=share)
    )


def end(
    session: Session,
    work_id: uuid.UUID,
    state: str,
    *,
    result: Mapping[str, object] | None = None,
    error: Mapping[str, object] | None = None,
    now: dt.datetime,
) -> bool:
    """Close open work; False if it was closed before."""
    query = (
        update(Work)
        .where(Work.id == work_id, Work.state.in_(OPEN))
        .values(
            state=state,
            result=dict(result) if result is not None else None,
            error=dict(error) if error is not None else None,
            ended_at=now,
        )
    )
    return session.scalar(query.returning(Work.id)) is not None


def take_up_again(session: Session, now: dt.datetime) -> list[Work]:
    """After a crash: what ran waits again, what was tried too often has failed; returns all that waits."""
    for work in session.scalars(select(Work).where(Work.state == "running").with_for_update()):
        if work.tries >= MOST_TRIES:
            work.state, work.ended_at = "failed", now
            work.error = {"kind": "MahalleError", "error": "jobs.interrupted", "fields": {}}
        else:
            work.state, work.stage, work.share = "waiting", "", 0.0
    session.flush()
    return list(session.scalars(select(Work).where(Work.state == "waiting").order_by(Work.made_at)))


def ended_before(session: Session, moment: dt.datetime) -> Sequence[uuid.UUID]:
    """Work that ended before a moment: its files may go."""
    return session.scalars(select(Work.id).where(Work.ended_at < moment)).all()


# ---------------------------------------------------------------- uploads
def upload(session: Session, upload_id: uuid.UUID, *, user_id: int) -> Upload:
    """One's own upload.

    Raises
    ------
    RefusedError
        If there is none, or it is another person's.
    """
    found = session.get(Upload, upload_id)
    if found is None or found.user_id != user_id:
        raise RefusedError("uploads.unknown")
    return found


def uploads(session: Session, *, user_id: int) -> list[Upload]:
    """A person's uploads, newest first."""
    query = select(Upload).where(Upload.user_id == user_id).order_by(Upload.made_at.desc())
    return list(session.scalars(query))


def stale_uploads(session: Session, moment: dt.datetime) -> list[Upload]:
    """Uploads nobody touched since a moment."""
    return list(session.scalars(select(Upload).where(Upload.touched_at < moment)))
