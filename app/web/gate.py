"""In front of everything: before sign-in nothing but the form, afterwards only what is listed.

Plain ASGI, so that websockets pass through it as pages do.
"""

import re
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.auth.roles import Role
from app.client import Json
from app.dashboard.places import first_for
from app.errors import ServerError
from app.web.service_call import COOKIE, ServiceCall

PUBLIC = ("/giris", "/saglik")  # the form with its assets, and a health route without content
# what a signed-in browser may ask of Streamlit; its upload, metrics and agent endpoints are not there
STREAMLIT = (
    "/static/",
    "/component/",
    "/media/",
    "/_stcore/stream",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/bidi-components/",
    "/favicon.png",
)
ASSETS = ("/static/", "/component/")  # scripts and styles, the same for everybody: nothing of the city's
ASSETS_SECONDS = 2.0  # a page asks for dozens at once
MOST_REMEMBERED = 1000
HASHED = re.compile(r"[-.][A-Za-z0-9_-]{8}\.(?:js|css)$")  # names that change with their content
FOR_EVER = "private, max-age=31536000, immutable"
SAFE = ("GET", "HEAD", "OPTIONS")
Form = Callable[[Request], Awaitable[Response]]
PAGE = (
    "default-src 'none'; script-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src 'self' blob:; "
    "worker-src 'self' blob:; frame-ancestors 'self'; base-uri 'self'; form-action 'self'; object-src 'none'"
)
# the map's frame builds its layers from text that the page sends it
FRAME = PAGE.replace("'self' blob:; style", "'self' 'unsafe-inline' 'unsafe-eval'; style", 1)
FORM = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class Gate:
    """Asks the service whose session each request is; for scripts and styles, once in a moment.

    Parameters
    ----------
    app : what lies behind
    service : asks whose token it is
    form : answers a visitor who wants a page
    hosts : names this site is called by; a request under another name is refused (DNS rebinding)
    routes : first parts of the paths of our own routes and of the screens
    secure : whether browsers reach it by TLS
    pictures : scheme and host of the city's own base map, if it has one
    """

    def __init__(
        self,
        app: ASGIApp,
        service: ServiceCall,
        form: Form,
        *,
        hosts: Iterable[str],
        routes: Iterable[str],
        secure: bool,
        pictures: str = "",
    ) -> None:
        self.app = app
        self.service = service
        self.form = form
        self.hosts = frozenset(hosts)
        self.allowed = (*STREAMLIT, *routes)
        self.secure = secure
        self.lately: dict[str, tuple[float, Json]] = {}
        self.frame = FRAME.replace("img-src 'self'", f"img-src 'self' {pictures}".rstrip())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer in place of what lies behind."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), scope["path"]
        send = self._with_headers(path, send)
        if (status := self._misplaced(scope, headers)) is not None:
            await _refuse(scope, receive, send, status)
        elif is_under(path, PUBLIC):
            await self.app(scope, receive, send)
        else:
            await self._admit(scope, receive, send, path)

    async def _admit(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        token = token_in(Headers(scope=scope))
        try:
            found = await self._who(token, path)
        except ServerError:
            await _refuse(scope, receive, send, 503)
            return
        if found is None or found["stage"] != "full":
            await self._turn_away(scope, receive, send)
        elif path == "/" and scope["type"] == "http":
            await RedirectResponse(f"/{first_for(Role(str(found['role']))).place}", 303)(scope, receive, send)
        elif not is_under(path, self.allowed):
            await _refuse(scope, receive, send, 404)
        else:
            _state(scope).update(token=token, visitor=found)
            await self.app(scope, receive, send)

    async def _who(self, token: str, path: str) -> Json | None:
        """Whose token it is, asked anew for all but a page's many assets."""
        now = time.monotonic()
        asked, found = self.lately.get(token, (-ASSETS_SECONDS, None))
        if found is not None and now - asked < ASSETS_SECONDS and path.startswith(ASSETS):
            return found
        self.lately.pop(token, None)
        found = await self.service.who(token)
        if found is not None:
            if len(self.lately) >= MOST_REMEMBERED:
                self.lately.clear()
            self.lately[token] = (now, found)
        return found

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The form where a person wants a page; a bare 401 for everything else."""
        wants_page = scope["type"] == "http" and scope["method"] == "GET"
        if wants_page and "text/html" in Headers(scope=scope).get("accept", ""):
            answer = await self.form(Request(scope, receive))
            answer.status_code = 401
            await answer(scope, receive, send)
        else:
            await _refuse(scope, receive, send, 401)

    def _misplaced(self, scope: Scope, headers: Headers) -> int | None:
        """A request under a foreign name, or an act that another site's page asks for."""
        host = headers.get("host", "")
        if host.rsplit(":", 1)[0].strip("[]") not in self.hosts:
            return 421
        acts = scope["type"] == "websocket" or scope["method"] not in SAFE
        origin = headers.get("origin")
        if acts and origin is not None and urlsplit(origin).netloc != host:
            return 403
        return 403 if scope["type"] == "websocket" and origin is None else None

    def _with_headers(self, path: str, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(path, MutableHeaders(raw=message.setdefault("headers", [])))
            await send(message)

        return sent

    def _add_headers(self, path: str, headers: MutableHeaders) -> None:
        policy = FORM if is_under(path, PUBLIC) else self.frame if path.startswith("/component/") else PAGE
        headers.setdefault("content-security-policy", policy)
        headers["x-content-type-options"] = "nosniff"
        headers["referrer-policy"] = "same-origin"
        headers["x-frame-options"] = "SAMEORIGIN"
        headers["cross-origin-opener-policy"] = "same-origin"
        headers["permissions-policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
        if path.startswith("/component/") and HASHED.search(path):
            headers["cache-control"] = FOR_EVER
        headers.setdefault("cache-control", "no-store")
        del headers["access-control-allow-origin"]
        del headers["server"]
        if self.secure:
            headers["strict-transport-security"] = "max-age=31536000"


def token_in(headers: Headers) -> str:
    """The session's token in the cookie; empty where there is none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def is_under(path: str, places: Iterable[str]) -> bool:
    """Whether a path is one of these places or below one.

    >>> is_under("/giris/stil.css", ["/giris"]), is_under("/girisim", ["/giris"])
    (True, False)
    """
    return any(path == place or path.startswith(place.rstrip("/") + "/") for place in places)


def visitor_of(request: Request) -> Json:
    """Who the gate let through."""
    found: Json = request.state.visitor
    return found


def _state(scope: Scope) -> MutableMapping[str, Any]:
    state: MutableMapping[str, Any] = scope.setdefault("state", {})
    return state


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int) -> None:
    if scope["type"] == "websocket":
        # closing before accepting makes the server answer the handshake with 403
        await receive()
        await send({"type": "websocket.close", "code": 4000 + status})
        return
    wants_json = "application/json" in Headers(scope=scope).get("accept", "")
    answer = JSONResponse({"error": status}, status) if wants_json else PlainTextResponse(str(status), status)
    await answer(scope, receive, send)
