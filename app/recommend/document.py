"""A found plan as the document that is stored: centres, regions, minutes before and after, proof."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.recommend.ground import EVERYBODY, Floats, Ground
from app.recommend.options import RecommendOptions
from app.recommend.request import YEARS, Request, closed_columns, five_year_cost, new_columns
from app.store.places import Place
from app.store.plans import FEWEST_AREAS, NEED_STEP
from models.results import Assignment
from models.siting import SitePlan, assign

BESIDE_M = 2000.0


def document(
    ground: Ground, found: SitePlan, weights: Floats, options: RecommendOptions, request: Request
) -> dict[str, object]:
    """Everything a reader of the plan needs; numbers of a region cover its people only."""
    inside = ground.inside(options.region)
    new, closed = new_columns(ground, found), closed_columns(ground, found)
    existing = [column for column in range(len(ground.existing)) if column not in closed]
    after = nearest(ground, request, [*existing, *new])
    before = nearest(ground, request, range(len(ground.existing))).minutes
    codes, columns = list(ground.frame["code"]), ground.places
    error = float((weights * ground.radius_m).sum() * ground.minutes_per_m)
    regions = {c: columns[s].key if s >= 0 else None for c, s in zip(codes, after.site.tolist(), strict=True)}
    return {
        "new": [_new_place(ground, column, after) for column in new],
        "existing": [_place(ground, column, after) for column in existing],
        "closed": [{"key": ground.places[c].key, "name": ground.places[c].name} for c in closed],
        "others": options.others,
        "costs": _costs([ground.places[column] for column in new]),
        **_proof(found),
        "travel": {
            "method": ground.travel.method,
            **ground.travel.settings,
            "left_out": list(ground.travel.left_out),
        },
        "weights": _served(options),
        "region": options.region,
        "areas": int(inside.sum()),
        "minimums": dict(options.at_least),
        "rules": {
            "at_most": dict(options.at_most),
            "required": list(options.required),
            "left_out": list(options.left_out),
            "apart_m": options.apart_m,
            "budget": options.budget,
        },
        "filters": {"step_free_only": options.step_free_only, "ownership": list(options.ownership)},
        "before": minutes_of(before, weights),
        "after": minutes_of(after.minutes, weights),
        "groups": {
            name: _gain(before, after.minutes, need * inside) for name, (_, need) in ground.need.items()
        },
        "point_error_person_minutes": error,
        "point_error_minutes": error / float(weights.sum()) if weights.sum() else 0.0,
        "regions": regions,
        "flows": _flows(ground, after, weights),
        "unserved": [codes[row] for row in found.unserved.tolist()],
    }


def nearest(ground: Ground, request: Request, columns: Sequence[int]) -> Assignment:
    """Nearest of some places to each area; site -1 and their minutes where others' centres are nearer."""
    none = np.full(len(ground.frame), np.nan)
    opened = np.asarray(columns, dtype=np.int64)
    own = (
        assign(ground.travel.minutes, opened)
        if len(opened)
        else Assignment(site=np.full(len(none), -1, dtype=np.int64), minutes=none)
    )
    if request.beyond is None:
        return own
    theirs = np.asarray(request.beyond < np.where(np.isnan(own.minutes), np.inf, own.minutes), dtype=np.bool_)
    return Assignment(
        site=np.where(theirs, -1, own.site), minutes=np.where(theirs, request.beyond, own.minutes)
    )


def _flows(ground: Ground, after: Assignment, weights: Floats) -> list[dict[str, object]]:
    """Persons in need of each district by the centre they are nearest to; none of very few neighbourhoods."""
    district = np.asarray(ground.frame["district"], dtype=object)
    spot = ground.frame.geometry.representative_point()
    lon, lat = spot.x.to_numpy(), spot.y.to_numpy()
    found: list[dict[str, object]] = []
    for name in sorted(set(district)):
        for column in np.unique(after.site[(district == name) & (after.site >= 0)]):
            mine = (district == name) & (after.site == column)
            if mine.sum() < FEWEST_AREAS or not weights[mine].sum() > 0:
                continue
            found.append(
                {
                    "district": str(name),
                    "lon": round(float(np.average(lon[mine], weights=weights[mine])), 3),
                    "lat": round(float(np.average(lat[mine], weights=weights[mine])), 3),
                    "to": ground.places[int(column)].key,
                    "persons": NEED_STEP * round(float(weights[mine].sum()) / NEED_STEP),
                }
            )
    return found


def _costs(new: Sequence[Place]) -> dict[str, object]:
    """Money and staff of the new centres together; sites of unknown cost are counted apart."""
    five = [five_year_cost(place) for place in new]
    known = [cost for cost in five if not np.isnan(cost)]
    staff = [float(str(place.detail["staff"])) for place in new if place.detail.get("staff") is not None]
    opening = [float(str(place.detail.get("opening_cost") or 0)) for place in new]
    return {
        "five_years": sum(known) if known else None,
        "opening": sum(opening),
        "unknown": len(five) - len(known),
        "staff": sum(staff) if staff else None,
        "years": YEARS,
    }


def _new_place(ground: Ground, column: int, after: Assignment) -> dict[str, object]:
    """A new centre with what it costs and which services of others it stands beside."""
    cost = five_year_cost(ground.places[column])
    return {
        **_place(ground, column, after),
        "five_year_cost": None if np.isnan(cost) else cost,
        "beside": _beside(ground, column),
    }


def _beside(ground: Ground, column: int) -> list[dict[str, object]]:
    """Centres of others within a walk, the nearest first: what a new centre may duplicate."""
    first = len(ground.existing) + len(ground.sites)
    apart = np.hypot(*(ground.places_m[first:] - ground.places_m[column]).T)
    near = [int(one) for one in np.argsort(apart, kind="stable") if apart[one] <= BESIDE_M]
    return [
        {
            "name": ground.others[one].name,
            "owner": ground.others[one].kind,
            "metres": round(float(apart[one])),
            "services": ground.others[one].detail.get("services"),
        }
        for one in near
    ]


def _served(options: RecommendOptions) -> dict[str, object]:
    return {
        "group": options.group if not options.groups else "",
        "groups": options.served,
        "priority": dict(options.priority),
        "unit": "visits a year" if options.by_visits else "persons in need",
    }


def _proof(found: SitePlan) -> dict[str, object]:
    return {
        "objective_person_minutes": found.objective,
        "bound_person_minutes": found.bound,
        "gap": found.gap,
        "status": found.status,
        "seconds": round(found.seconds, 3),
    }


def _gain(before: Floats, after: Floats, need: Floats) -> dict[str, object]:
    """Who gains how much: minutes of a group's persons in need."""
    return {
        "persons": round(float(need.sum())),
        "nearer": round(float(need[nearer(before, after)].sum())),
        "mean_before": mean(before, need),
        "mean_after": mean(after, need),
        "p95_before": p95(before, need),
        "p95_after": p95(after, need),
    }


def nearer(before: Floats, after: Floats) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """(n,) whose way gets shorter, a first way included."""
    gained: np.ndarray[tuple[int], np.dtype[np.bool_]] = (after < before) | (
        np.isnan(before) & ~np.isnan(after)
    )
    return gained


def _place(ground: Ground, column: int, after: Assignment) -> dict[str, object]:
    """One centre with the region it would answer for."""
    place = ground.places[column]
    mine, minutes = after.site == column, after.minutes
    people, need = ground.need[EVERYBODY]
    first = len(ground.existing)
    district = ground.site_district[column - first] if column >= first else ""
    return {
        "key": place.key,
        "name": place.name,
        "district": district,
        "lon": place.lon,
        "lat": place.lat,
        "ownership": place.kind,
        **dict(place.detail),
        "region_areas": int(mine.sum()),
        "region_population": round(float(people[mine].sum())),
        "region_need": round(float(need[mine].sum())),
        "mean_minutes": mean(minutes[mine], need[mine]),
        "p95_minutes": p95(minutes[mine], need[mine]),
    }


def minutes_of(minutes: Floats, weights: Floats) -> Mapping[str, float | None]:
    """Weighted mean, 95 % and total of (n,) minutes; None where nobody is reached."""
    known = ~np.isnan(minutes) & (weights > 0)
    total = float((minutes[known] * weights[known]).sum()) if known.any() else None
    return {
        "mean_minutes": mean(minutes, weights),
        "p95_minutes": p95(minutes, weights),
        "person_minutes": total,
    }


def mean(minutes: Floats, weights: Floats) -> float | None:
    """Weighted mean of those who are reached."""
    known = ~np.isnan(minutes) & (weights > 0)
    return float(np.average(minutes[known], weights=weights[known])) if known.any() else None


def p95(minutes: Floats, weights: Floats) -> float | None:
    """Minutes that 95 % of the persons in need do not exceed."""
    known = ~np.isnan(minutes) & (weights > 0)
    if not known.any():
        return None
    order = np.argsort(minutes[known], kind="stable")
    share = np.cumsum(weights[known][order]) / weights[known].sum()
    return float(minutes[known][order][min(int(np.searchsorted(share, 0.95)), len(order) - 1)])
