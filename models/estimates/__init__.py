"""Survey estimates: direct with design variance, area models, joint draws, persons in need."""

from models.estimates.area_model import AreaModel
from models.estimates.benchmarking import Benchmarked, benchmark
from models.estimates.direct import direct_estimates, finite_population
from models.estimates.fay_herriot import FayHerriot, FayHerriotEstimates
from models.estimates.joint import error_correlation, joint_draws, posterior_draws
from models.estimates.need import persons_in_need
from models.estimates.variance_function import SmoothedVariances, variance_function

__all__ = [
    "AreaModel",
    "Benchmarked",
    "FayHerriot",
    "FayHerriotEstimates",
    "SmoothedVariances",
    "benchmark",
    "direct_estimates",
    "error_correlation",
    "finite_population",
    "joint_draws",
    "persons_in_need",
    "posterior_draws",
    "variance_function",
]
