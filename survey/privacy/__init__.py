"""Disclosure control: the only makers of `PublicTable` and `PublicPoints`."""

from __future__ import annotations

from survey.privacy.classes import (
    CV_LIMITS,
    Reliability,
    class_of,
    reliability,
)
from survey.privacy.public import (
    PublicCounts,
    PublicPoints,
    PublicTable,
    publish_classes,
    publish_counts,
    publish_points,
)
from survey.privacy.suppression import (
    MIN_HOUSEHOLDS,
    SMALLEST_COUNT,
    SMALLEST_SENSITIVE,
    Suppression,
    exposed,
    primary,
    suppress,
)

__all__ = [
    "CV_LIMITS",
    "MIN_HOUSEHOLDS",
    "SMALLEST_COUNT",
    "SMALLEST_SENSITIVE",
    "PublicCounts",
    "PublicPoints",
    "PublicTable",
    "Reliability",
    "Suppression",
    "class_of",
    "exposed",
    "primary",
    "publish_classes",
    "publish_counts",
    "publish_points",
    "reliability",
    "suppress",
]
