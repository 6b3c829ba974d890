"""Our own routes beside Streamlit's: sign-in form, health, tiles, uploads and files on their way through."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import resources
from pathlib import Path
from urllib.parse import quote

from anyio import to_thread
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from app import views
from app.client import Json
from app.errors import ForbiddenError, MahalleError, RefusedError, SignedOutError
from app.i18n import Language, explain
from app.settings import Settings
from app.views import Reader
from app.web.gate import FOR_EVER
from app.web.service_call import ServiceCall, bearer
from app.web.sign_in_page import SignInPage

STATIC = resources.files("app.web").joinpath("static")
STATUS: tuple[tuple[type[MahalleError], int], ...] = (
    (SignedOutError, 401),
    (ForbiddenError, 403),
    (RefusedError, 409),
)
TILES, UPLOADS, FILES = "/tiles", "/uploads", "/files"
OURS = (TILES, views.ASSETS_URL, UPLOADS, FILES)
TILE = f"{TILES}/{{layer}}/{{version}}/{{z:int}}/{{x:int}}/{{y:int}}.pbf"
BASEMAP = f"{TILES}/basemap/{{z:int}}/{{x:int}}/{{y:int}}"
BASEMAP_KEPT = "private, max-age=86400"


def routes(settings: Settings, service: ServiceCall, page: SignInPage, reader: Reader) -> list[BaseRoute]:
    """All of them."""
    tiles, passing = Tiles(reader, settings.basemap_file), Passing(service)
    return [
        Route("/giris", page.show, methods=["GET"]),
        Route("/giris", page.act, methods=["POST"]),
        Route("/giris/stil.css", _style, methods=["GET"]),
        Route("/saglik", _health, methods=["GET"]),
        Route("/giris/simge.png", _icon, methods=["GET"]),
        Route("/favicon.png", _icon, methods=["GET"]),
        Route(TILE, tiles.tile, methods=["GET"]),
        Route(f"{TILES}/names/{{version}}.json", tiles.names, methods=["GET"]),
        Route(f"{views.ASSETS_URL}/{{path:path}}", _asset, methods=["GET"]),
        Route(UPLOADS, passing.announce, methods=["POST"]),
        Route(f"{UPLOADS}/{{id}}", passing.show, methods=["GET"]),
        Route(f"{UPLOADS}/{{id}}", passing.piece, methods=["PUT"]),
        Route(f"{FILES}/{{id}}/{{name}}", passing.file, methods=["GET"]),
    ]


async def _style(_: Request) -> Response:
    return FileResponse(str(STATIC.joinpath("giris.css")), headers={"cache-control": "max-age=3600"})


async def _icon(_: Request) -> Response:
    return FileResponse(str(STATIC.joinpath("mahalle.png")), headers={"cache-control": "max-age=86400"})


async def _health(_: Request) -> Response:
    return JSONResponse({"ok": True})


async def _asset(request: Request) -> Response:
    """A script or style of the map; its address changes with its content."""
    found = views.vendored(request.path_params["path"])
    if found is None:
        return Response(status_code=404)
    return FileResponse(found, headers={"cache-control": FOR_EVER})


class Tiles:
    """Shapes for the map: geometry and a number each, the same for ever in one version."""

    def __init__(self, reader: Reader, basemap: Path | None) -> None:
        self.reader = reader
        self.file = basemap

    async def basemap(self, request: Request) -> Response:
        """One picture of the city's own base map, where there is one."""
        at = request.path_params
        if self.file is None:
            return Response(status_code=404)
        read = partial(views.basemap_tile, self.file, z=at["z"], x=at["x"], y=at["y"])
        try:
            found = await to_thread.run_sync(read)
        except MahalleError:
            return Response(status_code=404)
        return Response(found.content, media_type=found.kind, headers={"cache-control": BASEMAP_KEPT})

    async def tile(self, request: Request) -> Response:
        """One vector tile."""
        at = request.path_params
        make = partial(views.tile, self.reader, at["layer"], at["version"], at["z"], at["x"], at["y"])
        return await self._kept_for_ever(request, make, "application/vnd.mapbox-vector-tile")

    async def names(self, request: Request) -> Response:
        """Names of all areas, fetched when a pointer first rests on the map."""
        make = partial(views.names, self.reader, request.path_params["version"])
        return await self._kept_for_ever(request, make, "application/json")

    @staticmethod
    async def _kept_for_ever(request: Request, make: Callable[[], views.Tile], kind: str) -> Response:
        try:
            found = await to_thread.run_sync(make)
        except MahalleError:
            return Response(status_code=404)
        headers = {"etag": found.etag, "cache-control": FOR_EVER, "content-encoding": "gzip"}
        if request.headers.get("if-none-match") == found.etag:
            return Response(status_code=304, headers=headers)
        return Response(found.bytes_gzip, media_type=kind, headers=headers)


class Passing:
    """What goes through to the service in the name of who is signed in, without being kept here."""

    def __init__(self, service: ServiceCall) -> None:
        self.service = service

    async def announce(self, request: Request) -> Response:
        """Announce an upload."""
        try:
            body = await request.json()
        except ValueError:
            return Response(status_code=400)
        return await self._pass("POST", "/uploads", request, body=body if isinstance(body, dict) else {})

    async def show(self, request: Request) -> Response:
        """How much of an upload has arrived."""
        return await self._pass("GET", f"/uploads/{quote(request.path_params['id'], safe='')}", request)

    async def piece(self, request: Request) -> Response:
        """A piece of an upload, streamed on as it comes."""
        begins = request.query_params.get("from", "")
        path = f"/uploads/{quote(request.path_params['id'], safe='')}?from={quote(begins, safe='')}"
        try:
            answer = await self.service.ask("PUT", path, _token(request), content=request.stream())
        except MahalleError as error:
            return _refused(error, request)
        except ClientDisconnect:
            return Response(status_code=400)
        return JSONResponse(answer)

    async def file(self, request: Request) -> Response:
        """A file that a job made."""
        at = request.path_params
        path = f"/jobs/{quote(at['id'], safe='')}/files/{quote(at['name'], safe='')}"
        http = self.service.http
        asked = http.build_request("GET", path, headers=dict(bearer(_token(request))))
        found = await http.send(asked, stream=True)
        if found.is_error:
            await found.aclose()
            return Response(status_code=404 if found.status_code == 409 else found.status_code)
        kept = ("content-type", "content-length", "content-disposition")
        headers = {name: found.headers[name] for name in kept if name in found.headers}
        return StreamingResponse(found.aiter_raw(), headers=headers, background=BackgroundTask(found.aclose))

    async def _pass(self, method: str, path: str, request: Request, body: Json | None = None) -> Response:
        try:
            return JSONResponse(await self.service.ask(method, path, _token(request), body=body))
        except MahalleError as error:
            return _refused(error, request)


def _token(request: Request) -> str:
    token: str = request.state.token
    return token


def _refused(error: MahalleError, request: Request) -> Response:
    """A refusal in the person's language, for the script that shows it."""
    visitor: Mapping[str, object] = request.state.visitor
    language: Language = "en" if visitor["language"] == "en" else "tr"
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 503)
    said = {"error": error.key, "message": explain(error, language)}
    if "received" in error.fields:
        said["received"] = str(error.fields["received"])
    return JSONResponse(said, status_code=status)
