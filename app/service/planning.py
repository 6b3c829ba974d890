"""Long work of plans and documents, done in a child process."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.errors import ForbiddenError, RefusedError
from app.i18n import Language
from app.recommend import Pin, RecommendOptions, SaveAs, recommend, try_pin
from app.service.work import Job
from app.store import audit, plans, proposals
from app.store.logins import Login

MOST_CENTRES = 50
MOST_SECONDS = 300.0
MOST_NUMBER = 1e15
REPORTS = ("book", "risk-map", "recommendations", "activity")


def make_plan(job: Job) -> Mapping[str, object]:
    """Recommend centres: a new plan, or a new version of one's own draft."""
    given = job.arguments
    revised = given.get("plan_id")
    if revised is not None:
        _require_own(job, int(str(revised)))
    save = SaveAs(name=str(given.get("name") or ""), plan_id=None if revised is None else int(str(revised)))
    made = recommend(job.store, _options(given), actor=job.actor, now=job.at, save=save, tell=job.tell)
    return {"plan": made["plan"]}


def try_place(job: Job) -> Mapping[str, object]:
    """Try a place beside one's own draft."""
    plan_id = _whole(job.arguments, "plan_id")
    _require_own(job, plan_id)
    lon, lat = (float(str(job.arguments.get(name))) for name in ("lon", "lat"))
    pin = Pin(name=str(job.arguments.get("name") or ""), lon=lon, lat=lat)
    job.tell("plans.stage_pin", 0.2)
    try_pin(job.store, plan_id, pin, actor=job.actor, now=job.at)
    return {"plan": plan_id}


def _options(given: Mapping[str, object]) -> RecommendOptions:
    """Parse what a screen asked; whoever is bound to a region plans for that one."""
    budget = _number(given, "budget")
    centres = None if budget is not None and given.get("new") is None else _whole(given, "new")
    if centres is not None and not 1 <= centres <= MOST_CENTRES:
        raise RefusedError("service.bad_field", field="new")
    seconds = min(MOST_SECONDS, max(1.0, float(str(given.get("seconds") or 60))))
    return RecommendOptions(
        new=centres,
        groups=_numbers(given, "groups"),
        at_least={name: int(least) for name, least in _numbers(given, "at_least").items() if least},
        at_most={name: int(most) for name, most in _numbers(given, "at_most").items()},
        required=_words(given, "required"),
        left_out=_words(given, "left_out"),
        closable=_words(given, "closable"),
        apart_m=_number(given, "apart_m") or 0.0,
        budget=budget,
        others=str(given.get("others") or ""),
        phases=_phases(given),
        region=str(given.get("region") or given.get("for_region") or ""),
        by_visits=given.get("by_visits") is True,
        step_free_only=given.get("step_free_only") is True,
        ownership=_words(given, "ownership"),
        alternatives=given.get("alternatives") is True,
        time_limit_seconds=seconds,
    )


def _whole(given: Mapping[str, object], name: str) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise RefusedError("service.bad_field", field=name)
    return value


def _number(given: Mapping[str, object], name: str) -> float | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < MOST_NUMBER:
        raise RefusedError("service.bad_field", field=name)
    return float(value)


def _words(given: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = given.get(name) or ()
    if not isinstance(value, list | tuple):
        raise RefusedError("service.bad_field", field=name)
    return tuple(str(word) for word in value)


def _phases(given: Mapping[str, object]) -> tuple[int, ...]:
    value = given.get("phases") or ()
    if not isinstance(value, list | tuple) or not all(isinstance(one, int) for one in value):
        raise RefusedError("service.bad_field", field="phases")
    return tuple(value)


def _numbers(given: Mapping[str, object], name: str) -> dict[str, float]:
    pairs = given.get(name) or {}
    if not isinstance(pairs, dict) or not all(isinstance(value, int | float) for value in pairs.values()):
        raise RefusedError("service.bad_field", field=name)
    return {str(key): float(value) for key, value in pairs.items()}


def _require_own(job: Job, plan_id: int) -> None:
    with job.store.session(Login.SERVICE) as session:
        plan = plans.get(session, plan_id)
    region = str(job.arguments.get("region") or "")
    if plan.owner != job.actor and not (region and plan.region == region):
        raise ForbiddenError("plans.not_yours", plan=plan_id)


# --------------------------------------------------------------- documents
def make_papers(job: Job) -> Mapping[str, object]:
    """The documents of a plan or a proposal: the letter, and the annex with its reasons."""
    from app.report import write_annex, write_council, write_letter

    language = _language(job)
    proposal, plan = (job.arguments.get(name) for name in ("proposal", "plan"))
    job.tell("documents.stage_writing", 0.2)
    if proposal is not None:
        number = int(str(proposal))
        _require_region(job, number)
        letter = write_letter(job.store, number, job.folder / f"oneri-{number}.docx", language)
        annex = job.folder / f"oneri-{number}-gerekce.pdf"
        short = job.folder / f"oneri-{number}-meclis.pdf"
        made = [
            letter,
            write_annex(job.store, annex, language, proposal_id=number),
            write_council(job.store, short, language, proposal_id=number),
        ]
        return _done(job, made)
    number = int(str(plan))
    with job.store.session(Login.SERVICE) as session:
        _require_here(job, plans.get(session, number).region)
    path = job.folder / f"plan-{number}.pdf"
    short = job.folder / f"plan-{number}-meclis.pdf"
    made = [
        write_annex(job.store, path, language, plan_id=number),
        write_council(job.store, short, language, plan_id=number),
    ]
    return _done(job, made)


def _require_region(job: Job, proposal_id: int) -> None:
    with job.store.session(Login.SERVICE) as session:
        _require_here(job, proposals.get(session, proposal_id).region)


def _require_here(job: Job, region: str) -> None:
    own = str(job.arguments.get("region") or "")
    if own and region not in ("", own):
        raise ForbiddenError("plans.not_your_region")


def make_report(job: Job) -> Mapping[str, object]:
    """One of the reports, or the whole book as PDF."""
    from app.report import read_period, write_activity, write_recommendations, write_report, write_risk_map

    kind, language = str(job.arguments.get("report")), _language(job)
    job.tell("documents.stage_writing", 0.2)
    if kind == "book":
        return _done(job, [write_report(job.store, job.folder / "rapor.pdf", language)])
    if kind == "risk-map":
        return _done(job, write_risk_map(job.store, job.folder / "risk-haritasi.docx", language))
    if kind == "recommendations":
        return _done(job, write_recommendations(job.store, job.folder / "hizmet-onerileri.docx", language))
    if kind == "activity":
        period = read_period(str(job.arguments.get("period") or job.at.year - 1), today=job.at.date())
        path = job.folder / "faaliyet-raporu.docx"
        return _done(job, write_activity(job.store, path, language, period=period))
    raise RefusedError("documents.no_kind", kind=kind, kinds=", ".join(REPORTS))


def _language(job: Job) -> Language:
    return "en" if job.arguments.get("language") == "en" else "tr"


def _done(job: Job, files: Sequence[Path]) -> dict[str, object]:
    """What was written, and who took it out."""
    names = [file.name for file in files]
    with job.store.session(Login.SERVICE) as session:
        audit.record(session, actor=job.actor, action="document", detail={"files": names})
    return {"files": names}
