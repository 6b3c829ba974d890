"""Disclosure control: the only makers of `PublicTable` and `PublicPoints`."""

from __future__ import annotations

from survey.privacy.classes import (
    SAME_CLASS,
    WITHIN_ONE,
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
    "MIN_HOUSEHOLDS",
    "SAME_CLASS",
    "SMALLEST_COUNT",
    "SMALLEST_SENSITIVE",
    "WITHIN_ONE",
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
