"""The value of interviews in person-minutes: what a plan chosen after them saves."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints, as_floats, check_counts
from models.plans.draws import Best, Field, Setting, best_of_draws
from models.replicates import Executor
from models.results import _areas, _Frozen
from models.sampling.learning import Rivals, answers_of, learnt, shared_out, shrunk_covariance
from models.siting import Rules, SitePlan

FEWEST_DRAWS = 8
BATCHES = 150  # so many parts of the budget are placed one by one
FIELD_DRAWS, MOST_RIVALS = 200, 60
CERTAIN = 2.0  # Monte Carlo errors above 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlan(_Frozen):
    """Interviews by area, and what they are worth.

    Attributes
    ----------
    name : `value` placed where they help the decision most, `variance` where need is least known,
        `persons` in proportion to expected need, `given` as given
    interviews : (n_demand,)
    evsi, evsi_error : expected person-minutes that the plan chosen after the survey saves, and the Monte
        Carlo standard error; chance can make a worthless survey look slightly negative
    changes : share of surveys after which another plan is chosen
    """

    name: str
    interviews: Ints
    evsi: float
    evsi_error: float
    changes: float

    @property
    def worthwhile(self) -> bool:
        """Whether the value is above 0 beyond Monte Carlo error."""
        return self.evsi > CERTAIN * self.evsi_error

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        return _areas({"interviews": self.interviews})


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyValue(_Frozen):
    """What a survey is worth to a siting decision.

    Attributes
    ----------
    plan : best at the mean weights: what is built without a survey
    evpi, evpi_error : expected person-minutes saved if need were known exactly, no survey is worth more;
        and the Monte Carlo standard error
    designs : the same budget placed by `value`, by `variance` and by `persons`
    """

    plan: SitePlan
    evpi: float
    evpi_error: float
    designs: tuple[FieldPlan, ...]

    @property
    def best(self) -> FieldPlan:
        """The design of most value."""
        return max(self.designs, key=lambda one: one.evsi)

    @property
    def no_survey_would_change_this_plan(self) -> bool:
        """Whether no design is worth anything beyond Monte Carlo error."""
        return not any(one.worthwhile for one in self.designs)

    def to_frame(self) -> pd.DataFrame:
        """One row a design."""
        names = ("name", "evsi", "evsi_error", "changes")
        return _areas(
            {name: np.array([getattr(one, name) for one in self.designs]) for name in names}, "design"
        )


def survey_value(
    minutes: ArrayLike,
    weight_draws: ArrayLike,
    variance: ArrayLike,
    p: int | None,
    *,
    budget: int,
    fixed: Sequence[int] = (),
    excluded: Sequence[int] = (),
    rules: Rules | None = None,
    beyond: ArrayLike | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
    executor: Executor | None = None,
) -> SurveyValue:
    """Whether more interviews would lead to a better plan, and where to hold them.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes, NaN = unreachable
    weight_draws : (draws, n_demand) JOINT posterior draws of need after what is known now, at least 8
    variance : (n_demand,) variance of the estimate of an area's weight from one interview; n interviews have
        a n-th of it
    p, fixed, excluded, rules, beyond, seed : as of `p_median`
    budget : interviews in all
    time_limit_s : wall time of each draw's plan
    executor : spreads draws; the answer does not depend on it

    Raises
    ------
    InfeasibleRequest, ValueError
        As `p_median`; if there are too few draws, a variance is negative or the budget is below 0.

    Notes
    -----
    Each draw is taken for the truth once: interviews are simulated on it, the expected weights after them
    follow by a linear Gaussian update whose covariance comes from the OTHER half of the draws, the best plan
    at these weights is found, and both plans are judged at the truth. So the value is never above what
    perfect knowledge of the draw gives, and is rather too low than too high: it is that of a decision rule
    that can be carried out. Draws tell of the covariance of many areas only roughly; it is shrunk.

    References
    ----------
    Raiffa & Schlaifer (1961), Applied Statistical Decision Theory. Heath, Manolopoulou & Baio (2018), Medical
    Decision Making 38, 163-173 (moment matching). Strong et al. (2015), Medical Decision Making 35, 570-583.
    """
    if budget < 0:
        raise ValueError(f"budget must be >= 0 interviews; got {budget}")
    setting = Setting(
        p=p, fixed=fixed, excluded=excluded, rules=rules, beyond=beyond, seconds=time_limit_s, seed=seed
    )
    case = _Case.parse(minutes, weight_draws, variance, setting)
    with threadpool_limits(limits=1):
        perfect = best_of_draws(case.field, case.draws, time_limit_s, executor=executor)
        gain = case.now(case.draws) - np.array([one.total for one in perfect])
        rivals = case.rivals(perfect)
        covariance = shrunk_covariance(case.counted)
        batch = max(-(-budget // BATCHES), 1)
        rows = case.field.instance.rows
        placed = {
            name: np.zeros(case.draws.shape[1], dtype=np.int64) for name in ("value", "variance", "persons")
        }
        placed["value"][rows] = rivals.allocate(
            covariance, case.variance[rows], budget, batch, draws=FIELD_DRAWS, seed=seed
        )
        placed["variance"][rows] = shared_out(np.sqrt(covariance.diagonal()), budget)
        placed["persons"][rows] = shared_out(case.mean[rows], budget)
        designs = tuple(case.judge(name, one, executor) for name, one in placed.items())
    return SurveyValue(
        plan=case.plan,
        evpi=float(np.maximum(gain, 0.0).mean()),
        evpi_error=_error(gain),
        designs=designs,
    )


def interview_value(
    minutes: ArrayLike,
    weight_draws: ArrayLike,
    variance: ArrayLike,
    p: int | None,
    *,
    interviews: ArrayLike,
    fixed: Sequence[int] = (),
    excluded: Sequence[int] = (),
    rules: Rules | None = None,
    beyond: ArrayLike | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
    executor: Executor | None = None,
) -> FieldPlan:
    """What a given number of interviews in each area is worth; see `survey_value`.

    Parameters
    ----------
    interviews : (n_demand,) whole numbers >= 0
    """
    setting = Setting(
        p=p, fixed=fixed, excluded=excluded, rules=rules, beyond=beyond, seconds=time_limit_s, seed=seed
    )
    case = _Case.parse(minutes, weight_draws, variance, setting)
    given = as_floats("interviews", interviews)
    check_counts("interviews", given)
    if len(given) != case.draws.shape[1] or (given % 1 != 0).any():
        raise ValueError(f"interviews must be {case.draws.shape[1]} whole numbers, one an area")
    with threadpool_limits(limits=1):
        return case.judge("given", given.astype(np.int64), executor)


@dataclass(frozen=True, slots=True)
class _Case:
    field: Field
    plan: SitePlan
    draws: Floats
    mean: Floats
    variance: Floats
    seconds: float
    seed: int

    @classmethod
    def parse(
        cls, minutes: ArrayLike, weight_draws: ArrayLike, variance: ArrayLike, setting: Setting
    ) -> "_Case":
        draws = as_floats("weight_draws", weight_draws, ndim=2)
        check_counts("weight_draws", draws.ravel())
        if len(draws) < FEWEST_DRAWS:
            raise ValueError(f"weight_draws must hold at least {FEWEST_DRAWS} draws; got {len(draws)}")
        error = as_floats("variance", variance)
        check_counts("variance", error)
        if len(error) != draws.shape[1]:
            raise ValueError(f"variance must be one an area ({draws.shape[1]}); got {len(error)}")
        mean = draws.mean(axis=0)
        plan = setting.plan(minutes, mean)
        field = Field.parse(minutes, mean, plan, setting)
        return cls(field, plan, draws, mean, error, setting.seconds, setting.seed)

    @property
    def counted(self) -> Floats:
        """Draws of the areas that count."""
        return self.draws[:, self.field.instance.rows]

    def near(self, chosen: Ints) -> Floats:
        """(rows,) minutes to the nearest open site."""
        instance = self.field.instance
        columns = np.concatenate([instance.fixed, instance.candidates[chosen]])
        found: Floats = self.field.filled[:, columns].min(axis=1, initial=np.inf)
        return found

    def now(self, draws: Floats) -> Floats:
        """(draws,) cost of the plan at the mean weights."""
        cost: Floats = draws[:, self.field.instance.rows] @ self.near(self.field.chosen)
        return cost

    def rivals(self, perfect: list[Best]) -> Rivals:
        """The plans that are best in most draws, beside the one at the mean weights."""
        own = self.near(self.field.chosen)
        counted = Counter(tuple(one.chosen.tolist()) for one in perfect).most_common(MOST_RIVALS)
        sets = [np.array(chosen, dtype=np.int64) for chosen, _ in counted]
        slope = np.array([self.near(chosen) - own for chosen in sets])
        slope = slope.reshape(-1, len(own))
        return Rivals(slope @ self.mean[self.field.instance.rows], slope)

    def judge(self, name: str, interviews: Ints, executor: Executor | None) -> FieldPlan:
        """Survey each draw, choose again, and look at the truth."""
        asked = interviews > 0
        if not asked.any():
            return FieldPlan(name=name, interviews=interviews, evsi=0.0, evsi_error=0.0, changes=0.0)
        error = np.where(asked, self.variance / np.maximum(interviews, 1), np.inf)
        after = self._after(answers_of(self.draws, error, self.seed), error)
        chosen = best_of_draws(self.field, after, self.seconds, executor=executor)
        truth = self.counted
        cost = np.array([one @ self.near(best.chosen) for one, best in zip(truth, chosen, strict=True)])
        gain = self.now(self.draws) - cost
        other = [not np.array_equal(np.sort(best.chosen), np.sort(self.field.chosen)) for best in chosen]
        return FieldPlan(
            name=name,
            interviews=interviews,
            evsi=float(gain.mean()),
            evsi_error=_error(gain),
            changes=float(np.mean(other)),
        )

    def _after(self, answers: Floats, error: Floats) -> Floats:
        """(draws, n) expected weights after each survey, the covariance learnt from the other half."""
        rows = self.field.instance.rows
        found = np.zeros_like(self.draws)
        halves = np.arange(len(self.draws)) % 2
        for half in (0, 1):
            covariance = shrunk_covariance(self.counted[halves != half])
            here = np.flatnonzero(halves == half)
            found[np.ix_(here, rows)] = learnt(
                self.mean[rows], covariance, answers[np.ix_(here, rows)], error[rows]
            )
        return found


def _error(values: Floats) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))
