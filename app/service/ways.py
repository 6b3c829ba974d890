"""The service's routes as data: method, path, who may, and the function that answers.

Checks stand in one place, `Endpoint`; tests go through the same list, so a route without a decision about
who may ask for it cannot exist.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.auth import sign_in
from app.auth.roles import Action, may
from app.auth.sign_in import Visitor
from app.errors import BusyError, ForbiddenError, MahalleError, RefusedError, SetupError, SignedOutError
from app.store import audit
from app.store.logins import Login
from app.store.session import Store

if TYPE_CHECKING:
    from app.service.queue import Queue

BODY_BYTES = 1 << 20
STATUS: tuple[tuple[type[MahalleError], int], ...] = (
    (SignedOutError, 401),
    (ForbiddenError, 403),
    (BusyError, 429),
    (RefusedError, 409),
    (SetupError, 503),
)


class Door(StrEnum):
    """Who may ask where no action of the roles' table is meant."""

    ANYBODY = "anybody"  # signing in
    HALFWAY = "halfway"  # in the middle of signing in; the function checks the step
    SIGNED_IN = "signed-in"  # whatever the role


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question: who, what, and with what."""

    store: Store
    queue: "Queue"
    visitor: Visitor | None
    token: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, object]
    at: dt.datetime

    @property
    def who(self) -> Visitor:
        """The signed-in person."""
        assert self.visitor is not None, "this way is open to nobody but the signed-in"
        return self.visitor

    def text(self, name: str, default: str | None = None) -> str:
        """A text of the body.

        Raises
        ------
        RefusedError
            If it is missing or no text.
        """
        value = self.body.get(name, default)
        if not isinstance(value, str):
            raise RefusedError("service.bad_field", field=name)
        return value

    def number(self, name: str) -> int:
        """A whole number of the path.

        Raises
        ------
        RefusedError
            If it is none.
        """
        try:
            return int(self.path[name])
        except ValueError:
            raise RefusedError("service.bad_field", field=name) from None


Answer = Callable[[Asked], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One route."""

    method: str
    path: str
    needs: Action | Door
    answer: Answer = field(repr=False)


class Endpoint:
    """Runs one way: who asks, may they, then the function in a thread; errors become answers."""

    def __init__(self, way: Way, store: Store, queue: "Queue") -> None:
        self.way = way
        self.store = store
        self.queue = queue

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        try:
            body = await read_body(request)
            return await to_thread.run_sync(self._answer, request, body)
        except MahalleError as error:
            return refused(error)

    def _answer(self, request: Request, body: Mapping[str, object]) -> Response:
        now = dt.datetime.now(dt.UTC)
        token = token_of(request)
        visitor = admit(self.store, self.way.needs, token, now=now)
        asked = Asked(
            store=self.store,
            queue=self.queue,
            visitor=visitor,
            token=token,
            path=request.path_params,
            query=request.query_params,
            body=body,
            at=now,
        )
        answer = self.way.answer(asked)
        return answer if isinstance(answer, Response) else JSONResponse(answer)


def admit(store: Store, needs: Action | Door, token: str, *, now: dt.datetime) -> Visitor | None:
    """Whose session it is, if it may ask this.

    Raises
    ------
    SignedOutError
        If the session has ended or is not a full one.
    ForbiddenError
        If the role may not do it; noted in the audit.
    """
    if needs in (Door.ANYBODY, Door.HALFWAY):
        return None
    visitor = sign_in.who(store, token, now=now, acts=False) if token else None
    if visitor is None or visitor.stage != "full":
        raise SignedOutError("signin.not_signed_in")
    if isinstance(needs, Action) and not may(visitor.role, needs):
        with store.session(Login.SERVICE) as session:
            audit.record(session, actor=visitor.actor, action="refused", detail={"action": needs})
        raise ForbiddenError("signin.forbidden", role=visitor.role)
    return visitor


def token_of(request: Request) -> str:
    """The session's token."""
    return request.headers.get("authorization", "").removeprefix("Bearer ")


async def read_body(request: Request) -> Mapping[str, object]:
    """The JSON object of a request; empty where it has none.

    Raises
    ------
    RefusedError
        If it is too large or no JSON object.
    """
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_BYTES:
            raise RefusedError("service.bad_body")
        parts.append(part)
    if not size:
        return {}
    try:
        found = json.loads(b"".join(parts))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise RefusedError("service.bad_body")
    return found


def refused(error: MahalleError) -> JSONResponse:
    """An error as an answer; `app.client` makes it an error again."""
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    fields = {
        name: value if isinstance(value, int | float) else str(value) for name, value in error.fields.items()
    }
    said = {"kind": type(error).__name__, "error": error.key, "fields": fields}
    return JSONResponse(said, status_code=status)
