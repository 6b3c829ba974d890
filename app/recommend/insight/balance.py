"""Service regions in one piece with loads alike, beside everybody going to the nearest centre."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from app.recommend.ground import Floats
from app.recommend.insight.study import Study
from geo.neighbours import connect_components, queen
from models.plans import service_regions

SLACK = 0.5  # loads lie between half and one and a half of their mean
LONGEST_SECONDS = 5.0
FEWEST_CENTRES = 2


def balance(study: Study, *, seconds: float) -> dict[str, object]:
    """Regions of alike loads; `known` is false for plans of one region of the city, or of one centre."""
    opened = study.plan.sites.tolist()
    divisible = FEWEST_CENTRES <= len(opened) <= len(study.weights)
    if study.options.region or study.request.beyond is not None or not divisible:
        return {"known": False}
    ground, near = study.ground, study.ground.travel.minutes[:, opened]
    joined = connect_components(queen(ground.metric), ground.points_m)
    found = service_regions(
        ground.travel.minutes,
        study.weights,
        opened,
        joined.matrix,
        roots=_roots(near),
        slack=SLACK,
        time_limit_s=min(seconds, LONGEST_SECONDS),
        seed=study.options.seed,
    )
    nearest = np.bincount(np.nan_to_num(near, nan=np.inf).argmin(axis=1), study.weights, len(opened))
    codes, places = list(ground.frame["code"]), ground.places
    return {
        "known": True,
        "slack": SLACK,
        "balanced": found.balanced,
        "extra_minutes": found.extra_person_minutes / study.persons if study.persons else 0.0,
        "gap": found.gap,
        "regions": {code: places[int(c)].key for code, c in zip(codes, found.region, strict=True)},
        "loads": [
            {
                "key": places[column].key,
                "name": places[column].name,
                "areas": int((found.region == column).sum()),
                "nearest": round(float(nearest[place])),
                "persons": round(float(found.load[place])),
            }
            for place, column in enumerate(found.sites.tolist())
        ],
    }


def _roots(near: Floats) -> list[int]:
    """(k,) an area for each centre to keep, another for each, as near as can be."""
    cost = np.nan_to_num(near.T, nan=1e9)
    _, area = linear_sum_assignment(cost)
    return [int(one) for one in area]
