"""What is asked of a plan, and what it is saved as."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

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
    new : centres to open; None for as many as the budget pays
    groups : group -> weight on a ratio scale; empty = `group` alone
    at_least, at_most : group of districts -> number of new centres there
    required, left_out : keys of sites that open in any case, and of those that may not
    closable : keys of own centres that may be closed, each for one more new centre
    apart_m : new centres stand at least so far apart, straight
    budget : five years' cost of all new centres together; sites of unknown cost are then left out
    others : service that others' centres give too, so that who is near one counts as served; "*" = any
    phases : new centres open at the end of each phase, rising, the last of them `new`
    priority : group -> factor on top of everybody's need; the total is kept
    region : service region whose people and candidates alone count, '' = the whole city
    by_visits : visits a year instead of persons in need
    alternatives : whether to work out what else was possible, how sure it is, for whom, in what order
    """

    new: int | None
    group: str = EVERYBODY
    groups: Mapping[str, float] = field(default_factory=dict)
    at_least: Mapping[str, int] = field(default_factory=dict)
    at_most: Mapping[str, int] = field(default_factory=dict)
    required: Sequence[str] = ()
    left_out: Sequence[str] = ()
    closable: Sequence[str] = ()
    apart_m: float = 0.0
    budget: float | None = None
    others: str = ""
    phases: Sequence[int] = ()
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
        """Refuse weights that are no ratios, and what asks for nothing."""
        if (self.new is None and self.budget is None) or (self.new is not None and self.new < 1):
            raise RefusedError("recommend.no_number")
        if self.phases and not _rises(self.phases, self.new):
            raise RefusedError(
                "recommend.phases", given=", ".join(map(str, self.phases)), new=self.new or "-"
            )
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
            "at_most": dict(self.at_most),
            "required": list(self.required),
            "left_out": list(self.left_out),
            "closable": list(self.closable),
            "apart_m": self.apart_m,
            "budget": self.budget,
            "others": self.others,
            "phases": list(self.phases),
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


def _rises(phases: Sequence[int], new: int | None) -> bool:
    """Whether each phase has more new centres than the one before, and the last all of them."""
    steps = [0, *phases]
    return all(one < other for one, other in pairwise(steps)) and (new is None or phases[-1] == new)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveAs:
    """A new plan of this name, or a new version of plan `plan_id`."""

    name: str = ""
    plan_id: int | None = None
