"""What else was possible: the best plan without each chosen site, and with one centre fewer or more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.recommend.document import minutes_of, nearest
from app.recommend.ground import Floats, Ground
from app.recommend.options import RecommendOptions, Tell
from app.recommend.request import Request, new_columns, search
from models.siting import InfeasibleRequest, SitePlan

LONGEST_SECONDS = 10.0  # of one alternative: it is told with its own gap
WITHOUT, FEWER, MORE = "without", "fewer", "more"


@dataclass(frozen=True)
class Question:
    """One alternative to work out; `column` is the site that is left out, -1 none."""

    kind: str
    request: Request
    column: int = -1


def alternatives(
    ground: Ground,
    chosen: SitePlan,
    weights: Floats,
    options: RecommendOptions,
    *,
    base: Request,
    tell: Tell,
) -> list[dict[str, object]]:
    """Each alternative with its sites and minutes; one that no choice meets says so.

    Parameters
    ----------
    weights : (n_areas,) as the plan's
    base : the plan's own request
    """
    asked = list(_questions(new_columns(ground, chosen), base, len(ground.existing)))
    answers = []
    for place, question in enumerate(asked):
        tell("plans.stage_alternatives", place / len(asked))
        answers.append(_answer(ground, question, weights, options))
    return answers


def _questions(new: Sequence[int], base: Request, existing: int) -> Iterator[Question]:
    for column in new:
        yield Question(WITHOUT, base.without(column), column)
    if base.p is None:
        return
    if base.p - existing > 1:
        yield Question(FEWER, base.with_more(-1))
    yield Question(MORE, base.with_more(1))


def _answer(
    ground: Ground, question: Question, weights: Floats, options: RecommendOptions
) -> dict[str, object]:
    places = ground.places
    said: dict[str, object] = {
        "kind": question.kind,
        "count": None if question.request.p is None else question.request.p - len(ground.existing),
    }
    if question.column >= 0:
        said |= {"site": places[question.column].key, "name": places[question.column].name}
    seconds = min(options.time_limit_seconds, LONGEST_SECONDS)
    try:
        found = search(ground, question.request, weights, seconds=seconds, seed=options.seed)
    except InfeasibleRequest:
        return {**said, "possible": False}
    after = nearest(ground, question.request, found.sites.tolist()).minutes
    new = [{"key": places[c].key, "name": places[c].name} for c in new_columns(ground, found)]
    return {**said, "possible": True, "new": new, "gap": found.gap, **minutes_of(after, weights)}
