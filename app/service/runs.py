"""Ways of runs: looked over, checked, approved, published under a name."""

from app.auth.roles import Action
from app.errors import RefusedError
from app.refresh import move
from app.service.ways import Asked, Way
from app.store import checks, places, runs
from app.store.logins import Login
from app.store.plans import LONGEST_NAME
from app.store.tables.plan import Run, RunStep

LONGEST_NOTE = 1000
KEPT = 50  # runs listed


def _list(asked: Asked) -> object:
    """Runs, newest first, each with who moved it, and what it holds in counts."""
    with asked.store.session(Login.SERVICE) as session:
        found = runs.all_runs(session)[:KEPT]
        return {"runs": [_run(run, runs.steps(session, run.id)) for run in found]}


def _run(run: Run, steps: list[RunStep]) -> dict[str, object]:
    return {
        "id": run.id,
        "title": run.title,
        "state": run.state,
        "year": run.year,
        "made_at": run.created_at.isoformat(),
        "made_by": run.created_by,
        "next": runs.NEXT.get(run.state, ""),
        "simulation": run.is_simulation,
        "seconds": sum(float(str(value)) for value in run.seconds.values()),
        "steps": [
            {"state": step.state, "actor": step.actor, "at": step.at.isoformat(), "note": step.note}
            for step in steps
        ],
    }


def _summary(asked: Asked) -> object:
    """What a person looks at before answering for a run: maps with areas by class and by reliability.

    Beside them the exact tests of clusters, and the interviews that look made up.
    """
    with asked.store.session(Login.SERVICE) as session:
        run = runs.get(session, asked.number("id"))
        maps = runs.summary(session, run.id)
    return {"id": run.id, "maps": maps, "suspicious": run.parameters.get("suspicious")}


def _checks(asked: Asked) -> object:
    """What the checks of a run's models found, with the names of the areas they speak of."""
    with asked.store.session(Login.SERVICE) as session:
        run = runs.get(session, asked.number("id"))
        found = checks.of_run(session, run.id)
        if found is None:
            return {"id": run.id, "at": None, "maps": [], "names": {}}
        maps = found.content["maps"]
        assert isinstance(maps, list)
        codes = sorted({code for one in maps for code in one.get("outlying", ())})
        names = places.area_names(session, run.boundary_id, codes)
    return {"id": run.id, "at": found.at.isoformat(), "maps": maps, "names": names}


def _move(asked: Asked, to: str, *, title: str | None = None) -> object:
    note = asked.text("note", "").strip()
    if len(note) > LONGEST_NOTE:
        raise RefusedError("approval.long_note", most=LONGEST_NOTE)
    if to != "published" and not note:
        raise RefusedError("approval.no_note")
    number = asked.number("id")
    run = move(asked.store, number, to, actor=asked.who.actor, now=asked.at, note=note, title=title)
    return {"run": run, "state": to}


def _check(asked: Asked) -> object:
    return _move(asked, "checked")


def _approve(asked: Asked) -> object:
    return _move(asked, "approved")


def _publish(asked: Asked) -> object:
    title = " ".join(asked.text("title").split())
    if not title or len(title) > LONGEST_NAME:
        raise RefusedError("approval.no_title", most=LONGEST_NAME)
    return _move(asked, "published", title=title)


_A = Action
WAYS = (
    Way(method="GET", path="/runs", needs=_A.RUN_READ, answer=_list),
    Way(method="GET", path="/runs/{id}", needs=_A.RUN_READ, answer=_summary),
    Way(method="GET", path="/runs/{id}/checks", needs=_A.RUN_READ, answer=_checks),
    Way(method="POST", path="/runs/{id}/check", needs=_A.RUN_CHECK, answer=_check),
    Way(method="POST", path="/runs/{id}/approve", needs=_A.RUN_APPROVE, answer=_approve),
    Way(method="POST", path="/runs/{id}/publish", needs=_A.RUN_PUBLISH, answer=_publish),
)
