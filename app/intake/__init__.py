"""Use case: a file from any source, parsed, checked, stored whole or not at all, problems reported."""

from app.intake.load import KINDS, load
from app.intake.offer import LoadOptions
from app.intake.outcome import Outcome, SheetCounts

__all__ = ["KINDS", "LoadOptions", "Outcome", "SheetCounts", "load"]
