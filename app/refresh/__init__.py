"""Use case: what the city sent becomes one numbered risk map, a draft until somebody answers for it."""

from app.refresh.checking import examine
from app.refresh.due import is_due
from app.refresh.run import RefreshOptions, RunSummary, refresh
from app.refresh.states import move

__all__ = ["RefreshOptions", "RunSummary", "examine", "is_due", "move", "refresh"]
