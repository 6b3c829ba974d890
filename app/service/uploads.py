"""Files on their way in: announced, sent in pieces that can be resumed, then read by a job.

The bytes go straight to disk, whatever their number. Offsets work as in the tus protocol: a piece says where
it begins, never beyond what has arrived, so that a piece sent twice does no harm.
"""

import datetime as dt
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from app.auth.roles import Action, Role, may
from app.auth.sign_in import Visitor
from app.errors import ForbiddenError, MahalleError, RefusedError, ServerError
from app.service.ways import Asked, Door, Way, admit, refused, token_of
from app.service.works import ask
from app.store import works
from app.store.logins import Login
from app.store.session import Store
from app.store.works import Upload
from survey.door import display_name

FREE_BYTES = 1 << 30  # kept free for the database
MOST_WAITING = 20  # uploads of one person at a time
SURVEY_KINDS = frozenset({"survey", "cases"})
PLACE_KINDS = frozenset({"areas", "population", "regions", "centres", "sites", "groups", "crosswalk", "form"})
WRITE_BYTES = 1 << 20


def may_load(role: Role, kind: str) -> bool:
    """Whether the role may send files of this kind."""
    return (kind in SURVEY_KINDS and may(role, Action.DATA_LOAD)) or (
        kind in PLACE_KINDS and may(role, Action.PLACES_LOAD)
    )


def _announce(asked: Asked) -> object:
    """A file will come: checked for size and room before a byte is sent."""
    kind, size = asked.text("kind"), asked.body.get("size")
    if not may_load(asked.who.role, kind):
        raise ForbiddenError("signin.forbidden", role=asked.who.role)
    settings = asked.store.settings
    if not isinstance(size, int) or size < 1:
        raise RefusedError("uploads.empty")
    if size > settings.upload_mib << 20:
        raise RefusedError("uploads.too_large", most=settings.upload_mib)
    folder = settings.here.uploads
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    room = os.statvfs(folder)
    if room.f_bavail * room.f_frsize - size < FREE_BYTES:
        raise ServerError("uploads.no_room")
    with asked.store.session(Login.SERVICE) as session:
        waiting = [u for u in works.uploads(session, user_id=asked.who.user_id) if u.received < u.size]
        if len(waiting) >= MOST_WAITING:
            raise RefusedError("uploads.too_many")
        upload = Upload(
            id=uuid.uuid4(),
            user_id=asked.who.user_id,
            name=file_name(asked.text("name")),
            kind=kind,
            size=size,
            received=0,
            made_at=asked.at,
            touched_at=asked.at,
        )
        session.add(upload)
        (folder / str(upload.id)).touch(mode=0o600)
        return _brief(upload)


def file_name(given: str) -> str:
    r"""The last part of a name, fit to be shown and to name a file.

    >>> file_name(r"C:\veri\hane.xlsx"), file_name("../..")
    ('hane.xlsx', 'dosya')
    """
    last = display_name(given.replace("\\", "/").rsplit("/", 1)[-1]).replace("\\", "_")
    return last if last.strip(". ") else "dosya"


def _show(asked: Asked) -> object:
    with asked.store.session(Login.SERVICE) as session:
        return _brief(works.upload(session, _id(asked.path["id"]), user_id=asked.who.user_id))


def _list(asked: Asked) -> object:
    with asked.store.session(Login.SERVICE) as session:
        return {"uploads": [_brief(one) for one in works.uploads(session, user_id=asked.who.user_id)]}


def _drop(asked: Asked) -> object:
    with asked.store.session(Login.SERVICE) as session:
        upload = works.upload(session, _id(asked.path["id"]), user_id=asked.who.user_id)
        session.delete(upload)
    (asked.store.settings.here.uploads / str(upload.id)).unlink(missing_ok=True)
    return {}


def _load(asked: Asked) -> object:
    """Have a job read an upload that has arrived whole."""
    with asked.store.session(Login.SERVICE) as session:
        upload = works.upload(session, _id(asked.path["id"]), user_id=asked.who.user_id)
        if upload.received != upload.size:
            raise RefusedError("uploads.unfinished")
        kind = asked.text("kind", upload.kind)
        if not may_load(asked.who.role, kind):
            raise ForbiddenError("signin.forbidden", role=asked.who.role)
    options = asked.body.get("options", {})
    work = ask(asked, "load", {"upload": str(upload.id), "load": kind, "options": options})
    with asked.store.session(Login.SERVICE) as session:
        works.upload(session, upload.id, user_id=asked.who.user_id).work_id = work
    return {"id": str(work)}


def _id(given: str) -> uuid.UUID:
    try:
        return uuid.UUID(given)
    except ValueError:
        raise RefusedError("uploads.unknown") from None


def _brief(upload: Upload) -> dict[str, object]:
    return {
        "id": str(upload.id),
        "name": upload.name,
        "kind": upload.kind,
        "size": upload.size,
        "received": upload.received,
        "job": str(upload.work_id) if upload.work_id else None,
        "made_at": upload.made_at.isoformat(),
    }


# ------------------------------------------------------------------ pieces
class PieceEndpoint:
    """`PUT /uploads/{id}?from=N`: the bytes from N on, streamed to disk as they come."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def handle(self, request: Request) -> Response:
        """Take one piece; what arrived before the line broke is kept."""
        try:
            piece = await to_thread.run_sync(self._open, request)
        except MahalleError as error:
            return refused(error)
        try:
            await piece.take(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except MahalleError as error:
            return refused(error)
        finally:
            await to_thread.run_sync(self._note, piece)
        return JSONResponse({"received": piece.at, "size": piece.size})

    def _open(self, request: Request) -> "Piece":
        now = dt.datetime.now(dt.UTC)
        visitor = admit(self.store, Door.SIGNED_IN, token_of(request), now=now)
        assert isinstance(visitor, Visitor)
        with self.store.session(Login.SERVICE) as session:
            upload = works.upload(session, _id(request.path_params["id"]), user_id=visitor.user_id)
        path = self.store.settings.here.uploads / str(upload.id)
        begins = request.query_params.get("from", "")
        on_disk = path.stat().st_size  # more than was noted, if the service died in between
        if not begins.isdigit() or int(begins) > on_disk:
            raise RefusedError("uploads.wrong_place", received=on_disk)
        return Piece(upload.id, path, int(begins), upload.size)

    def _note(self, piece: "Piece") -> None:
        with self.store.session(Login.SERVICE) as session:
            upload = session.get(Upload, piece.id)
            if upload is not None:
                upload.received, upload.touched_at = piece.at, dt.datetime.now(dt.UTC)


@dataclass(slots=True)
class Piece:
    """A file being written from a place on."""

    id: uuid.UUID
    path: Path
    at: int
    size: int

    async def take(self, request: Request) -> None:
        """Write what comes, in pieces of a mebibyte.

        Raises
        ------
        RefusedError
            If more comes than was announced.
        """
        waiting = bytearray()
        try:
            async for part in request.stream():
                waiting += part
                if self.at + len(waiting) > self.size:
                    waiting.clear()
                    raise RefusedError("uploads.longer")
                if len(waiting) >= WRITE_BYTES:
                    await to_thread.run_sync(self._write, bytes(waiting))
                    waiting.clear()
        finally:
            if waiting:
                await to_thread.run_sync(self._write, bytes(waiting))

    def _write(self, part: bytes) -> None:
        with self.path.open("r+b") as file:
            file.seek(self.at)
            file.write(part)
            file.truncate()
        self.at += len(part)


WAYS = (
    Way(method="POST", path="/uploads", needs=Door.SIGNED_IN, answer=_announce),
    Way(method="GET", path="/uploads", needs=Door.SIGNED_IN, answer=_list),
    Way(method="GET", path="/uploads/{id}", needs=Door.SIGNED_IN, answer=_show),
    Way(method="DELETE", path="/uploads/{id}", needs=Door.SIGNED_IN, answer=_drop),
    Way(method="POST", path="/uploads/{id}/load", needs=Door.SIGNED_IN, answer=_load),
)
