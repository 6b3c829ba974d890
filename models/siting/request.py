"""The refusal of a request that no plan can meet, with a code and the least change."""

from collections.abc import Mapping


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
