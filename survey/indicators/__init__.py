"""Topics, target groups and indicators from one readable TOML, checked against a form."""

from __future__ import annotations

from survey.indicators.check import check
from survey.indicators.model import (
    Denominator,
    Direction,
    Indicator,
    IndicatorSet,
    Level,
    PopulationSlice,
    Roster,
    TargetGroup,
    Topic,
)
from survey.indicators.read import read_indicators
from survey.indicators.suggest import suggest

__all__ = [
    "Denominator",
    "Direction",
    "Indicator",
    "IndicatorSet",
    "Level",
    "PopulationSlice",
    "Roster",
    "TargetGroup",
    "Topic",
    "check",
    "read_indicators",
    "suggest",
]
