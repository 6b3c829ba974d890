"""Maps from the area survey: topics, groups and indicators, every area with an honest interval."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from app.refresh.inputs import CityInputs, Floats, Ints, SurveyInputs
from app.refresh.results import SHARE_UNIT, Chance, MapResult, map_key
from models.estimates import AreaModel, direct_estimates, finite_population, posterior_draws
from models.results import AreaEstimates, DirectEstimates
from survey.expressions import Columns, Node, evaluate
from survey.indicators import Direction, Indicator, IndicatorSet, Level, TargetGroup, Topic

SEXES = ("female", "male")
COMPLETE = "complete"
EVERYONE = {"tr": "hane üyeleri", "en": "household members"}
METHOD = {
    "tr": "ilçe etkili alan modeli (logit ölçeğinde Fay-Herriot), ortak tasarım etkisi",
    "en": "area model with district effects (Fay-Herriot on the logit scale), pooled design effect",
}


@dataclass(frozen=True)
class Evidence:
    """Answers turned into 0, 1 and unknown, ready for the models."""

    city: CityInputs
    survey: SurveyInputs
    indicators: IndicatorSet
    persons: Columns
    households: Columns
    need: Mapping[str, Floats]  # topic -> (n_persons,)
    need_any: Floats
    chance: Chance
    fits: dict[str, AreaEstimates] = field(default_factory=dict)  # topic -> overall fit, for joint draws

    @cached_property
    def person_weight(self) -> Floats:
        """(n_persons,) design weight; without a roster a household weighs as its people."""
        return np.asarray(
            self.survey.weight[self.survey.member_of] * self._people_of_member, dtype=np.float64
        )

    @cached_property
    def asked(self) -> Floats:
        """(n,) share of each area's people in completed households; a complete round asks nearly all."""
        household = np.bincount(self.survey.member_of, self._people_of_member, len(self.survey.rows))
        seen = np.bincount(self.survey.area, household, self.city.size)
        return np.clip(seen / np.maximum(self.city.population, 1.0), 0.0, 1.0)

    @cached_property
    def _people_of_member(self) -> Floats:
        """(n_persons,) how many people a row stands for: one, or the household's size without a roster."""
        size = self.indicators.roster.size_tree
        if self.survey.has_roster or size is None:
            return np.ones(len(self.survey.members))
        people = self.number(size)
        return np.where(people >= 1, people, 1.0)

    def number(self, tree: Node) -> Floats:
        """(n_persons,) a rule's number, NaN where unknown."""
        return np.asarray(evaluate(tree, self.persons, today=self.survey.last_day), dtype=np.float64)


def gather(city: CityInputs, survey: SurveyInputs, indicators: IndicatorSet, chance: Chance) -> Evidence:
    """Evaluate every rule once."""
    trees = [t.need_tree for t in indicators.topics] + [g.person_tree for g in indicators.groups]
    trees += [tree for i in indicators.indicators for tree in (i.numerator_tree, i.denominator_tree)]
    roster = indicators.roster
    trees += [roster.age_tree, roster.female_tree, roster.size_tree]
    asked = [tree for tree in trees if tree is not None]
    persons, households = survey.columns(asked, persons=True), survey.columns(asked, persons=False)
    need = {t.key: survey.truth(t.need_tree, persons) for t in indicators.topics if t.need_tree is not None}
    counted = [need[topic.key] for topic in indicators.topics if topic.in_need_any and topic.key in need]
    any_need = union(counted, len(survey.members))
    return Evidence(city, survey, indicators, persons, households, need, any_need, chance)


def union(parts: Sequence[Floats], size: int) -> Floats:
    """1 where any part is 1; 0 where all are 0; unknown otherwise."""
    if not parts:
        return np.full(size, np.nan)
    stacked = np.array(parts)
    yes = (stacked == 1).any(axis=0)
    return np.where(yes, 1.0, np.where(np.isnan(stacked).any(axis=0), np.nan, 0.0))


def topic_maps(evidence: Evidence) -> Iterator[MapResult]:
    """Each topic over everybody, and by sex."""
    told = evidence.indicators.roster.female_tree
    female = evidence.survey.truth(told, evidence.persons) if told is not None else None
    for topic in evidence.indicators.topics:
        if topic.key not in evidence.need:
            continue
        value = evidence.need[topic.key]
        direct, fit = estimate(evidence, value, persons=True)
        evidence.fits[topic.key] = fit
        yield _map(evidence, "topic", topic, (direct, fit), value)
        if female is not None:
            yield from _by_sex(evidence, topic, value, female)


def _by_sex(evidence: Evidence, topic: Topic, value: Floats, female: Floats) -> Iterator[MapResult]:
    sex = np.where(female == 1, 0, 1).astype(np.int64)
    known = np.where(np.isnan(female), np.nan, value)
    both = estimate(evidence, known, persons=True, group=sex, n_groups=2)
    for place, name in enumerate(SEXES):
        own = np.where(sex == place, known, np.nan)
        yield _map(evidence, "topic", topic, both, own, place=place, sex=name)


def group_maps(evidence: Evidence) -> Iterator[MapResult]:
    """The share in any need of each target group, and of everybody."""
    for group in evidence.indicators.groups:
        value = group_value(evidence, group)
        if not np.isnan(value).all():
            yield _map(
                evidence, "group", group, estimate(evidence, value, persons=True), value, group=group.key
            )


def indicator_maps(evidence: Evidence) -> Iterator[MapResult]:
    """Each indicator that is measured by the survey."""
    for item in evidence.indicators.indicators:
        if item.from_cases:
            continue
        persons = item.level is Level.PERSON
        value = indicator_value(evidence, item)
        if not np.isnan(value).all():
            yield _map(
                evidence,
                "indicator",
                item,
                estimate(evidence, value, persons=persons),
                value,
                persons=persons,
            )


def estimate(
    evidence: Evidence, value: Floats, *, persons: bool, group: Ints | None = None, n_groups: int = 1
) -> tuple[DirectEstimates, AreaEstimates]:
    """Direct estimates of a 0/1 value and the area model on them."""
    city = evidence.city
    direct = direct_of(evidence, value, persons=persons, group=group, n_groups=n_groups)
    fit = AreaModel().fit(direct, district=city.district, covariates=city.covariates).result_
    return direct, fit


def direct_of(
    evidence: Evidence, value: Floats, *, persons: bool, group: Ints | None = None, n_groups: int = 1
) -> DirectEstimates:
    """Direct estimates of a 0/1 value of persons or households, under the survey's design."""
    survey = evidence.survey
    of = survey.member_of if persons else np.arange(len(survey.rows))
    direct = direct_estimates(
        value,
        evidence.person_weight if persons else survey.weight,
        area=survey.area[of],
        block=survey.block[of],
        group=group,
        n_areas=evidence.city.size,
        n_groups=n_groups,
    )
    return finite_population(direct, evidence.asked) if survey.kind == COMPLETE else direct


def _tree(tree: Node | None) -> Node:
    assert tree is not None
    return tree


def group_value(evidence: Evidence, group: TargetGroup) -> Floats:
    """(n_persons,) whether a member of a group is in any need; NaN for others."""
    member = evidence.survey.truth(_tree(group.person_tree), evidence.persons)
    return np.where(member == 1, evidence.need_any, np.nan)


def indicator_value(evidence: Evidence, item: Indicator) -> Floats:
    """(n_persons,) or (n_households,) the indicator's numerator, NaN outside its denominator."""
    columns = evidence.persons if item.level is Level.PERSON else evidence.households
    value = evidence.survey.truth(_tree(item.numerator_tree), columns)
    if item.denominator_tree is None:
        return value
    inside = evidence.survey.truth(item.denominator_tree, columns)
    return np.where(inside == 1, value, np.nan)


def higher_is_worse(item: Indicator) -> bool:
    """Whether more of an indicator is worse."""
    return item.direction is Direction.HIGHER_IS_WORSE


def _map(
    evidence: Evidence,
    kind: str,
    about: Topic | Indicator | TargetGroup,
    estimates: tuple[DirectEstimates, AreaEstimates],
    value: Floats,
    *,
    place: int = 0,
    sex: str = "",
    group: str = "",
    persons: bool = True,
) -> MapResult:
    """Wrap one column of an estimate; `value` tells which households stand behind it."""
    direct, fit = estimates
    survey = evidence.survey
    household = survey.member_of if persons else np.arange(len(survey.rows))
    item = about if isinstance(about, Indicator) else None
    return MapResult(
        key=map_key(kind, about.key, sex=sex),
        kind=kind,
        codes=evidence.city.codes,
        value=fit.estimate[:, place],
        lower=fit.lower[:, place],
        upper=fit.upper[:, place],
        cv=fit.cv[:, place],
        direct=direct.mean[:, place],
        base=survey.households_by_area(~np.isnan(value), household, evidence.city.size),
        draws=posterior_draws(fit, draws=evidence.chance.draws, seed=evidence.chance.seed)[:, place],
        people=evidence.city.population,
        unit=SHARE_UNIT,
        year=survey.year,
        topic=about.key if isinstance(about, Topic) else (item.topic if item else ""),
        indicator=item.key if item else "",
        group=item.group if item else group,
        sex=sex,
        higher_is_worse=item is None or higher_is_worse(item),
        definition=_definition(about, survey),
    )


def source(survey: SurveyInputs) -> dict[str, str]:
    """Where the answers come from, for a map's caption."""
    return {"tr": f"alan taraması {survey.campaign}", "en": f"area survey {survey.campaign}"}


def _definition(about: Topic | Indicator | TargetGroup, survey: SurveyInputs) -> dict[str, object]:
    words: dict[str, object] = {"title": dict(about.titles), "source": source(survey), "method": METHOD}
    if isinstance(about, Topic):
        words |= {"numerator": about.need, "denominator": dict(EVERYONE), "level": "person"}
    elif isinstance(about, Indicator):
        words |= {"numerator": about.numerator, "denominator": about.denominator, "level": str(about.level)}
    else:
        words |= {"numerator": "need_any", "denominator": about.person, "level": "person"}
    return words
