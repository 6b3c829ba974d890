"""How sure a plan is: what joint draws of need would have chosen, and what choosing wrongly costs."""

from collections.abc import Mapping

import numpy as np

from app.recommend.ground import Floats
from app.recommend.insight.study import Study
from app.recommend.need import weight_draws
from models.plans import Choice, RobustPlan, robust_plan

SELDOM = 0.02  # sites chosen less often are not listed
MOST_NEAR = 8
FEWEST_DRAWS, MOST_DRAWS = 20, 200
PAIRS_IN_ALL = 3e8  # about a minute of searching
RULES_SLOW, BUDGET_SLOWS = 100, 200


def certainty(study: Study, *, seconds: float) -> dict[str, object]:
    """What the stored draws of need say of the plan; `known` is false where they cannot say."""
    draws = weight_draws(study.ground, study.options, most=_most_draws(study))
    if draws is None:
        return {"known": False, "why": "draws"}
    found = robust_plan(
        study.ground.travel.minutes,
        _around(draws, study.weights),
        study.request.p,
        **study.columns,
        rules=study.request.rules,
        beyond=study.request.beyond,
        time_limit_s=seconds,
        seed=study.options.seed,
    )
    return {"known": True, "draws": len(draws), **_told(study, found)}


def _most_draws(study: Study) -> int:
    """Fewer in a city of many areas and sites, and under rules, where each takes longer."""
    slower = BUDGET_SLOWS if study.request.p is None else RULES_SLOW if study.request.rules else 1
    most = PAIRS_IN_ALL / study.ground.travel.minutes.size / slower
    return int(np.clip(most, FEWEST_DRAWS, MOST_DRAWS))


def _around(draws: Floats, weights: Floats) -> Floats:
    """Draws scaled so that their mean is what the plan was made of, to the last digit."""
    mean = draws.mean(axis=0)
    scale: Floats = np.divide(weights, mean, out=np.zeros_like(mean), where=mean > 0)
    return draws * scale


def _told(study: Study, found: RobustPlan) -> dict[str, object]:
    persons = study.persons
    own = tuple(study.plan.sites.tolist())
    same = next((choice for choice in found.plans if choice.sites == own), None)
    gap = np.divide(
        found.optimum - found.optimum_bound,
        found.optimum,
        out=np.zeros_like(found.optimum),
        where=found.optimum > 0,
    )
    return {
        "sites": _sites(study, found),
        "best_share": same.share if same else 0.0,
        "regret_minutes": _spread(found.regret / persons),
        "regret_share": _spread(found.regret_share),
        "largest_gap": float(gap.max()),
        "cautious": _cautious(study, found, same),
        "near": [_near(study, choice) for choice in found.alternatives[:MOST_NEAR]],
        "near_count": len(found.alternatives),
    }


def _spread(values: Floats) -> Mapping[str, float]:
    return {
        "mean": float(values.mean()),
        "p95": float(np.quantile(values, 0.95)),
        "largest": float(values.max()),
    }


def _sites(study: Study, found: RobustPlan) -> list[Mapping[str, object]]:
    """Sites that some draws chose, and the plan's own, the most frequent first."""
    first, chosen = len(study.ground.existing), set(study.new)
    listed = [
        column
        for column in range(first, len(found.inclusion))
        if found.inclusion[column] >= SELDOM or column in chosen
    ]
    ordered = sorted(listed, key=lambda column: (-found.inclusion[column], column))
    return [
        {
            **study.named([column])[0],
            "inclusion": float(found.inclusion[column]),
            "error": float(found.inclusion_error[column]),
            "chosen": column in chosen,
            "group": int(found.group[column]),
            "group_inclusion": _of_group(found, column),
        }
        for column in ordered
    ]


def _of_group(found: RobustPlan, column: int) -> float:
    """Share of draws whose best plan has the site or a near substitute."""
    group = int(found.group[column])
    return float(found.group_inclusion[group]) if group >= 0 else float(found.inclusion[column])


def _cautious(study: Study, found: RobustPlan, own: Choice | None) -> Mapping[str, object]:
    """The set whose worst draws cost least, beside the plan."""
    choice, persons = found.cvar, study.persons
    return {
        "same": own is not None and choice.sites == own.sites,
        "sites": study.named(choice.sites),
        "worst_minutes": choice.regret_cvar / persons,
        "own_worst_minutes": None if own is None else own.regret_cvar / persons,
        "extra_minutes": (choice.objective - study.plan.objective) / persons,
    }


def _near(study: Study, choice: Choice) -> Mapping[str, object]:
    """A set that is almost as good: what changes, and what it costs."""
    enters = np.setdiff1d(choice.sites, study.plan.sites).tolist()
    leaves = np.setdiff1d(study.plan.sites, choice.sites).tolist()
    return {
        "enters": study.named(enters),
        "leaves": study.named(leaves),
        "extra_minutes": (choice.objective - study.plan.objective) / study.persons,
        "share": choice.share,
    }
