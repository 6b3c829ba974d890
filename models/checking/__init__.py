"""Is the map to be believed? Predictive checks, leave-one-out, and what other choices would have shown."""

from models.checking.leave_one_out import LeaveOneOut, leave_one_out
from models.checking.predictive import PredictiveCheck, checks_to_frame, predictive_checks
from models.checking.sensitivity import (
    Confounding,
    EdgeEffect,
    Shift,
    edge_effect,
    prior_sensitivity,
    spatial_confounding,
    unit_sensitivity,
)

__all__ = [
    "Confounding",
    "EdgeEffect",
    "LeaveOneOut",
    "PredictiveCheck",
    "Shift",
    "checks_to_frame",
    "edge_effect",
    "leave_one_out",
    "predictive_checks",
    "prior_sensitivity",
    "spatial_confounding",
    "unit_sensitivity",
]
