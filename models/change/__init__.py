"""What changed between two maps: the probability that risk rose, from one model of both."""

from models.change.counts import change_in_counts
from models.change.estimates import change_in_estimates
from models.change.geography import on_common_areas
from models.change.results import Change

__all__ = ["Change", "change_in_counts", "change_in_estimates", "on_common_areas"]
