"""Use case: persons in need, candidate sites and existing centres -> a plan with its proof."""

from app.recommend.compare import Comparison, compare
from app.recommend.edits import copy_plan, publish_plan, rename_plan, undo_plan, withdraw_plan
from app.recommend.options import RecommendOptions, SaveAs
from app.recommend.pin import Pin, try_pin
from app.recommend.run import recommend

__all__ = [
    "Comparison",
    "Pin",
    "RecommendOptions",
    "SaveAs",
    "compare",
    "copy_plan",
    "publish_plan",
    "recommend",
    "rename_plan",
    "try_pin",
    "undo_plan",
    "withdraw_plan",
]
