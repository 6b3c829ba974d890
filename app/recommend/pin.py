"""A place that somebody names, tried beside a plan: its cost in minutes, and whose way it changes."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from app.errors import RefusedError
from app.recommend.ground import Ground, read_ground
from app.recommend.insight import Study, instead
from app.recommend.need import weights
from app.recommend.options import RecommendOptions
from app.recommend.request import Columns, Request, parse_request
from app.store import audit, plans, runs
from app.store.logins import Login
from app.store.places import Place
from app.store.plans import PlanRecord
from app.store.session import Store
from models.plans import pinned
from models.siting import SitePlan, p_median

KEY = "pin"
MOST_PINS = 10
LONGEST_NAME = 80
SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A place on the map, degrees in WGS84."""

    name: str
    lon: float
    lat: float

    def __post_init__(self) -> None:
        """Refuse a place without a name, and one that is none."""
        words = " ".join(self.name.split())
        if not words or len(words) > LONGEST_NAME:
            raise RefusedError("recommend.pin_name", most=LONGEST_NAME)
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise RefusedError("recommend.pin_place", lon=self.lon, lat=self.lat)


def try_pin(store: Store, plan_id: int, pin: Pin, *, actor: str, now: dt.datetime) -> dict[str, object]:
    """Work out the best plan of as many centres that has one at a place, and keep the answer with the plan.

    Raises
    ------
    RefusedError
        If there is no such plan, it is no draft, it keeps rules that bind sites together, it has its fill of
        tried places, or the place lies outside the city.
    """
    with store.session(Login.SERVICE) as session:
        plan = plans.get(session, plan_id)
        run = runs.get(session, plan.run_id)
        tried = cast(Sequence[Mapping[str, object]], plan.result.get("pins") or ())
        if len(tried) >= MOST_PINS:
            raise RefusedError("recommend.pins_full", most=MOST_PINS)
        place = Place(key=KEY, name=pin.name, kind="", lon=pin.lon, lat=pin.lat, detail={"step_free": True})
        ground = read_ground(session, run.id, run.boundary_id, store.settings, pin=place)
    answer = {"name": " ".join(pin.name.split()), "lon": pin.lon, "lat": pin.lat, **_answer(ground, plan)}
    with store.session(Login.SERVICE) as session:
        said = {**plan.result, "pins": [*tried, answer]}
        draft = plans.Draft(run_id=plan.run_id, result=said, parameters=plan.parameters, name=plan.name)
        plans.revise(session, plan_id, draft, actor=actor, at=now)
        audit.record(session, actor=actor, action="plan.pinned", detail={"plan": plan_id, "name": pin.name})
    return answer


def _answer(ground: Ground, plan: PlanRecord) -> dict[str, object]:
    options = _options(plan.parameters)
    if ground.site_area[-1] < 0:
        raise RefusedError("recommend.pin_outside")
    column = len(ground.places) - 1
    request = parse_request(ground, options).without(column)
    if not request.free:
        raise RefusedError("recommend.pin_rules")
    weight = weights(ground, options)
    own = _stored(ground, plan, request, options)
    study = Study(ground=ground, plan=own, weights=weight, request=request, options=options)
    found = pinned(ground.travel.minutes, weight, own, column, time_limit_s=SECONDS, seed=options.seed)
    groups = pinned_groups(study, found.sites.tolist())
    district = ground.site_district[-1]
    return {"district": district, **instead(study, found), "groups": groups}


def pinned_groups(study: Study, sites: Sequence[int]) -> dict[str, dict[str, int]]:
    """Persons of each group whose way gets longer and shorter."""
    before, after = study.near(study.plan.sites.tolist()), study.near(sites)
    longer, shorter = after > before + 1e-9, after < before - 1e-9
    return {
        name: {"lose": round(float(need[longer].sum())), "gain": round(float(need[shorter].sum()))}
        for name, need in zip(study.group_names, study.by_group(), strict=True)
    }


def _stored(ground: Ground, plan: PlanRecord, request: Request, options: RecommendOptions) -> SitePlan:
    """The plan as it was found, over the columns of today, its own centres fixed and its sites a choice."""
    keys = [str(one["key"]) for one in cast(Sequence[Mapping[str, object]], plan.result["new"])]
    closed = {str(one["key"]) for one in cast(Sequence[Mapping[str, str]], plan.result.get("closed") or ())}
    stays = [column for column, one in enumerate(ground.existing) if one.key not in closed]
    sites = sorted({*stays, *Columns(ground, options).named(keys)})
    made = p_median(ground.travel.minutes, weights(ground, options), len(sites), fixed=sites)
    excluded = np.setdiff1d(np.asarray(request.excluded, dtype=np.int64), sites)
    return replace(made, fixed=np.asarray(stays, dtype=np.int64), excluded=excluded)


def _options(parameters: Mapping[str, object]) -> RecommendOptions:
    """What was asked, as stored."""
    return RecommendOptions(**parameters)  # type: ignore[arg-type]
