"""What a plan is worth beyond its objective: under uncertain need, for whom, and in what order."""

from models.plans.robust import Choice, RobustPlan, robust_plan

__all__ = ["Choice", "RobustPlan", "robust_plan"]
