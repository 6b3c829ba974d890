"""Recommend centres and keep the plan."""

import datetime as dt
from dataclasses import replace

from app.errors import RefusedError
from app.recommend.alternatives import alternatives
from app.recommend.document import document
from app.recommend.ground import Floats, Ground, read_ground
from app.recommend.insight import Study, insights
from app.recommend.need import weights
from app.recommend.options import RecommendOptions, SaveAs, Tell, silent
from app.recommend.request import Request, parse_request, search
from app.store import audit, plans, runs
from app.store.logins import Login
from app.store.session import Session, Store
from models.siting import InfeasibleRequest, SitePlan, verify

SEARCH_SHARE = 0.25  # how far the bar stands when the search begins


def recommend(
    store: Store,
    options: RecommendOptions,
    *,
    actor: str,
    now: dt.datetime,
    save: SaveAs | None = None,
    tell: Tell = silent,
) -> dict[str, object]:
    """Recommend `options.new` centres beside the existing ones, store the plan, return its document.

    Parameters
    ----------
    save : name of a new plan, or the draft that gets a new version
    tell : called with the stage and the share done; what it raises ends the work with nothing stored

    Raises
    ------
    RefusedError
        If there is no run, site, group or region of that name, or the request cannot be met; says the least
        change. If the plan to revise is no draft.
    """
    tell("plans.stage_ground", 0.0)
    with store.session(Login.SERVICE) as session:
        run = runs.get(session, options.run_id) if options.run_id else runs.newest_for_plans(session)
        ground = read_ground(session, run.id, run.boundary_id, store.settings)
    made = _solve(ground, replace(options, run_id=run.id), tell)
    said = {"run": run.id, "title": run.title, **made}
    with store.session(Login.SERVICE) as session:
        draft = plans.Draft(run_id=run.id, result=said, parameters=options.as_json(), name=_name(save))
        plan_id = _keep(session, draft, options.region, save, actor=actor, now=now)
        audit.record(session, actor=actor, action="recommend", detail={"plan": plan_id, "run": run.id})
    tell("plans.stage_done", 1.0)
    return {"plan": plan_id, **said}


def _name(save: SaveAs | None) -> str:
    return plans.parse_name(save.name) if save and save.name else ""


def _keep(
    session: Session, draft: plans.Draft, region: str, save: SaveAs | None, *, actor: str, now: dt.datetime
) -> int:
    if save is None or save.plan_id is None:
        return plans.save(session, draft, region=region, actor=actor, at=now)
    if plans.get(session, save.plan_id).region != region:
        raise RefusedError("plans.other_region", plan=save.plan_id)
    plans.revise(session, save.plan_id, draft, actor=actor, at=now)
    return save.plan_id


def _solve(ground: Ground, options: RecommendOptions, tell: Tell) -> dict[str, object]:
    weight, request = weights(ground, options), parse_request(ground, options)
    tell("plans.stage_search", SEARCH_SHARE)
    try:
        found = search(ground, request, weight, seconds=options.time_limit_seconds, seed=options.seed)
    except InfeasibleRequest as refusal:
        raise RefusedError(refusal.code, **refusal.details) from None
    made = {
        **document(ground, found, weight, options, request),
        "verified": found.certificate is not None and verify(found, ground.travel.minutes, weight),
        "required_price_minutes": _price_of_required(ground, found, weight, request, options),
    }
    if not options.alternatives:
        return made
    others = alternatives(ground, found, weight, options, base=request, tell=_onward(tell, 0.25, 0.5))
    study = Study(ground=ground, plan=found, weights=weight, request=request, options=options)
    return {**made, "alternatives": others, **insights(study, tell=_onward(tell, 0.5, 1.0))}


def _price_of_required(
    ground: Ground, found: SitePlan, weight: Floats, request: Request, options: RecommendOptions
) -> float | None:
    """Mean minutes that the sites asked for in any case cost against a free choice; None if none were."""
    if not options.required or not weight.sum():
        return None
    free = replace(request, fixed=list(request.stays))
    best = search(ground, free, weight, seconds=options.time_limit_seconds, seed=options.seed)
    return max(found.objective - best.objective, 0.0) / float(weight.sum())


def _onward(tell: Tell, begin: float, end: float) -> Tell:
    """Tell a part of the whole."""
    return lambda stage, share: tell(stage, begin + (end - begin) * share)
