"""What is asked of a plan, and what it is saved as."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.errors import RefusedError

EVERYBODY = "all"
Tell = Callable[[str, float], None]  # name of the stage, share done 0..1; may raise to cancel


def silent(_stage: str, _share: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendOptions:
    """What a unit manager asks for; all of it is stored with the plan.

    Attributes
    ----------
    groups : group -> weight on a ratio scale; empty = `group` alone
    at_least : group of districts -> least number of new centres there
    priority : group -> factor on top of everybody's need; the total is kept
    region : service region whose people and candidates alone count, '' = the whole city
    by_visits : visits a year instead of persons in need
    alternatives : whether to work out what else was possible
    """

    new: int
    group: str = EVERYBODY
    groups: Mapping[str, float] = field(default_factory=dict)
    at_least: Mapping[str, int] = field(default_factory=dict)
    priority: Mapping[str, float] = field(default_factory=dict)
    region: str = ""
    run_id: int | None = None
    by_visits: bool = False
    step_free_only: bool = False
    ownership: Sequence[str] = ()
    alternatives: bool = False
    time_limit_seconds: float = 60.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse weights that are no ratios."""
        for name, factor in (*self.groups.items(), *self.priority.items()):
            if not 0 < factor < float("inf"):
                raise RefusedError("recommend.priority", group=name, factor=factor)

    @property
    def served(self) -> dict[str, float]:
        """Weight of each group served."""
        return dict(self.groups) or {self.group: 1.0}

    def as_json(self) -> dict[str, object]:
        """Everything, to be stored; `RecommendOptions(**stored)` asks the same again."""
        return {
            "new": self.new,
            "group": self.group,
            "groups": dict(self.groups),
            "at_least": dict(self.at_least),
            "priority": dict(self.priority),
            "region": self.region,
            "run_id": self.run_id,
            "by_visits": self.by_visits,
            "step_free_only": self.step_free_only,
            "ownership": list(self.ownership),
            "alternatives": self.alternatives,
            "time_limit_seconds": self.time_limit_seconds,
            "seed": self.seed,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveAs:
    """A new plan of this name, or a new version of plan `plan_id`."""

    name: str = ""
    plan_id: int | None = None
