"""Where to open centres beside existing ones: p-median with a proof to check again, p-centre, covers."""

from models.siting.centre import p_center
from models.siting.certificate import Certificate
from models.siting.cover import maximal_cover, set_cover
from models.siting.coverage import CoverPlan
from models.siting.grouped import p_median_in_groups
from models.siting.median import assign, p_median, verify
from models.siting.request import InfeasibleRequest, SiteRequest
from models.siting.results import SitePlan

__all__ = [
    "Certificate",
    "CoverPlan",
    "InfeasibleRequest",
    "SitePlan",
    "SiteRequest",
    "assign",
    "maximal_cover",
    "p_center",
    "p_median",
    "p_median_in_groups",
    "set_cover",
    "verify",
]
