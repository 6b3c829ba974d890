"""What else was possible: the best plan without each chosen site, and with one centre fewer or more."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.recommend.document import minutes_of
from app.recommend.ground import Floats, Ground
from app.recommend.options import RecommendOptions, Tell
from models.siting import InfeasibleRequest, SitePlan, SiteRequest, assign, p_median_in_groups

LONGEST_SECONDS = 10.0  # of one alternative: it is told with its own gap
WITHOUT, FEWER, MORE = "without", "fewer", "more"


@dataclass(frozen=True)
class Question:
    """One alternative to work out; `column` is the site that is left out, -1 none."""

    kind: str
    request: SiteRequest
    column: int = -1


def alternatives(
    ground: Ground,
    chosen: SitePlan,
    weights: Floats,
    options: RecommendOptions,
    *,
    base: SiteRequest,
    tell: Tell,
) -> list[dict[str, object]]:
    """Each alternative with its sites and minutes; one that no choice meets says so.

    Parameters
    ----------
    weights : (n_areas,) as the plan's
    base : the plan's own request
    """
    asked = list(_questions(chosen, base))
    answers = []
    for place, question in enumerate(asked):
        tell("plans.stage_alternatives", place / len(asked))
        answers.append(_answer(ground, question, weights, options))
    return answers


def _questions(chosen: SitePlan, base: SiteRequest) -> Iterator[Question]:
    for column in chosen.new.tolist():
        yield Question(WITHOUT, replace(base, excluded=[*base.excluded, column]), column)
    if base.new > 1:
        yield Question(FEWER, replace(base, new=base.new - 1))
    yield Question(MORE, replace(base, new=base.new + 1))


def _answer(
    ground: Ground, question: Question, weights: Floats, options: RecommendOptions
) -> dict[str, object]:
    places = ground.places
    said: dict[str, object] = {"kind": question.kind, "count": question.request.new}
    if question.column >= 0:
        said |= {"site": places[question.column].key, "name": places[question.column].name}
    seconds = min(options.time_limit_seconds, LONGEST_SECONDS)
    try:
        found = p_median_in_groups(
            ground.travel.minutes, weights, question.request, seed=options.seed, time_limit_seconds=seconds
        )
    except InfeasibleRequest:
        return {**said, "possible": False}
    after = assign(ground.travel.minutes, found.sites).minutes
    new = [{"key": places[c].key, "name": places[c].name} for c in found.new.tolist()]
    return {**said, "possible": True, "new": new, "gap": found.gap, **minutes_of(after, weights)}
