"""Where to open centres beside existing ones: p-median with a proof to check again, p-centre, covers."""

from models.siting.centre import p_center
from models.siting.certificate import Certificate
from models.siting.cover import maximal_cover, set_cover
from models.siting.coverage import CoverPlan
from models.siting.facilities import FacilityType, TypedSites, expand_types
from models.siting.median import p_median, verify
from models.siting.nearest import assign
from models.siting.request import InfeasibleRequest
from models.siting.results import SitePlan
from models.siting.rules import Rules, too_close

__all__ = [
    "Certificate",
    "CoverPlan",
    "FacilityType",
    "InfeasibleRequest",
    "Rules",
    "SitePlan",
    "TypedSites",
    "assign",
    "expand_types",
    "maximal_cover",
    "p_center",
    "p_median",
    "set_cover",
    "too_close",
    "verify",
]
