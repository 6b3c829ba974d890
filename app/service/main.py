"""Build and run the service: its ways, the uploads, and the queue beside them."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.auth.people import is_ready_for_network
from app.service import office, plans, proposals, runs, signing, uploads, works
from app.service.queue import Queue
from app.service.ways import Endpoint, Way
from app.settings import Settings
from app.store.server import share
from app.store.session import Store

WAYS: tuple[Way, ...] = (
    *signing.WAYS,
    *uploads.WAYS,
    *works.WAYS,
    *office.WAYS,
    *plans.WAYS,
    *proposals.WAYS,
    *runs.WAYS,
)


def build(store: Store) -> Starlette:
    """The service as an ASGI application; its lifespan runs the queue."""
    queue = Queue(store)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        at_work = asyncio.create_task(queue.run())
        yield
        at_work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await at_work

    routes = [Route(way.path, Endpoint(way, store, queue).handle, methods=[way.method]) for way in WAYS]
    pieces = Route("/uploads/{id}", uploads.PieceEndpoint(store).handle, methods=["PUT"])
    health = Route("/health", partial(_health, store))
    return Starlette(routes=[*routes, pieces, health], lifespan=lifespan)


def _health(store: Store, _: Request) -> JSONResponse:
    """For whoever watches this process, and for the web process before it opens to a network."""
    return JSONResponse({"ok": True, "network": is_ready_for_network(store)})


def run(settings: Settings) -> None:
    """Serve on the unix socket until told to stop."""
    store = Store.open(settings)
    try:
        config = uvicorn.Config(
            build(store), log_level="warning", access_log=False, timeout_graceful_shutdown=3
        )
        door = listen(settings.here.service_socket)
        share(settings.here.service_socket, settings, 0o660)
        uvicorn.Server(config).run(sockets=[door])
    finally:
        store.close()


def listen(path: Path) -> socket.socket:
    """A unix socket for this OS user and its group only."""
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX)
    before = os.umask(0o117)
    try:
        made.bind(str(path))
    finally:
        os.umask(before)
    return made
