"""Write to the audit chain and verify it."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import TypedDict, cast

from sqlalchemy import text
from sqlalchemy.orm import Session


def record(
    session: Session,
    *,
    actor: str,
    action: str,
    purpose: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append one event in the caller's transaction: who did what to which record and why; never a value."""
    session.execute(
        text("SELECT audit.record(:actor, :action, :purpose, CAST(:detail AS jsonb))"),
        {"actor": actor, "action": action, "purpose": purpose, "detail": json.dumps(detail or {})},
    )


class Told(TypedDict):
    """One event as it is shown."""

    at: dt.datetime
    actor: str
    action: str
    purpose: str
    detail: Mapping[str, object]


def newest(session: Session, *, most: int) -> list[Told]:
    """The newest events."""
    query = text("SELECT at, actor, action, purpose, detail FROM audit.events ORDER BY id DESC LIMIT :most")
    return [cast(Told, dict(row)) for row in session.execute(query, {"most": most}).mappings()]


VERIFY = """
SELECT id FROM (
    SELECT id, chain, sha256(
        coalesce(lag(chain) OVER (ORDER BY id), ''::bytea)
        || convert_to(jsonb_build_array(at AT TIME ZONE 'UTC', actor, action, purpose, detail)::text, 'UTF8')
    ) AS due
    FROM audit.events
) AS chained
WHERE chain <> due ORDER BY id LIMIT 1
"""


def first_broken(session: Session) -> int | None:
    """Number of the first event that was altered or follows a removed one; None if the chain holds."""
    found: int | None = session.scalar(text(VERIFY))
    return found
