"""Streamlit's first page, put right: its language, its name, and where the server is.

It says `lang="en"` whatever it shows, and a screen reader would speak Turkish as English. Its script looks
for the server below the screen's own address first, which costs a round trip and an error in the console.
Its inline scripts are let through by a number used once; no other inline script runs.
"""

import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.gate import PAGE

LANGUAGE = b'<html lang="en"'
FRAMES = "/component/"  # pages inside the page: their policy is the gate's, their language ours
TITLE = b"<title>Streamlit</title>"
AGENTS = re.compile(rb'<link rel="service-desc"[^>]*>|<noscript>.*?</noscript>', re.DOTALL)
OURS = b"""<title>Mahalle</title><script>window.__streamlit = {BACKEND_BASE_URL: location.origin + "/",
HOST_CONFIG: {allowedOrigins: [location.origin], useExternalAuthToken: false}}</script>"""


class FirstPage:
    """Rewrites HTML pages for the visitor."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; a page is changed on its way."""
        visitor = scope.get("state", {}).get("visitor") if scope["type"] == "http" else None
        if visitor is None:
            await self.app(scope, receive, send)
            return
        headers = [
            pair for pair in scope["headers"] if pair[0] != b"accept-encoding" or not _asks_page(scope)
        ]
        rewriter = _Rewriter(send, str(visitor["language"]), is_frame=scope["path"].startswith(FRAMES))
        await self.app({**scope, "headers": headers}, receive, rewriter.send)


class _Rewriter:
    """Holds a page back until it is whole; everything else goes through as it comes."""

    def __init__(self, send: Send, language: str, *, is_frame: bool) -> None:
        self.pass_on = send
        self.language = language
        self.is_frame = is_frame
        self.start: Message | None = None
        self.body = b""

    async def send(self, message: Message) -> None:
        """One message of the answer."""
        if message["type"] == "http.response.start" and _is_page(message):
            self.start = message
        elif self.start is None:
            await self.pass_on(message)
        else:
            await self._hold(message)

    async def _hold(self, message: Message) -> None:
        assert self.start is not None
        self.body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = self.body.replace(LANGUAGE, f'<html lang="{self.language}"'.encode(), 1)
        headers = MutableHeaders(raw=self.start["headers"])
        if not self.is_frame:
            once = secrets.token_urlsafe(16)
            body = AGENTS.sub(b"", body.replace(TITLE, OURS, 1))
            body = body.replace(b"<script>", f'<script nonce="{once}">'.encode())
            policy = PAGE.replace("'self' blob:", f"'self' 'nonce-{once}' blob:", 1)
            headers["content-security-policy"] = policy
        headers["content-length"] = str(len(body))
        await self.pass_on(self.start)
        await self.pass_on({"type": "http.response.body", "body": body})


def _asks_page(scope: Scope) -> bool:
    """A page must come plain, or it could not be changed; scripts and styles may come compressed."""
    return "text/html" in Headers(scope=scope).get("accept", "")


def _is_page(message: Message) -> bool:
    headers = MutableHeaders(raw=message.get("headers", []))
    plain = "content-encoding" not in headers
    return plain and headers.get("content-type", "").startswith("text/html")
