"""Where to open centres: exact p-median beside existing centres, with a proof that can be checked."""

from models.siting.certificate import Certificate
from models.siting.grouped import p_median_in_groups
from models.siting.median import assign, p_median, verify
from models.siting.request import InfeasibleRequest, SiteRequest
from models.siting.results import SitePlan

__all__ = [
    "Certificate",
    "InfeasibleRequest",
    "SitePlan",
    "SiteRequest",
    "assign",
    "p_median",
    "p_median_in_groups",
    "verify",
]
