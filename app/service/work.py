"""Children that each do one piece of long work and tell how far it is, one JSON line at a time."""

import ctypes
import datetime as dt
import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from app.errors import MahalleError
from app.settings import Settings
from app.store.session import Store

PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
HEAVY = ("app.service.loading", "app.service.planning")
COMPUTE, READ, WRITE = "compute", "read", "write"
Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one piece of work is given."""

    id: uuid.UUID
    store: Store
    arguments: Mapping[str, object]
    actor: str
    at: dt.datetime
    tell: Tell

    @property
    def folder(self) -> Path:
        """Where its files go, made at first use."""
        folder = self.store.settings.here.results / str(self.id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


Do = Callable[[Job], Mapping[str, object]]


def _load(job: Job) -> Mapping[str, object]:
    from app.service.loading import load_upload

    return load_upload(job)


def _refresh(job: Job) -> Mapping[str, object]:
    from app.service.loading import make_run

    return make_run(job)


def _examine(job: Job) -> Mapping[str, object]:
    from app.service.loading import examine_run

    return examine_run(job)


def _backup(job: Job) -> Mapping[str, object]:
    from app.store import audit, backup
    from app.store.logins import Login

    job.tell("stage.save", 0.1)
    file = backup.backup(job.store.settings)
    with job.store.session(Login.SERVICE) as session:
        audit.record(session, actor=job.actor, action="backup", detail={"file": file.name})
    return {"file": file.name}


def _pin(job: Job) -> Mapping[str, object]:
    from app.service.planning import try_place

    return try_place(job)


def _recommend(job: Job) -> Mapping[str, object]:
    from app.service.planning import make_plan

    return make_plan(job)


def _papers(job: Job) -> Mapping[str, object]:
    from app.service.planning import make_papers

    return make_papers(job)


def _report(job: Job) -> Mapping[str, object]:
    from app.service.planning import make_report

    return make_report(job)


# Imports stay inside: the service itself reads this table and needs none of them.
KINDS: Mapping[str, Do] = {
    "load": _load,
    "refresh": _refresh,
    "examine": _examine,
    "backup": _backup,
    "recommend": _recommend,
    "pin": _pin,
    "papers": _papers,
    "report": _report,
}
# Work in one lane is done one after the other.
LANES: Mapping[str, str] = {
    "load": READ,
    "refresh": COMPUTE,
    "examine": COMPUTE,
    "backup": READ,
    "recommend": COMPUTE,
    "pin": COMPUTE,
    "papers": WRITE,
    "report": WRITE,
}


def main() -> None:
    """Load everything, then fork a child for every end of a socket that comes in."""
    _die_with_parent()
    line = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all: the service says when to end
    for module in HEAVY:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children that end leave nothing behind
    gc.freeze()
    while True:
        message, ends, *_ = socket.recv_fds(line, 1, 1)
        if not message:
            return
        if os.fork() == 0:
            line.close()
            _child(socket.socket(fileno=ends[0]))
            os._exit(0)
        os.close(ends[0])


def _die_with_parent() -> None:
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it died meanwhile
        os._exit(1)


def _child(end: socket.socket) -> None:
    """Do what the one line asks for."""
    _die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with end, end.makefile("rw", encoding="utf-8") as talk:
        _say(talk, {"pid": os.getpid()})
        given = talk.readline()
        if given:
            _say(talk, _done(json.loads(given), talk))


def _done(given: Mapping[str, object], out: TextIO) -> Mapping[str, object]:
    """The result of work, or why there is none."""
    try:
        return {"result": _do(given, out)}
    except MahalleError as error:
        fields = {name: str(value) for name, value in error.fields.items()}
        return {"error": {"kind": type(error).__name__, "error": error.key, "fields": fields}}
    except Exception as error:  # noqa: BLE001 its message may quote a person's row: say only what and where
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        fields = {"kind": type(error).__name__, "where": where}
        return {"error": {"kind": "MahalleError", "error": "cli.unexpected", "fields": fields}}


def _do(given: Mapping[str, object], out: TextIO) -> Mapping[str, object]:
    store = Store.open(Settings.model_validate(given["settings"]))
    try:
        arguments = given["arguments"]
        assert isinstance(arguments, dict)
        job = Job(
            id=uuid.UUID(str(given["id"])),
            store=store,
            arguments=arguments,
            actor=str(given["actor"]),
            at=dt.datetime.now(dt.UTC),
            tell=lambda stage, share: _say(out, {"stage": stage, "share": share}),
        )
        return KINDS[str(given["kind"])](job)
    finally:
        store.close()


def _say(out: TextIO, said: Mapping[str, object]) -> None:
    print(json.dumps(said, ensure_ascii=False, default=str), file=out, flush=True)


if __name__ == "__main__":
    main()
