"""Whose minutes count, and how much: persons in need of the groups served, with stated priorities."""

from collections.abc import Mapping

import numpy as np

from app.errors import RefusedError
from app.recommend.ground import Bools, Floats, Ground
from app.recommend.options import RecommendOptions


def weights(ground: Ground, options: RecommendOptions) -> Floats:
    """(n,) persons in need of the groups served, times stated priorities; the total is kept.

    Several groups: the mean of their persons in need by the given weights, so that one person of a group
    with weight 2 counts as two of a group with weight 1.

    Raises
    ------
    RefusedError
        If a group is unknown, or nobody lives in the region.
    """
    for name in (*options.served, *options.priority):
        if name not in ground.need:
            raise RefusedError("runs.no_group", group=name, groups=", ".join(sorted(ground.need)))
    need = {name: persons for name, (_, persons) in ground.need.items()}
    found = _weighed(need, options, ground.visits if options.by_visits else None)
    return np.where(_known_region(ground, options.region), found, 0.0)


def weight_draws(ground: Ground, options: RecommendOptions, *, most: int) -> Floats | None:
    """(draws, n) the same for joint draws of need, `most` at most; None where a group served has none."""
    if options.by_visits or not all(name in ground.draws for name in (*options.served, *options.priority)):
        return None
    count = min(most, *(found.shape[1] for found in ground.draws.values()))
    inside = ground.inside(options.region)
    drawn = [
        np.where(
            inside, _weighed({name: each[:, one] for name, each in ground.draws.items()}, options, None), 0.0
        )
        for one in range(count)
    ]
    return np.array(drawn)


def _weighed(need: Mapping[str, Floats], options: RecommendOptions, visits: Floats | None) -> Floats:
    found = _served(need, options.served) if visits is None else visits.copy()
    total = found.sum()
    for name, factor in options.priority.items():
        found += (factor - 1) * np.minimum(need[name], found)
    found = np.maximum(found, 0.0)
    return found * (total / found.sum()) if found.sum() > 0 else found


def _served(need: Mapping[str, Floats], served: Mapping[str, float]) -> Floats:
    whole = sum(served.values())
    parts = [need[name] * (weight / whole) for name, weight in served.items()]
    return np.asarray(np.sum(parts, axis=0), dtype=np.float64)


def _known_region(ground: Ground, region: str) -> Bools:
    inside = ground.inside(region)
    if not inside.any():
        names = ", ".join(sorted(set(ground.regions)))
        raise RefusedError("plans.no_region", region=region, regions=names)
    return inside
