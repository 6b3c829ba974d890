"""Ways of the siting screen: what can be asked, plans, their edits, two side by side."""

import math
from collections.abc import Mapping
from dataclasses import asdict

from app import views
from app.auth.roles import REGIONAL, Action
from app.auth.sign_in import Visitor
from app.errors import ForbiddenError, RefusedError
from app.recommend import compare, copy_plan, publish_plan, rename_plan, undo_plan, withdraw_plan
from app.recommend.ground import OWN
from app.recommend.request import five_year_cost, services_of
from app.regions import service_regions
from app.service.ways import Asked, Way
from app.settings import Settings
from app.store import places, plans, proposals, runs
from app.store.logins import Login
from app.store.places import Place
from app.store.plans import PlanLine, PlanRecord
from app.store.session import Session


def own_region(visitor: Visitor) -> str | None:
    """The service region somebody is bound to; None for who plans for the whole city.

    Raises
    ------
    ForbiddenError
        If the role is bound to a region and none is named for the person.
    """
    if visitor.role not in REGIONAL:
        return None
    if not visitor.region:
        raise ForbiddenError("plans.no_own_region")
    return visitor.region


def require_readable(visitor: Visitor, region: str) -> None:
    """Refuse what belongs to another service region; city-wide plans are for all.

    Raises
    ------
    ForbiddenError
        If it does.
    """
    own = own_region(visitor)
    if own is not None and region not in ("", own):
        raise ForbiddenError("plans.not_your_region")


# ----------------------------------------------------------------- to choose from
def _choices(asked: Asked) -> object:
    """Everything the form offers: the run, groups, groups of districts, regions, candidate sites."""
    with asked.store.session(Login.SERVICE) as session:
        run = runs.newest_for_plans(session)
        groups = runs.need_groups(session, run.id)
        held = places.district_groups(session)
        sites, inside = places.sites(session), places.site_areas(session, run.boundary_id)
        regions = _regions(session, asked.store.settings)
        centres = places.centres(session)
        names = {centre.key: centre.name for centre in centres}
    titles = _titles(asked, run.id)
    return {
        "run": {"id": run.id, "title": run.title, "state": run.state, "year": run.year},
        "groups": [{"key": key, "titles": titles.get(key, {})} for key in groups],
        "district_groups": sorted(set(held.values())),
        "regions": [{"key": key, "name": names.get(key, key)} for key in sorted(set(regions.values()))],
        "own_region": own_region(asked.who),
        "centres": [{"key": one.key, "name": one.name} for one in centres if one.kind == OWN],
        "services": sorted({name for one in centres if one.kind != OWN for name in services_of(one)}),
        "has_others": any(one.kind != OWN for one in centres),
        "sites": [_site(site, *inside.get(site.key, ("", "")), held, regions) for site in sites],
    }


def _site(
    site: Place, code: str, district: str, held: Mapping[str, str], regions: Mapping[str, str]
) -> dict[str, object]:
    cost = five_year_cost(site)
    return {
        "key": site.key,
        "name": site.name,
        "district": district,
        "has_cost": not math.isnan(cost),
        "ownership": site.kind,
        "step_free": bool(site.detail["step_free"]),
        "group": held.get(district, ""),
        "region": regions.get(code, ""),
    }


KEPT: dict[str, Mapping[str, str]] = {}  # the newest only: reading every shape takes a second in a large city


def _regions(session: Session, settings: Settings) -> Mapping[str, str]:
    """Area code -> service region, worked out anew only when something it rests on has changed."""
    stamp = f"{settings.here.folder} {places.regions_stamp(session)}"
    found = KEPT.get(stamp)
    if found is None:
        found = service_regions(session, settings)
        KEPT.clear()
        KEPT[stamp] = found
    return found


def _titles(asked: Asked, run_id: int) -> dict[str, dict[str, str]]:
    """Names of the target groups, where the run is published."""
    run = next((run for run in views.runs(asked.store) if run.run_id == run_id), None)
    maps = views.maps(asked.store, run) if run else []
    return {about.group: dict(about.titles) for about in maps if about.kind == "group" and not about.sex}


# ----------------------------------------------------------------- reading
def _list(asked: Asked) -> object:
    with asked.store.session(Login.SERVICE) as session:
        found = plans.all_plans(session, region=own_region(asked.who))
    return {"plans": [_line(asked, line) for line in found]}


def _line(asked: Asked, line: PlanLine) -> dict[str, object]:
    moments = {name: getattr(line, name).isoformat() for name in ("created_at", "at")}
    same = {
        name: getattr(line, name)
        for name in ("id", "name", "owner", "region", "state", "version", "run_id", "gap", "can_undo")
    }
    minutes = {name: getattr(line, f"minutes_{name}") for name in ("before", "after")}
    mine = is_mine(asked.who, line.owner, line.region)
    return {**same, **moments, **minutes, "sites": list(line.sites), "mine": mine}


def is_mine(visitor: Visitor, owner: str, region: str) -> bool:
    """Whether a plan is this person's to change: made by them, or of the region they head."""
    return owner == visitor.actor or (visitor.role in REGIONAL and bool(region) and region == visitor.region)


def _get(asked: Asked) -> PlanRecord:
    with asked.store.session(Login.SERVICE) as session:
        plan = plans.get(session, asked.number("id"))
    require_readable(asked.who, plan.region)
    return plan


def _show(asked: Asked) -> object:
    plan = _get(asked)
    with asked.store.session(Login.SERVICE) as session:
        history = plans.versions(session, plan.id)
        made = proposals.of_plan(session, plan.id)
        stale = runs.newest_for_plans(session).id != plan.run_id
    same = ("id", "name", "owner", "region", "state", "version", "run_id", "can_undo")
    return {
        **{name: getattr(plan, name) for name in same},
        "at": plan.at.isoformat(),
        "mine": is_mine(asked.who, plan.owner, plan.region),
        "stale": stale,
        "parameters": plan.parameters,
        "result": plans.shown(plan.result),
        "history": [{**asdict(line), "at": line.at.isoformat()} for line in history],
        "proposals": [{"id": one.id, "state": one.state, "waits_at": one.waits_at} for one in made],
    }


def _compare(asked: Asked) -> object:
    one = _get(asked)
    with asked.store.session(Login.SERVICE) as session:
        other = plans.get(session, asked.number("other"))
    require_readable(asked.who, other.region)
    return asdict(compare(plans.shown(one.result), plans.shown(other.result)))


# ----------------------------------------------------------------- changing
def _mine(asked: Asked) -> PlanRecord:
    plan = _get(asked)
    require_mine(asked.who, plan)
    return plan


def require_mine(visitor: Visitor, plan: PlanRecord) -> None:
    """Refuse to change another's plan.

    Raises
    ------
    ForbiddenError
        If it is neither the person's own nor of the region they head.
    """
    if not is_mine(visitor, plan.owner, plan.region):
        raise ForbiddenError("plans.not_yours", plan=plan.id)


def _rename(asked: Asked) -> object:
    plan = _mine(asked)
    rename_plan(asked.store, plan.id, asked.text("name"), actor=asked.who.actor, now=asked.at)
    return {"plan": plan.id}


def _undo(asked: Asked) -> object:
    plan = _mine(asked)
    undo_plan(asked.store, plan.id, actor=asked.who.actor, now=asked.at)
    return {"plan": plan.id}


def _copy(asked: Asked) -> object:
    """A unit manager copies plans of the own region; a city-wide one is another request."""
    plan = _get(asked)
    own = own_region(asked.who)
    if own is not None and plan.region != own:
        raise RefusedError("plans.other_region", plan=plan.id)
    made = copy_plan(asked.store, plan.id, asked.text("name"), actor=asked.who.actor, now=asked.at)
    return {"plan": made}


def _publish(asked: Asked) -> object:
    return {"plan": publish_plan(asked.store, _get(asked).id, actor=asked.who.actor)}


def _withdraw(asked: Asked) -> object:
    plan = _mine(asked)
    if plan.state == plans.PUBLISHED:
        raise ForbiddenError("plans.not_yours", plan=plan.id)
    reason = asked.text("reason", "")
    withdraw_plan(asked.store, plan.id, actor=asked.who.actor, reason=reason)
    return {"plan": plan.id}


def _unpublish(asked: Asked) -> object:
    plan = _get(asked)
    withdraw_plan(asked.store, plan.id, actor=asked.who.actor, reason=asked.text("reason", ""))
    return {"plan": plan.id}


_A = Action
WAYS = (
    Way(method="GET", path="/siting", needs=_A.PLAN_READ, answer=_choices),
    Way(method="GET", path="/plans", needs=_A.PLAN_READ, answer=_list),
    Way(method="GET", path="/plans/{id}", needs=_A.PLAN_READ, answer=_show),
    Way(method="GET", path="/plans/{id}/compare/{other}", needs=_A.PLAN_READ, answer=_compare),
    Way(method="POST", path="/plans/{id}/name", needs=_A.PLAN_MAKE, answer=_rename),
    Way(method="POST", path="/plans/{id}/undo", needs=_A.PLAN_MAKE, answer=_undo),
    Way(method="POST", path="/plans/{id}/copy", needs=_A.PLAN_MAKE, answer=_copy),
    Way(method="POST", path="/plans/{id}/withdraw", needs=_A.PLAN_MAKE, answer=_withdraw),
    Way(method="POST", path="/plans/{id}/publish", needs=_A.PLAN_PUBLISH, answer=_publish),
    Way(method="POST", path="/plans/{id}/unpublish", needs=_A.PLAN_PUBLISH, answer=_unpublish),
)
