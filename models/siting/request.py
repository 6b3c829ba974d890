"""What may be opened: parsed once, refused with a code and the least change when it cannot be met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from models.checks import Bools, Floats, Ints, as_codes


class InfeasibleRequest(ValueError):
    """A request no plan can meet.

    Attributes
    ----------
    code : "siting.too_few_candidates", "siting.more_fixed_than_open", "siting.group_too_small",
        "siting.minimums_exceed_new" or "siting.cannot_cover"
    details : what was asked, what there is, and the least change; numbers and names only
    """

    def __init__(self, code: str, details: Mapping[str, object]) -> None:
        super().__init__(f"{code}: " + ", ".join(f"{name} {value}" for name, value in details.items()))
        self.code = code
        self.details = dict(details)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRequest:
    """How many sites to open, beside which, and with how many in each group.

    Attributes
    ----------
    new : sites to open, >= 1
    existing : columns already open; they stay open and are not counted in `new`
    excluded : columns that may not be opened
    groups : name -> columns; groups may overlap
    group_minimum : name -> least number of NEW sites among the group's columns
    """

    new: int
    existing: Sequence[int] = ()
    excluded: Sequence[int] = ()
    groups: Mapping[str, Sequence[int]] = field(default_factory=dict)
    group_minimum: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feasible:
    """A request that can be met: candidate columns, fixed columns, groups over candidates."""

    candidates: Ints
    existing: Ints
    new: int
    member: Bools  # (n_groups, n_candidates), groups with a minimum only
    minimum: Ints
    start: Ints  # positions in `candidates` of one choice that meets the request

    @property
    def disjoint(self) -> bool:
        """Whether no candidate is in two groups."""
        return bool((self.member.sum(axis=0) <= 1).all())


def parse_request(request: SiteRequest, n_sites: int) -> Feasible:
    """Check a request against `n_sites` columns.

    Raises
    ------
    InfeasibleRequest
        If no plan can meet it.
    ValueError
        If a column or a group name does not exist, or `new` < 1.
    """
    if request.new < 1:
        raise ValueError(f"new must be >= 1; got {request.new}")
    existing, excluded = (
        _columns(name, getattr(request, name), n_sites) for name in ("existing", "excluded")
    )
    candidates = np.setdiff1d(np.arange(n_sites), np.concatenate([existing, excluded])).astype(np.int64)
    if len(candidates) < request.new:
        raise InfeasibleRequest(
            "siting.too_few_candidates",
            {"asked": request.new, "available": len(candidates), "least_change_new": len(candidates)},
        )
    unknown = sorted(set(request.group_minimum) - set(request.groups))
    if unknown:
        raise ValueError(f"no such group: {unknown}; there are {sorted(request.groups)}")
    names = sorted(name for name, least in request.group_minimum.items() if least > 0)
    member = np.zeros((len(names), len(candidates)), dtype=np.bool_)
    for row, name in enumerate(names):
        member[row] = np.isin(candidates, _columns(f"group {name}", request.groups[name], n_sites))
        _check_group(name, request.group_minimum[name], int(member[row].sum()))
    minimum = np.array([request.group_minimum[name] for name in names], dtype=np.int64)
    start = _smallest_choice(member, minimum)
    if len(start) > request.new:
        details = {"asked": request.new, "needed": len(start), "least_change_new": len(start)}
        raise InfeasibleRequest("siting.minimums_exceed_new", details)
    return Feasible(candidates, existing, request.new, member, minimum, start)


def _columns(name: str, columns: Sequence[int], n_sites: int) -> Ints:
    return np.unique(as_codes(name, np.asarray(columns, dtype=np.int64), count=n_sites))


def _check_group(name: str, asked: int, available: int) -> None:
    if asked > available:
        details = {"group": name, "asked": asked, "available": available, "least_change_minimum": available}
        raise InfeasibleRequest("siting.group_too_small", details)


def _smallest_choice(member: Bools, minimum: Ints) -> Ints:
    """Fewest candidates that meet every group's minimum (groups may overlap)."""
    if not len(minimum):
        return np.zeros(0, np.int64)
    size = member.shape[1]
    rule = LinearConstraint(member.astype(np.float64), lb=minimum.astype(np.float64))
    found = milp(
        np.ones(size), constraints=rule, integrality=np.ones(size, dtype=np.int64), bounds=Bounds(0, 1)
    )
    chosen: Ints = np.flatnonzero(np.asarray(found.x) > 0.5).astype(np.int64)
    return chosen


def keeps_minimums(plan: Feasible, chosen: Ints) -> Bools:
    """Which candidates may join `chosen` (one short of complete) without breaking a minimum."""
    short = plan.member[:, chosen].sum(axis=1) < plan.minimum
    allowed: Bools = plan.member[short].all(axis=0)
    allowed[chosen] = False
    return allowed


def cheapest(plan: Feasible, price: Floats) -> Ints:
    """`new` candidates of least total price; meets the minimums only when groups are disjoint."""
    order = np.argsort(price, kind="stable")
    if not len(plan.minimum) or not plan.disjoint:
        return order[: plan.new]
    forced = [order[plan.member[g][order]][:least] for g, least in enumerate(plan.minimum)]
    taken = np.concatenate(forced)
    rest = order[~np.isin(order, taken)]
    return np.concatenate([taken, rest[: plan.new - len(taken)]])
