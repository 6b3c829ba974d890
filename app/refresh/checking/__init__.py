"""Use case: whether a run's maps are to be believed, in numbers that sentences are made from."""

from app.refresh.checking.counts import CountMap, examine_counts, verdict
from app.refresh.checking.run import examine

__all__ = ["CountMap", "examine", "examine_counts", "verdict"]
