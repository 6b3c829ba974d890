"""Rules between a plan and those that differ from it by a site, or must have one of some columns."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.checks import Bools, Floats, Ints
from models.siting import Rules
from models.siting.rules import Limits, parse_rules

WITHIN = 1e-9  # relative to a budget
ASKED = "one of these"


def limits_of(rules: Rules | None, n_sites: int, *, any_number: bool = False) -> Limits | None:
    """Rules over the columns; None where nothing is ruled.

    Raises
    ------
    ValueError
        As `p_median`; if any number of sites may open, but there is no budget.
    """
    if rules is None and not any_number:
        return None
    limits = parse_rules(rules, n_sites, None if any_number else 1)
    return None if limits.none else limits


def may_join(limits: Limits, sites: Ints) -> Bools:
    """(n_sites,) columns that keep the rules if they open beside some sites."""
    after = limits.member[:, sites].sum(axis=1)[:, None] + limits.member
    kept = ((after >= limits.least[:, None]) & (after <= limits.most[:, None])).all(axis=0)
    most = limits.budget + WITHIN * max(1.0, limits.budget)
    kept &= limits.cost[sites].sum() + limits.cost <= most
    kept &= ~limits.conflict[:, sites].any(axis=1)
    kept[sites] = False
    return np.asarray(kept, dtype=np.bool_)


def may_replace(limits: Limits, sites: Ints, leaving: int) -> Bools:
    """(n_sites,) columns that keep the rules in place of one of the sites."""
    return may_join(limits, sites[sites != leaving])


def may_close(limits: Limits, sites: Ints, leaving: int) -> bool:
    """Whether the sites without one of them keep the rules, their number aside."""
    left = limits.member[:, sites[sites != leaving]].sum(axis=1)
    return bool((left >= limits.least).all())


def with_one_of(rules: Rules, columns: Ints) -> Rules:
    """The same rules, and at least one of some columns open."""
    name = ASKED
    while name in rules.groups:
        name += "'"
    groups: dict[str, Sequence[int]] = {**rules.groups, name: columns.tolist()}
    return replace(rules, groups=groups, at_least={**rules.at_least, name: 1})


def with_cost(rules: Rules, n_sites: int, cost: float) -> Rules:
    """The same rules for one column more, of some cost."""
    given: Floats | None = None if rules.cost is None else np.asarray(rules.cost, dtype=np.float64)
    if given is None or len(given) != n_sites:
        return rules
    return replace(rules, cost=np.append(given, cost))
