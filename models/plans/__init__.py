"""What a plan is worth beyond its objective: under uncertain need, for whom, and in what order."""

from models.plans.access import AccessReport, Catchment, access_report, concentration_index, e2sfca
from models.plans.fairness import FairPlan, Frontier, fairness_frontier, group_minutes
from models.plans.instead import Instead, pinned, why_not
from models.plans.phases import PhasedPlan, phased_plan
from models.plans.reasons import SiteReasons, site_reasons
from models.plans.regions import ServiceRegions, service_regions
from models.plans.robust import Choice, RobustPlan, robust_plan
from models.plans.stability import Stability, stability
from models.plans.tail import tail_minutes

__all__ = [
    "AccessReport",
    "Catchment",
    "Choice",
    "FairPlan",
    "Frontier",
    "Instead",
    "PhasedPlan",
    "RobustPlan",
    "ServiceRegions",
    "SiteReasons",
    "Stability",
    "access_report",
    "concentration_index",
    "e2sfca",
    "fairness_frontier",
    "group_minutes",
    "phased_plan",
    "pinned",
    "robust_plan",
    "service_regions",
    "site_reasons",
    "stability",
    "tail_minutes",
    "why_not",
]
