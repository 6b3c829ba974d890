"""Ways to ask for long work, to watch, cancel and fetch what it made."""

import uuid
from collections.abc import Mapping

from starlette.responses import FileResponse

from app.auth.roles import REGIONAL, Action, may
from app.auth.sign_in import Visitor
from app.errors import ForbiddenError, RefusedError
from app.service.ways import Asked, Door, Way
from app.store import works
from app.store.logins import Login
from app.store.works import Work

# what a person must be allowed to, to ask for each kind
NEEDS: Mapping[str, Action] = {
    "refresh": Action.RUN_MAKE,
    "examine": Action.RUN_CHECK,
    "backup": Action.BACKUP_MAKE,
    "recommend": Action.PLAN_MAKE,
    "pin": Action.PLAN_MAKE,
    "papers": Action.PLAN_READ,
    "report": Action.REPORT_MAKE,
}


def _ask(asked: Asked) -> object:
    kind = asked.text("kind")
    if kind not in NEEDS:
        raise RefusedError("jobs.unknown_kind", kind=kind)
    bound = asked.who.role in REGIONAL
    if not may(asked.who.role, NEEDS[kind]) or (bound and not asked.who.region):
        raise ForbiddenError("signin.forbidden", role=asked.who.role)
    arguments = asked.body.get("arguments", {})
    if not isinstance(arguments, dict):
        raise RefusedError("service.bad_field", field="arguments")
    return {"id": str(ask(asked, kind, {**arguments, "region": asked.who.region}))}


def ask(asked: Asked, kind: str, arguments: Mapping[str, object]) -> uuid.UUID:
    """Queue work in the name of who asks."""
    return asked.queue.ask(kind, arguments, actor=asked.who.actor, user_id=asked.who.user_id)


def _list(asked: Asked) -> object:
    everybody = asked.query.get("all") == "1" and may(asked.who.role, Action.SYSTEM_READ)
    with asked.store.session(Login.SERVICE) as session:
        found = works.newest(session, user_id=None if everybody else asked.who.user_id)
        return {"jobs": [_brief(work) for work in found]}


def _show(asked: Asked) -> object:
    with asked.store.session(Login.SERVICE) as session:
        work = works.get(session, work_id(asked))
        _require_own(asked.who, work, reading=True)
        return {**_brief(work), "result": work.result}


def _cancel(asked: Asked) -> object:
    with asked.store.session(Login.SERVICE) as session:
        work = works.get(session, work_id(asked))
        _require_own(asked.who, work, reading=False)
    return {"cancelled": asked.queue.cancel(work.id)}


def _file(asked: Asked) -> object:
    """A file that the work made; only who asked for the work has it."""
    with asked.store.session(Login.SERVICE) as session:
        work = works.get(session, work_id(asked))
        _require_own(asked.who, work, reading=False)
    folder = asked.store.settings.here.results / str(work.id)
    named = {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}
    if asked.path["name"] not in named:
        raise RefusedError("jobs.no_file")
    return FileResponse(named[asked.path["name"]], filename=asked.path["name"])


def work_id(asked: Asked) -> uuid.UUID:
    """The number in the path.

    Raises
    ------
    RefusedError
        If it is none.
    """
    try:
        return uuid.UUID(asked.path["id"])
    except ValueError:
        raise RefusedError("jobs.unknown") from None


def _require_own(visitor: Visitor, work: Work, *, reading: bool) -> None:
    if work.user_id == visitor.user_id or (reading and may(visitor.role, Action.SYSTEM_READ)):
        return
    raise RefusedError("jobs.unknown")


def _brief(work: Work) -> dict[str, object]:
    moments = {name: getattr(work, name) for name in ("made_at", "began_at", "ended_at")}
    return {
        "id": str(work.id),
        "kind": work.kind,
        "actor": work.actor,
        "state": work.state,
        "stage": work.stage,
        "share": work.share,
        "error": work.error,
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
    }


WAYS = (
    Way(method="POST", path="/jobs", needs=Door.SIGNED_IN, answer=_ask),
    Way(method="GET", path="/jobs", needs=Door.SIGNED_IN, answer=_list),
    Way(method="GET", path="/jobs/{id}", needs=Door.SIGNED_IN, answer=_show),
    Way(method="POST", path="/jobs/{id}/cancel", needs=Door.SIGNED_IN, answer=_cancel),
    Way(method="GET", path="/jobs/{id}/files/{name}", needs=Door.SIGNED_IN, answer=_file),
)
