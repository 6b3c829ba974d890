"""Why these places: what each is for, what would replace it, and why not another district."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from app.recommend.ground import Floats
from app.recommend.insight.fairness import known
from app.recommend.insight.study import Study
from models.plans import Instead, site_reasons, stability, why_not
from models.siting import SitePlan


def reasons(study: Study, *, seconds: float) -> dict[str, object]:
    """Reasons of each site, and what a site in each district without one would cost."""
    return {"sites": _sites(study, seconds / 2), "districts": _districts(study, seconds / 2)}


def chosen_plan(study: Study) -> SitePlan:
    """The plan with required sites as a choice, so that they have reasons too."""
    stays = study.plan.sites[study.plan.sites < len(study.ground.existing)]
    return replace(study.plan, fixed=stays)


def _sites(study: Study, seconds: float) -> list[Mapping[str, object]]:
    travel, plan = study.ground.travel.minutes, chosen_plan(study)
    before = list(range(len(study.ground.existing)))
    found = site_reasons(travel, study.weights, plan, before=before)
    persons = site_reasons(travel, study.by_group(), plan, before=before)
    factors = _factors(study, plan, seconds)
    return [
        {
            **study.named([int(column)])[0],
            "loss_minutes": found.loss_if_dropped[place] / study.persons,
            "loss_person_minutes": float(found.loss_if_dropped[place]),
            "longer": round(float(found.longer_if_dropped[place].sum())),
            "substitute": next(iter(study.named([int(found.substitute[place])])), None),
            "substitute_minutes": known(found.substitute_cost[place] / study.persons),
            "served": _persons(study, persons.served[place]),
            "shorter": _persons(study, persons.shorter[place]),
            "shorter_minutes": known(found.shorter_minutes[place]),
            "newly_reached": round(float(persons.newly_reached[place][0])),
            **factors.get(int(column), {}),
        }
        for place, column in enumerate(found.site)
    ]


def _factors(study: Study, plan: SitePlan, seconds: float) -> dict[int, dict[str, float | None]]:
    """By how much the minutes to a site may grow; only where the plan is the best of all that were free."""
    if not study.request.free or study.options.required or not len(plan.new):
        return {}
    found = stability(
        study.ground.travel.minutes,
        study.weights,
        plan,
        groups=np.zeros(len(study.weights), dtype=np.int64),
        time_limit_s=seconds,
        seed=study.options.seed,
    )
    return {
        int(column): {
            "safe_factor": known(found.safe_site[place]),
            "change_factor": known(found.change_site[place]),
        }
        for place, column in enumerate(found.site)
    }


def _persons(study: Study, counts: Floats) -> Mapping[str, int]:
    return {name: round(float(count)) for name, count in zip(study.group_names, counts, strict=True)}


def _districts(study: Study, seconds: float) -> list[Mapping[str, object]]:
    """Every district that has no new centre: what one would cost, whose way gets longer and shorter."""
    if not study.request.free:
        return []
    first, has = len(study.ground.existing), {one["district"] for one in study.named(study.new)}
    columns: dict[str, list[int]] = {str(name): [] for name in sorted(set(study.ground.frame["district"]))}
    for place, district in enumerate(study.ground.site_district):
        if district:
            columns[district].append(first + place)
    asked = {name: own for name, own in columns.items() if name not in has}
    plan = chosen_plan(study)
    found: list[Mapping[str, object]] = []
    for name, own in asked.items():
        other = why_not(
            study.ground.travel.minutes,
            study.weights,
            plan,
            own,
            time_limit_s=seconds / len(asked),
            seed=study.options.seed,
        )
        found.append({"district": name, **instead(study, other)})
    return sorted(found, key=lambda one: float(str(one["extra_minutes"])) if one["enters"] else np.inf)


def instead(study: Study, other: Instead) -> dict[str, object]:
    """What another plan costs, what it exchanges, and whose way it changes."""
    places = len(study.ground.places)
    return {
        "status": other.status,
        "enters": study.named([column for column in other.enters.tolist() if column < places]),
        "displaced": study.named(other.displaced.tolist()),
        "extra_minutes": other.extra_mean_minutes,
        "extra_person_minutes": other.extra_person_minutes,
        "least_extra_person_minutes": other.least_extra,
        "gap": other.gap,
        "lose": round(float(other.lose.sum())),
        "gain": round(float(other.gain.sum())),
    }
