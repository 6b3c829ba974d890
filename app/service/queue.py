"""Long work: queued in PostgreSQL by procrastinate, done in child processes, seen by people in `jobs.work`.

A child can be cancelled by killing it, cannot slow the service's answers by holding the interpreter, and
gives its memory back. It dies with the service; a service that starts takes up what was left.
"""

import datetime as dt
import json
import shutil
import uuid
from collections.abc import Mapping
from typing import cast

from anyio import from_thread, to_thread
from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Status

from app.auth import sign_in
from app.refresh import is_due
from app.service.children import Child, Children
from app.service.work import LANES
from app.store import setup, works
from app.store.logins import Login, address
from app.store.session import Store

AT_ONCE = 2  # one file being read beside one computation: two cores
DIED: Mapping[str, object] = {"error": {"kind": "MahalleError", "error": "jobs.died", "fields": {}}}
TIMER = "timer"


class Queue:
    """The service's long work."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.running: dict[uuid.UUID, Child] = {}
        self.children = Children()
        connector = PsycopgConnector(
            conninfo=address(store.settings, Login.SERVICE),
            kwargs={"options": "-c search_path=jobs,pg_catalog"},
            min_size=1,
            max_size=4,
        )
        self.app = App(connector=connector)
        self._do = self.app.task(name="work")(self._work)
        hourly = self.app.task(name="hourly")(self._hourly)
        self.app.periodic(cron="7 * * * *")(hourly)

    # ------------------------------------------------------------ from ways
    def ask(
        self, kind: str, arguments: Mapping[str, object], *, actor: str, user_id: int | None
    ) -> uuid.UUID:
        """Have work done; called from a way's thread."""
        now = dt.datetime.now(dt.UTC)
        with self.store.session(Login.SERVICE) as session:
            work_id = works.add(session, kind, arguments, actor=actor, user_id=user_id, now=now).id
        from_thread.run(self._defer, work_id, kind)
        return work_id

    def cancel(self, work_id: uuid.UUID) -> bool:
        """Stop work that waits or runs; what it wrote is rolled back. False if it had ended."""
        with self.store.session(Login.SERVICE) as session:
            stopped = works.end(session, work_id, "cancelled", now=dt.datetime.now(dt.UTC))
        child = self.running.get(work_id)
        if stopped and child is not None:
            from_thread.run_sync(child.kill)
        return stopped

    # ----------------------------------------------------------- life cycle
    async def run(self) -> None:
        """Work until cancelled; begins with what a crash left behind."""
        async with self.app.open_async():
            await self._take_up_again()
            self.children.start()
            try:
                await self.app.run_worker_async(
                    concurrency=AT_ONCE, install_signal_handlers=False, fetch_job_polling_interval=2.0
                )
            finally:
                self.children.close()

    async def _take_up_again(self) -> None:
        for job in await self.app.job_manager.list_jobs_async():
            if job.status in (Status.DOING.value, Status.TODO.value) and job.id is not None:
                await self.app.job_manager.finish_job_by_id_async(
                    job_id=job.id, status=Status.FAILED, delete_job=True
                )
        for work_id, kind in await to_thread.run_sync(self._left):
            await self._defer(work_id, kind)

    def _left(self) -> list[tuple[uuid.UUID, str]]:
        with self.store.session(Login.SERVICE) as session:
            return [(work.id, work.kind) for work in works.take_up_again(session, dt.datetime.now(dt.UTC))]

    async def _defer(self, work_id: uuid.UUID, kind: str) -> None:
        await self._do.configure(lock=LANES[kind]).defer_async(work_id=str(work_id))

    # ------------------------------------------------------------- the work
    async def _work(self, work_id: str) -> None:
        one = uuid.UUID(work_id)
        given = await to_thread.run_sync(self._begin, one)
        if given is None:
            return
        child = await self.children.new()
        if child is None:
            await to_thread.run_sync(self._note, one, DIED)
            return
        self.running[one] = child
        try:
            if await to_thread.run_sync(self._goes_on, one):  # not cancelled before there was a child to kill
                await self._follow(one, child, given)
        finally:
            self.running.pop(one, None)
            child.writer.close()

    def _goes_on(self, work_id: uuid.UUID) -> bool:
        with self.store.session(Login.SERVICE) as session:
            return works.get(session, work_id).state == "running"

    def _begin(self, work_id: uuid.UUID) -> bytes | None:
        with self.store.session(Login.SERVICE) as session:
            work = works.begin(session, work_id, dt.datetime.now(dt.UTC))
            if work is None:
                return None
            given = {
                "settings": self.store.settings.model_dump(mode="json"),
                "id": str(work_id),
                "kind": work.kind,
                "arguments": work.arguments,
                "actor": work.actor,
            }
        return json.dumps(given).encode()

    async def _follow(self, work_id: uuid.UUID, child: Child, given: bytes) -> None:
        """Pass on what the child says until it ends."""
        child.writer.write(given + b"\n")
        ended = False
        try:
            async for line in child.reader:
                said: Mapping[str, object] = json.loads(line)
                ended = ended or "stage" not in said
                await to_thread.run_sync(self._note, work_id, said)
        except ConnectionError:  # it was killed before it had read all
            pass
        finally:
            if not ended:
                child.kill()
        if not ended:
            await to_thread.run_sync(self._note, work_id, DIED)

    def _note(self, work_id: uuid.UUID, said: Mapping[str, object]) -> None:
        now = dt.datetime.now(dt.UTC)
        with self.store.session(Login.SERVICE) as session:
            if "stage" in said:
                works.tell(session, work_id, str(said["stage"]), float(str(said["share"])))
            elif "error" in said:
                works.end(session, work_id, "failed", error=cast(dict[str, object], said["error"]), now=now)
            else:
                works.end(session, work_id, "done", result=cast(dict[str, object], said["result"]), now=now)

    # ------------------------------------------------------------ the timer
    async def _hourly(self, timestamp: int) -> None:
        """Tidy up, and make the draft that has become due."""
        await to_thread.run_sync(self._tidy)
        if await to_thread.run_sync(self._is_due):
            await to_thread.run_sync(self._ask_refresh)

    def _is_due(self) -> bool:
        """Whether a published map has reached its age; the first map of all is people's to make."""
        with self.store.session(Login.SERVICE) as session:
            if works.is_open(session, "refresh") or not setup.standing(session).published_runs:
                return False
        return is_due(self.store, now=dt.datetime.now(dt.UTC))

    def _ask_refresh(self) -> None:
        self.ask("refresh", {}, actor=TIMER, user_id=None)

    def _tidy(self) -> None:
        """Drop files of results and uploads past their days, and sessions that ended."""
        now = dt.datetime.now(dt.UTC)
        sign_in.sweep(self.store, now=now)
        oldest = now - dt.timedelta(days=self.store.settings.result_days)
        here = self.store.settings.here
        with self.store.session(Login.SERVICE) as session:
            for work_id in works.ended_before(session, oldest):
                shutil.rmtree(here.results / str(work_id), ignore_errors=True)
            for upload in works.stale_uploads(session, oldest):
                (here.uploads / str(upload.id)).unlink(missing_ok=True)
                session.delete(upload)
