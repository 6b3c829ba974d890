"""The web process's asynchronous calls to the service, for its routes."""

from collections.abc import AsyncIterable, Mapping
from pathlib import Path
from typing import cast

import httpx2

from app.client import HOST, Json, refusal
from app.errors import MahalleError, ServerError

COOKIE = "__Host-mahalle"


class ServiceCall:
    """One pool to the service's socket."""

    def __init__(self, socket: Path) -> None:
        transport = httpx2.AsyncHTTPTransport(uds=str(socket))
        self.http = httpx2.AsyncClient(
            transport=transport, base_url=HOST, timeout=httpx2.Timeout(60, connect=2)
        )

    async def who(self, token: str) -> Json | None:
        """Whose token it is; None if nobody's."""
        if not token:
            return None
        try:
            return await self.ask("GET", "/me", token)
        except MahalleError as error:
            if isinstance(error, ServerError):
                raise
            return None

    async def ask(
        self,
        method: str,
        path: str,
        token: str = "",
        *,
        body: Json | None = None,
        content: AsyncIterable[bytes] | None = None,
    ) -> Json:
        """Ask for JSON.

        Raises
        ------
        MahalleError
            What the service refused; ServerError if it cannot be reached.
        """
        try:
            answer = await self.http.request(method, path, headers=bearer(token), json=body, content=content)
        except httpx2.TransportError as why:
            raise ServerError("service.unreachable", why=type(why).__name__) from None
        if answer.is_error:
            raise refusal(answer)
        return cast(Json, answer.json())

    async def close(self) -> None:
        """Close the pool."""
        await self.http.aclose()


def bearer(token: str) -> Mapping[str, str]:
    """The header that carries a session's token."""
    return {"Authorization": f"Bearer {token}"} if token else {}
