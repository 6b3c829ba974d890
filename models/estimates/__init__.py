"""Survey estimates: direct with design variance, area models, joint draws, persons in need."""

from models.estimates.area_model import AreaModel
from models.estimates.benchmarking import Benchmarked, benchmark
from models.estimates.calibration import Calibrated, poststratify, rake
from models.estimates.design import SurveyDesign, survey_design
from models.estimates.direct import direct_estimates, finite_population
from models.estimates.domains import (
    DomainEstimates,
    horvitz_thompson_mean,
    survey_mean,
    survey_proportion,
    survey_total,
)
from models.estimates.fay_herriot import FayHerriot, FayHerriotEstimates
from models.estimates.interviewers import InterviewerEffect, interviewer_effect
from models.estimates.joint import error_correlation, joint_draws, posterior_draws
from models.estimates.joint_predictors import joint_predictor_draws
from models.estimates.need import persons_in_need
from models.estimates.nonresponse import (
    ResponseAdjustment,
    ResponseBounds,
    response_bounds,
    response_propensity,
    tipping_odds,
    weighting_classes,
)
from models.estimates.replication import (
    ReplicateWeights,
    replicate_mean,
    replicate_total,
    replicate_weights,
    replicated,
)
from models.estimates.scales import (
    ProportionEstimates,
    ScaledProportions,
    arcsine_scale,
    from_arcsine,
)
from models.estimates.variance_function import SmoothedVariances, variance_function

__all__ = [
    "AreaModel",
    "Benchmarked",
    "Calibrated",
    "DomainEstimates",
    "FayHerriot",
    "FayHerriotEstimates",
    "InterviewerEffect",
    "ProportionEstimates",
    "ReplicateWeights",
    "ResponseAdjustment",
    "ResponseBounds",
    "ScaledProportions",
    "SmoothedVariances",
    "SurveyDesign",
    "arcsine_scale",
    "benchmark",
    "direct_estimates",
    "error_correlation",
    "finite_population",
    "from_arcsine",
    "horvitz_thompson_mean",
    "interviewer_effect",
    "joint_draws",
    "joint_predictor_draws",
    "persons_in_need",
    "posterior_draws",
    "poststratify",
    "rake",
    "replicate_mean",
    "replicate_total",
    "replicate_weights",
    "replicated",
    "response_bounds",
    "response_propensity",
    "survey_design",
    "survey_mean",
    "survey_proportion",
    "survey_total",
    "tipping_odds",
    "variance_function",
    "weighting_classes",
]
