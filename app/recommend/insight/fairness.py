"""For whom a plan is good: the worst-served beside the mean, and how evenly ways are spread."""

from collections.abc import Mapping

import numpy as np

from app.recommend.ground import EVERYBODY, Floats
from app.recommend.insight.study import Study
from models.plans import access_report, e2sfca, fairness_frontier, group_minutes
from models.plans.fairness import FairPlan

TAIL = 0.05  # of persons in need
POINTS = 7
LIMITS_MINUTES = (15.0, 30.0, 45.0)


def fairness(study: Study, *, seconds: float) -> dict[str, object]:
    """The frontier of mean and worst-served minutes, and who has which way before and after."""
    near = {
        "before": study.near(range(len(study.ground.existing))),
        "after": study.near(study.plan.sites.tolist()),
    }
    return {
        "share": TAIL,
        "points": _points(study, seconds) if study.request.free else [],
        "access": {when: _access(study, minutes) for when, minutes in near.items()},
        "catchment": _catchment(study),
        "districts": _districts(study, near),
    }


def _points(study: Study, seconds: float) -> list[Mapping[str, object]]:
    found = fairness_frontier(
        study.ground.travel.minutes,
        study.weights,
        study.request.p or 0,
        **study.columns,
        share=TAIL,
        points=POINTS,
        time_limit_s=seconds,
        seed=study.options.seed,
    )
    return [_point(study, one) for one in found.points]


def _point(study: Study, one: FairPlan) -> Mapping[str, object]:
    near = study.near(one.sites.tolist())
    mean, tail = group_minutes(near, study.by_group(), TAIL)
    return {
        "sites": study.named(one.sites.tolist()),
        "mean_minutes": one.mean_minutes,
        "tail_minutes": one.tail_minutes,
        "gap": one.gap,
        "price": known(one.price),
        "extra_person_minutes": one.extra_person_minutes,
        "chosen": np.array_equal(one.sites, study.plan.sites),
        "groups": {
            name: {"mean": known(mean[place]), "tail": known(tail[place])}
            for place, name in enumerate(study.group_names)
        },
    }


def _access(study: Study, near: Floats) -> Mapping[str, object]:
    if not study.persons:
        return {}
    people, need = study.ground.need[EVERYBODY]
    share = np.divide(need, people, out=np.zeros_like(need), where=people > 0)
    found = access_report(near, study.weights, deprivation=share, limits=LIMITS_MINUTES, share=TAIL)
    names = ("mean", "median", "p95", "tail", "gini", "concentration", "unreached")
    beyond = {f"{limit:g}": float(value) for limit, value in zip(found.limits, found.beyond, strict=True)}
    return {**{name: known(getattr(found, name)) for name in names}, "beyond": beyond}


def _catchment(study: Study) -> Mapping[str, object]:
    """Places of centres for each thousand persons in need near them, where every centre says its capacity."""
    opened = study.plan.sites.tolist()
    capacity = [study.ground.places[column].detail.get("capacity") for column in opened]
    if any(value is None for value in capacity) or not study.persons:
        return {}
    supply = np.array([float(str(value)) for value in capacity])
    found = e2sfca(study.ground.travel.minutes[:, opened], supply, study.weights)
    reached = found.access > 0
    share = float(study.weights[reached].sum() / study.persons)
    mean = float(np.average(found.access, weights=study.weights)) * 1000
    return {"places_per_1000": mean, "reached_share": share}


def _districts(study: Study, near: Mapping[str, Floats]) -> list[Mapping[str, object]]:
    """Mean and worst-served minutes of each district's persons in need."""
    names = np.asarray(study.ground.frame["district"], dtype=object)
    listed = sorted(set(names[study.weights > 0]))
    inside = np.array([np.where(names == name, study.weights, 0.0) for name in listed])
    if not listed:
        return []
    figures = {when: group_minutes(minutes, inside, TAIL) for when, minutes in near.items()}
    return [
        {
            "district": name,
            "areas": int((names == name).sum()),
            "persons": round(float(inside[place].sum())),
            **{f"mean_{when}": known(mean[place]) for when, (mean, _) in figures.items()},
            **{f"tail_{when}": known(tail[place]) for when, (_, tail) in figures.items()},
        }
        for place, name in enumerate(listed)
    ]


def known(value: object) -> float | None:
    """A number, None for NaN and infinity, which JSON does not know."""
    number = float(str(value))
    return number if np.isfinite(number) else None
