"""In which order to open: centres of each phase stay, and what that costs against choosing anew."""

from itertools import pairwise

import numpy as np

from app.recommend.insight.study import Study
from models.plans import phased_plan

MOST_PHASES = 6


def order(study: Study, *, seconds: float) -> dict[str, object]:
    """Phases as asked, or one centre after the other; `known` is false where there is nothing to order."""
    asked = list(study.options.phases) or list(range(1, len(study.new) + 1))
    if not study.request.free or len(asked) < 2 or len(asked) > MOST_PHASES:
        return {"known": False, "why": "rules" if not study.request.free else "one"}
    first = len(study.ground.existing)
    fixed = study.columns["fixed"]
    counts = [max(first + count, len(fixed)) for count in asked]
    if any(one >= other for one, other in pairwise(counts)):
        return {"known": False, "why": "rules"}
    found = phased_plan(
        study.ground.travel.minutes,
        study.weights,
        counts,
        **study.columns,
        time_limit_s=seconds,
        seed=study.options.seed,
    )
    last = found.open_in(len(counts) - 1)
    return {
        "known": True,
        "phases": [
            {
                "opens": study.named(np.sort(found.sites[found.phase == phase]).tolist()),
                "open": asked[phase],
                "mean_minutes": float(found.mean_minutes[phase]),
                "best_minutes": found.free[phase].objective / study.persons,
                "regret_share": float(found.regret_share[phase]),
            }
            for phase in range(len(counts))
        ],
        "gap": found.gap,
        "proven": found.proven,
        "same": bool(np.array_equal(last, study.plan.sites)),
    }
