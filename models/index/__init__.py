"""Composite indices, the published recipes beside ours, and how much they hang on choices."""

from models.index.imd import IMD_2019, imd, shrink_to_district
from models.index.inform import inform
from models.index.ranks import ClassMembership, RankIntervals, class_membership, rank_intervals
from models.index.ratio import ratio_index
from models.index.recipes import CompositeEstimates
from models.index.shift import RankShift, sobol_rank_shift
from models.index.sobol import SobolIndices, sobol_indices
from models.index.svi import SviEstimates, svi

__all__ = [
    "IMD_2019",
    "ClassMembership",
    "CompositeEstimates",
    "RankIntervals",
    "RankShift",
    "SobolIndices",
    "SviEstimates",
    "class_membership",
    "imd",
    "inform",
    "rank_intervals",
    "ratio_index",
    "shrink_to_district",
    "sobol_indices",
    "sobol_rank_shift",
    "svi",
]
