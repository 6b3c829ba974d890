"""A draft is checked, approved and published by people; publishing freezes it."""

import datetime as dt

from app.store import audit, publishing, runs
from app.store.logins import Login
from app.store.session import Store


def move(
    store: Store,
    run_id: int | None,
    to: str,
    *,
    actor: str,
    now: dt.datetime,
    note: str = "",
    title: str | None = None,
) -> int:
    """Move a run (the newest that can be, if none is named) to its next state; returns its number.

    Raises
    ------
    RefusedError
        If the run does not exist or is not in the state before.
    """
    before = next(state for state, after in runs.NEXT.items() if after == to)
    with store.session(Login.REFRESH) as session:
        run = runs.get(session, run_id) if run_id else runs.get(session, state=before)
        if title:
            run.title = title
        runs.advance(session, run, to, actor=actor, at=now, note=note)
        if to == "published":
            publishing.publish(session, run, at=now, smallest_base=store.settings.smallest_base)
        audit.record(session, actor=actor, action=f"run.{to}", purpose=note, detail={"run": run.id})
        return run.id
