"""How the web process and the command line speak to the service: HTTP on its unix socket."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import httpx2

from app import errors
from app.errors import MahalleError, ServerError

Json = Mapping[str, object]
HOST = "http://service"  # a name for the header only; the socket decides where it goes
SECONDS = httpx2.Timeout(30.0, connect=2.0)
KINDS: Mapping[str, type[MahalleError]] = {
    name: found
    for name, found in vars(errors).items()
    if isinstance(found, type) and issubclass(found, MahalleError)
}


@functools.lru_cache(maxsize=4)
def _pool(socket: Path) -> httpx2.Client:
    """One pool of connections a process; httpx2 clients are thread-safe."""
    return httpx2.Client(transport=httpx2.HTTPTransport(uds=str(socket)), base_url=HOST, timeout=SECONDS)


class Client:
    """The service as one person sees it.

    Parameters
    ----------
    socket : the service's unix socket
    token : the session's token; empty before sign-in
    """

    def __init__(self, socket: Path, token: str = "") -> None:
        self.socket = socket
        self.token = token

    def get(self, path: str, **query: str | int) -> Json:
        """Ask for something.

        Raises
        ------
        MahalleError
            What the service refused, as it refused it; ServerError if it cannot be reached.
        """
        return self._json("GET", path, params=query)

    def post(self, path: str, body: Json | None = None) -> Json:
        """Have something done; raises as `get`."""
        return self._json("POST", path, json=body or {})

    def delete(self, path: str) -> Json:
        """Take something away; raises as `get`."""
        return self._json("DELETE", path)

    def file(self, path: str) -> bytes:
        """The bytes of a file; raises as `get`."""
        return self._ask("GET", path).content

    def close(self) -> None:
        """Close this process's connections to the service; the next question opens them again."""
        _pool(self.socket).close()
        _pool.cache_clear()

    def _json(self, method: str, path: str, **given: object) -> Json:
        return cast(Json, self._ask(method, path, **given).json())

    def _ask(self, method: str, path: str, **given: object) -> httpx2.Response:
        try:
            answer = _pool(self.socket).request(method, path, headers=self._headers(), **given)  # type: ignore[arg-type]
        except httpx2.TransportError as why:
            raise ServerError("service.unreachable", why=type(why).__name__) from None
        if answer.is_error:
            raise refusal(answer)
        return answer

    def _headers(self) -> list[tuple[str, str]]:
        return [("Authorization", f"Bearer {self.token}")] if self.token else []


def refusal(answer: httpx2.Response) -> MahalleError:
    """The error that the service raised, made again on this side."""
    try:
        said = answer.json()
        kind, key, fields = KINDS[said["kind"]], str(said["error"]), dict(said["fields"])
    except (ValueError, KeyError, TypeError):
        return ServerError("service.broken", status=answer.status_code)
    return kind(key, **fields)
