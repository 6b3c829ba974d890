"""Where to open centres: exact p-median with a bound, beside existing ones."""

from models.siting.plan import assign, p_median
from models.siting.request import InfeasibleRequest, SiteRequest

__all__ = ["InfeasibleRequest", "SiteRequest", "assign", "p_median"]
