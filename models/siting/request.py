"""What may be opened, and the refusal with a code and the least change when it cannot be met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class InfeasibleRequest(ValueError):
    """A request no plan can meet.

    Attributes
    ----------
    code : of the number of sites "siting.too_few_candidates", "siting.more_fixed_than_open"; of rules
        "siting.group_too_small", "siting.group_too_full", "siting.minimums_exceed_new",
        "siting.rules_leave_fewer", "siting.budget_too_small"; of covers "siting.cannot_cover"; of capacities
        "siting.cannot_serve", "siting.demand_too_large", "siting.capacity_too_small",
        "siting.capacity_never_enough", "siting.cannot_assign", "siting.never_assignable",
        "siting.no_assignment_found"
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
