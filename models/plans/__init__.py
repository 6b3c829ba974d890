"""What a plan is worth beyond its objective: under uncertain need, for whom, and in what order."""

from models.plans.fairness import FairPlan, Frontier, fairness_frontier, group_minutes
from models.plans.phases import PhasedPlan, phased_plan
from models.plans.robust import Choice, RobustPlan, robust_plan
from models.plans.tail import tail_minutes

__all__ = [
    "Choice",
    "FairPlan",
    "Frontier",
    "PhasedPlan",
    "RobustPlan",
    "fairness_frontier",
    "group_minutes",
    "phased_plan",
    "robust_plan",
    "tail_minutes",
]
