"""Interviews that look made up: told, counted, and the map drawn without them; never left out silently."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.errors import RefusedError
from app.refresh import survey_maps
from app.refresh.classes import Classified, classify
from app.refresh.inputs import Floats, Ints, SurveyInputs
from app.refresh.need import estimate_need
from app.refresh.survey_maps import Evidence

Bools = npt.NDArray[np.bool_]
SHORT = 1 / 3  # of the usual time
LEAST_TIMED = 50  # interviews, below which no usual time is known
ALIKE = 0.85  # share of equal answers that two honest interviews hardly reach (Kuriakose and Robbins 2016)
LEAST_ANSWERS = 20  # compared; fewer questions are answered alike by chance
MEMBERS = 2  # of a household, compared in the order of the roster
AT_ONCE = 400  # interviews compared with each other
MOST = 0.5  # share flagged beyond which the rule, not the interviews, is to be doubted
# set by the device, the office or the visit, or free text: equal or different for other reasons
NOT_ASKED = frozenset(
    {"start", "end", "today", "deviceid", "hidden", "date", "text", "geopoint", "calculate"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """What was flagged and what it would change.

    Attributes
    ----------
    interviews : flagged, of `asked`
    short, alike : by rule: far too quick; answers of another interview
    areas_changed : areas whose class of need differs, appears or goes away without them; None if the map
        cannot be drawn without them
    """

    interviews: int
    asked: int
    short: int
    alike: int
    areas_changed: int | None

    def words(self) -> dict[str, object]:
        """As the run keeps it."""
        return asdict(self)


def suspect(evidence: Evidence, headline: Classified, *, draws: int, smallest_base: int) -> Suspicion:
    """Flag interviews, and compare the map of need with the one that is drawn without them.

    Parameters
    ----------
    headline : the map of need as it was made, with every interview
    draws, smallest_base : as it was made with
    """
    survey = evidence.survey
    short, alike = too_short(survey), too_alike(survey)
    flagged = short | alike
    changed: int | None = 0
    if flagged.any():
        changed = _changed(evidence, headline, ~flagged, draws=draws, smallest_base=smallest_base)
    return Suspicion(
        interviews=int(flagged.sum()),
        asked=len(flagged),
        short=int(short.sum()),
        alike=int(alike.sum()),
        areas_changed=changed,
    )


def _changed(
    evidence: Evidence, headline: Classified, kept: Bools, *, draws: int, smallest_base: int
) -> int | None:
    if kept.mean() < 1 - MOST:
        return None
    survey = evidence.survey
    rows = [row for row, keep in zip(survey.rows, kept, strict=True) if keep]
    fewer = replace(survey, rows=rows, area=survey.area[kept])
    rest = survey_maps.gather(evidence.city, fewer, evidence.indicators, evidence.chance)
    try:
        _, result = estimate_need(rest, draws=draws, seed=evidence.chance.seed)
    except RefusedError:
        return None
    without = classify(result, smallest_base=smallest_base)
    return int((without.risk_class != headline.risk_class).sum())


# -------------------------------------------------------------------- rules
def too_short(survey: SurveyInputs) -> Bools:
    """(n_households,) interviews in less than a third of the usual time, where the form keeps it."""
    minutes = _minutes(survey)
    timed = ~np.isnan(minutes)
    if timed.sum() < LEAST_TIMED:
        return np.zeros(len(minutes), dtype=bool)
    return np.nan_to_num(minutes, nan=np.inf) < SHORT * np.median(minutes[timed])


def _minutes(survey: SurveyInputs) -> Floats:
    name = {
        question.type: question.name
        for question in survey.form.questions
        if question.type in {"start", "end"}
    }
    if len(name) < 2:
        return np.full(len(survey.rows), np.nan)
    ends = [[_moment(row.answers.get(name[side])) for row in survey.rows] for side in ("start", "end")]
    return np.array([(b - a).total_seconds() / 60 if a and b else np.nan for a, b in zip(*ends, strict=True)])


def _moment(value: object) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def too_alike(survey: SurveyInputs) -> Bools:
    """(n_households,) interviews that share nearly all answers with another of the same area."""
    codes = _answers(survey)
    found = np.zeros(len(codes), dtype=bool)
    for rows in _together(survey.area):
        found[rows] = _nearest(codes[rows]) >= ALIKE
    return found


def _answers(survey: SurveyInputs) -> Ints:
    """(n_households, answers) codes, -1 none: of the household's questions, then of its first members'."""
    asked = [question for question in survey.form.questions if question.type not in NOT_ASKED]
    own = [question.name for question in asked if not question.repeat]
    member = [question.name for question in asked if question.repeat]
    told = [row.answers for row in survey.rows]
    columns = [[answers.get(name) for answers in told] for name in own]
    for place in range(MEMBERS):
        people = [row.roster[place] if place < len(row.roster) else {} for row in survey.rows]
        columns += [[person.get(name) for person in people] for name in member]
    if not columns:
        return np.full((len(survey.rows), 0), -1, dtype=np.int64)
    return np.column_stack([_codes(column) for column in columns])


def _codes(column: Sequence[object]) -> Ints:
    """(n,) number of each answer, -1 none."""
    told = np.fromiter(column, dtype=object, count=len(column))
    try:
        number, answers = pd.factorize(told)
    except TypeError:  # an answer of several parts
        number, answers = pd.factorize(np.array([None if one is None else str(one) for one in column]))
    nothing = np.flatnonzero(answers == "")
    return np.where(np.isin(number, nothing), -1, number).astype(np.int64)


def _together(area: Ints) -> Iterator[Ints]:
    """Interviews compared with each other: those of an area, in parts where it has very many."""
    order = np.argsort(area, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(area[order])) + 1):
        for first in range(0, len(rows), AT_ONCE):
            yield rows[first : first + AT_ONCE]


def _nearest(codes: Ints) -> Floats:
    """(n,) largest share of equal answers with any other; 0 where too few can be compared."""
    seen = codes[:, (codes >= 0).any(axis=0)]
    given = seen >= 0
    equal = np.zeros((len(seen), len(seen)))
    for column, told in zip(seen.T, given.T, strict=True):
        equal += (column[:, None] == column) & told
    # an answer that only one of the two gave is a difference
    either = given.shape[1] - (~given).astype(np.float64) @ (~given).T.astype(np.float64)
    share = np.where(either >= LEAST_ANSWERS, equal / np.maximum(either, 1.0), 0.0)
    np.fill_diagonal(share, 0.0)
    nearest: Floats = share.max(axis=1, initial=0.0)
    return nearest
