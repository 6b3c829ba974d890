"""Ways of the administrator's screen and of set-up, and the audited look at an estimate."""

import datetime as dt

from app.auth.roles import REGIONAL, Action
from app.errors import ForbiddenError, RefusedError
from app.refresh import is_due
from app.regions import service_regions
from app.service.ways import Asked, Door, Way
from app.store import audit, doctor, indicators, places, runs, setup, surveys
from app.store.logins import Login
from survey.indicators import check, read_indicators, suggest
from survey.problems import Code, Problem, Refused, explain

INDICATOR_BYTES = 1 << 19


# ------------------------------------------------------------------- set-up
def _setup(asked: Asked) -> object:
    """What has been loaded, by count; and whether a new draft is due."""
    with asked.store.session(Login.SERVICE) as session:
        found = setup.standing(session)
        holds = runs.holds(session)
    due = bool(found.published_runs) and is_due(asked.store, now=asked.at)
    return {**{name: getattr(found, name) for name in found.__dataclass_fields__}, "holds": holds, "due": due}


def _health(asked: Asked) -> object:
    return {"findings": [finding.as_dict() for finding in doctor.examine(asked.store.settings)]}


def _backups(asked: Asked) -> object:
    """Archives in the instance's folder, the newest first."""
    folder = asked.store.settings.here.backups
    files = sorted(folder.glob("*.backup"), reverse=True) if folder.is_dir() else []
    return {
        "backups": [
            {
                "name": file.name,
                "size": file.stat().st_size,
                "made_at": dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC).isoformat(),
            }
            for file in files
        ]
    }


def _campaigns(asked: Asked) -> object:
    """Area surveys that files can be added to."""
    with asked.store.session(Login.SERVICE) as session:
        return {
            "campaigns": [
                {"key": one.key, "kind": one.kind, "year": one.year} for one in surveys.campaigns(session)
            ],
            "forms": surveys.form_ids(session),
            "mappings": surveys.mapping_names(session),
        }


def _bounds(asked: Asked) -> object:
    """What a role may be bound to: service regions by key, with their names, and steps of the chain."""
    with asked.store.session(Login.SERVICE) as session:
        try:
            found = set(service_regions(session, asked.store.settings).values())
        except RefusedError:  # no boundaries yet
            found = set()
        names = {key: places.region_name(session, key) for key in sorted(found)}
    return {"regions": names, "steps": list(asked.store.settings.approval_chain)}


# --------------------------------------------------------------- indicators
def _indicators(asked: Asked) -> object:
    try:
        return {"text": indicators.text(asked.store)}
    except RefusedError:
        return {"text": ""}


def _suggest(asked: Asked) -> object:
    with asked.store.session(Login.SERVICE) as session:
        _, form = surveys.form(session)
    return {"text": suggest(form)}


def _set_indicators(asked: Asked) -> object:
    """Check a file of indicators against the form; use it from now on if it is right and meant."""
    words = asked.text("text")
    if len(words.encode()) > INDICATOR_BYTES:
        raise RefusedError("service.bad_body")
    with asked.store.session(Login.SERVICE) as session:
        _, form = surveys.form(session)
    try:
        found = check(read_indicators(words), form)
    except Refused as refusal:
        found = refusal.problems
    good = all(one.code is Code.INDICATOR_OK for one in found)
    stored = good and asked.body.get("check") is not True
    if stored:
        indicators.save(asked.store, words, actor=asked.who.actor, at=asked.at)
        with asked.store.session(Login.SERVICE) as session:
            audit.record(session, actor=asked.who.actor, action="indicators.set")
    return {"good": good, "stored": stored, "findings": [_finding(one, asked) for one in found]}


def _finding(found: Problem, asked: Asked) -> dict[str, object]:
    good = found.code is Code.INDICATOR_OK
    return {"good": good, "entry": found.given, "message": explain(found, asked.who.language)}


# -------------------------------------------------------------------- audit
def _audit(asked: Asked) -> object:
    """The newest events; that somebody looked is one of them next time."""
    with asked.store.session(Login.SERVICE) as session:
        found = {
            "broken": audit.first_broken(session),
            "events": [{**event, "at": event["at"].isoformat()} for event in audit.newest(session, most=200)],
        }
        audit.record(session, actor=asked.who.actor, action="audit.read")
    return found


# ------------------------------------------------------------------- values
def _value(asked: Asked) -> object:
    """One neighbourhood's estimate with its interval; each look is kept in the audit."""
    run_id, key, code = asked.number("run"), asked.path["key"], asked.path["code"]
    with asked.store.session(Login.SERVICE) as session:
        if asked.who.role in REGIONAL:
            own = service_regions(session, asked.store.settings).get(code)
            if own != asked.who.region:
                raise ForbiddenError("values.other_region", region=asked.who.region_name)
        found = next((row for row in runs.estimates(session, run_id, key) if row.area_code == code), None)
        if found is None:
            raise RefusedError("values.none")
        detail = {"run": run_id, "map": key, "area": code}
        audit.record(session, actor=asked.who.actor, action="values.read", detail=detail)
    if found.shown == "insufficient":
        raise RefusedError("values.none")
    return {
        "value": found.value,
        "lower": found.lower,
        "upper": found.upper,
        "modelled": found.base < asked.store.settings.smallest_base,
    }


WAYS = (
    Way(method="GET", path="/setup", needs=Action.RUN_READ, answer=_setup),
    Way(method="GET", path="/health/findings", needs=Action.SYSTEM_READ, answer=_health),
    Way(method="GET", path="/backups", needs=Action.SYSTEM_READ, answer=_backups),
    Way(method="GET", path="/campaigns", needs=Door.SIGNED_IN, answer=_campaigns),
    Way(method="GET", path="/users/bounds", needs=Action.USERS_MANAGE, answer=_bounds),
    Way(method="GET", path="/indicators", needs=Action.INDICATORS_SET, answer=_indicators),
    Way(method="GET", path="/indicators/suggestion", needs=Action.INDICATORS_SET, answer=_suggest),
    Way(method="POST", path="/indicators", needs=Action.INDICATORS_SET, answer=_set_indicators),
    Way(method="GET", path="/audit", needs=Action.AUDIT_READ, answer=_audit),
    Way(method="GET", path="/values/{run}/{key}/{code}", needs=Action.VALUES_READ, answer=_value),
)
