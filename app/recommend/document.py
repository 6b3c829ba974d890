"""A found plan as the document that is stored: centres, regions, minutes before and after, proof."""

from collections.abc import Mapping

import numpy as np

from app.recommend.ground import EVERYBODY, Floats, Ground
from app.recommend.options import RecommendOptions
from models.results import Assignment
from models.siting import SitePlan, assign


def document(
    ground: Ground, found: SitePlan, weights: Floats, options: RecommendOptions
) -> dict[str, object]:
    """Everything a reader of the plan needs; numbers of a region cover its people only."""
    existing, inside = list(range(len(ground.existing))), ground.inside(options.region)
    opened = np.array([*existing, *found.new.tolist()], dtype=np.int64)
    after = assign(ground.travel.minutes, opened)
    unserved = np.full(len(weights), np.nan)
    before = assign(ground.travel.minutes, opened[: len(existing)]).minutes if existing else unserved
    codes, columns = list(ground.frame["code"]), ground.places
    error = float((weights * ground.radius_m).sum() * ground.minutes_per_m)
    regions = {c: columns[s].key if s >= 0 else None for c, s in zip(codes, after.site.tolist(), strict=True)}
    return {
        "new": [_place(ground, column, after) for column in found.new.tolist()],
        "existing": [_place(ground, column, after) for column in existing],
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
        "filters": {"step_free_only": options.step_free_only, "ownership": list(options.ownership)},
        "before": minutes_of(before, weights),
        "after": minutes_of(after.minutes, weights),
        "groups": {
            name: _gain(before, after.minutes, need * inside) for name, (_, need) in ground.need.items()
        },
        "point_error_person_minutes": error,
        "point_error_minutes": error / float(weights.sum()) if weights.sum() else 0.0,
        "regions": regions,
        "unserved": [codes[row] for row in found.unserved.tolist()],
    }


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
