"""The secondary index: a weighted geometric mean of topic ratios, drawn jointly over topics."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.refresh.inputs import Floats
from app.refresh.results import RATIO_UNIT, MapResult, map_key
from app.refresh.survey_maps import Evidence, source
from models.estimates import error_correlation, joint_draws
from models.index import ratio_index
from survey.indicators import Topic

METHOD = {
    "tr": "konu oranlarının (mahalle / şehir) ağırlıklı geometrik ortalaması; kurumun kendi yöntemi",
    "en": "weighted geometric mean of topic ratios (neighbourhood / city mean); the institution's own method",
}


def city_means(evidence: Evidence) -> dict[str, float]:
    """Population-weighted mean of each topic over the city: the base of the ratios."""
    people = evidence.city.population
    return {
        topic: float((people * fit.estimate[:, 0]).sum() / people.sum())
        for topic, fit in evidence.fits.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredients:
    """What the index is made of.

    Attributes
    ----------
    topics : those with a weight
    theta : (topics, n, draws) shares of people in need, joint over topics
    weights, means : (topics,); `means` are those the ratios are taken to
    counted : (n_persons,) whether every topic is known of the person
    """

    topics: tuple[Topic, ...]
    theta: Floats
    weights: Floats
    means: Floats
    counted: npt.NDArray[np.bool_]


def ingredients(
    evidence: Evidence, base: Mapping[str, float], *, draws: int, seed: int
) -> Ingredients | None:
    """Joint draws of the weighted topics; None where fewer than two are known."""
    topics = tuple(
        t for t in evidence.indicators.topics if t.key in evidence.fits and t.weight > 0 and t.key in base
    )
    if len(topics) < 2:
        return None
    survey = evidence.survey
    of = survey.member_of
    values = np.column_stack([evidence.need[topic.key] for topic in topics])
    correlation = error_correlation(
        values, evidence.person_weight, area=survey.area[of], block=survey.block[of]
    )
    return Ingredients(
        topics=topics,
        theta=joint_draws([evidence.fits[t.key] for t in topics], correlation, draws=draws, seed=seed),
        weights=np.array([topic.weight for topic in topics]),
        means=np.array([base[topic.key] for topic in topics]),
        counted=np.asarray(~np.isnan(values).any(axis=1), dtype=bool),
    )


def index_map(evidence: Evidence, base: Mapping[str, float], *, draws: int, seed: int) -> MapResult | None:
    """The index of every area with its interval; None without two weighted topics."""
    made = ingredients(evidence, base, draws=draws, seed=seed)
    if made is None:
        return None
    survey, weights = evidence.survey, made.weights
    found = ratio_index(made.theta, weights, made.means)
    log_ratio = np.log(made.theta / made.means[:, None, None])
    return MapResult(
        key=map_key("index"),
        kind="index",
        codes=evidence.city.codes,
        value=found.mean,
        lower=found.lower,
        upper=found.upper,
        cv=found.sd / found.mean,
        direct=np.full(evidence.city.size, np.nan),
        base=survey.households_by_area(made.counted, survey.member_of, evidence.city.size),
        draws=np.exp(np.einsum("k,knr->nr", weights / weights.sum(), log_ratio)),
        people=evidence.city.population,
        unit=RATIO_UNIT,
        year=survey.year,
        definition={
            "title": {"tr": "Bileşik endeks", "en": "Composite index"},
            "numerator": {topic.key: topic.weight for topic in made.topics},
            "denominator": {topic: float(f"{mean:.3g}") for topic, mean in base.items()},
            "source": source(survey),
            "method": METHOD,
        },
    )
