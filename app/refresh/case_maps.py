"""Maps from cases: smoothed rates, violence by district only, and reach. None of them enters need."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.refresh.inputs import CaseInputs, CityInputs, Floats, Ints
from app.refresh.results import PER_1000_UNIT, RATIO_UNIT, MapResult, map_key, registered
from models.rates import poisson_rate
from models.smoothing import EmpiricalBayes
from survey.indicators import Indicator, IndicatorSet
from survey.names import fold

METHOD = {
    "tr": "gama-Poisson ampirik Bayes (Clayton ve Kaldor 1987)",
    "en": "gamma-Poisson empirical Bayes (Clayton and Kaldor 1987)",
}
MIN_SMOOTHED = 3  # below this many places there is no prior to learn


@dataclass(frozen=True, slots=True)
class Smallest:
    """Counts below which a class is marked as the model's own: ordinary ones, and of violence."""

    ordinary: int
    sensitive: int


def case_maps(
    city: CityInputs, cases: CaseInputs, indicators: IndicatorSet, *, smallest: Smallest
) -> Iterator[MapResult]:
    """Each indicator that counts cases; those of a topic known from records only, by district."""
    protected = np.array([row.protected for row in cases.rows], dtype=bool)
    for item in indicators.indicators:
        if item.case_filter is None:
            continue
        chosen = _matching(cases, item.case_filter)
        if indicators.topic(item.topic).records_only:
            yield _by_district(city, cases, item, chosen, smallest=smallest.sensitive)
        else:
            # people under a confidentiality order are counted by district at the finest
            count = np.bincount(cases.area[chosen & ~protected], minlength=city.size)
            yield _rate_map(item, city.codes, count, city.population, cases, smallest=smallest.ordinary)


def _by_district(
    city: CityInputs, cases: CaseInputs, item: Indicator, chosen: npt.NDArray[np.bool_], *, smallest: int
) -> MapResult:
    count = np.bincount(city.district[cases.area[chosen]], minlength=len(city.districts))
    people: Floats = np.bincount(city.district, city.population, len(city.districts)).astype(np.float64)
    codes = tuple(f"@{name}" for name in city.districts)
    return _rate_map(item, codes, count, people, cases, smallest=smallest)


def _matching(cases: CaseInputs, accepted: Mapping[str, tuple[str, ...]]) -> npt.NDArray[np.bool_]:
    keep = np.ones(len(cases.rows), dtype=bool)
    for field, words in accepted.items():
        known = {fold(word) for word in words}
        values = [getattr(row, field) for row in cases.rows]
        match = {value: fold(value) in known for value in set(values)}
        keep &= np.array([match[value] for value in values], dtype=bool)
    return keep


def _rate_map(
    item: Indicator,
    codes: tuple[str, ...],
    count: npt.NDArray[np.int64],
    people: Floats,
    cases: CaseInputs,
    *,
    smallest: int,
) -> MapResult:
    exposure = people * cases.years
    smooth = smoothed_rate(count, exposure)
    own = poisson_rate(count, np.maximum(exposure, 1e-9), per=1000)
    population = item.population
    return MapResult(
        key=map_key("indicator", item.key),
        kind="indicator",
        codes=codes,
        value=smooth[0] * 1000,
        lower=smooth[1] * 1000,
        upper=smooth[2] * 1000,
        cv=smooth[3],
        direct=np.where(exposure > 0, own.rate, np.nan),
        base=count.astype(np.int64),
        unit=PER_1000_UNIT,
        year=cases.last_day.year,
        topic=item.topic,
        indicator=item.key,
        group=item.group,
        smallest_base=smallest,
        definition={
            "title": dict(item.titles),
            "numerator": str({name: list(words) for name, words in (item.case_filter or {}).items()}),
            "denominator": registered(population.year, population.layer) if population else "",
            "source": _source(cases),
            "method": METHOD,
            "level": "district" if codes and codes[0].startswith("@") else "neighbourhood",
        },
    )


def _source(cases: CaseInputs) -> dict[str, str]:
    span = f"{cases.first_day:%d.%m.%Y} - {cases.last_day:%d.%m.%Y}"
    return {"tr": f"başvuru ve ihbarlar, {span}", "en": f"applications and tip-offs, {span}"}


def smoothed_rate(count: npt.NDArray[np.int64], exposure: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Posterior mean, 95 % interval and coefficient of variation of a rate; NaN where nobody lives."""
    lived = exposure > 0
    out = tuple(np.full(len(count), np.nan) for _ in range(4))
    if lived.sum() < MIN_SMOOTHED or not count[lived].sum():
        return out[0], out[1], out[2], out[3]
    overall = count[lived].sum() / exposure[lived].sum()
    fit = EmpiricalBayes().fit(exposure[lived] * overall, count[lived].astype(np.float64)).result_
    for place, values in enumerate((fit.risk, fit.lower, fit.upper)):
        out[place][lived] = values * overall
    out[3][lived] = fit.sd / fit.risk
    return out[0], out[1], out[2], out[3]


def reach_maps(
    city: CityInputs, cases: CaseInputs, need: Floats, *, smallest: Smallest
) -> Iterator[MapResult]:
    """Applicants per expected person in need, all and by channel (1 = the city's mean).

    cases_i ~ persons in need_i x reach_i: where reach is low, silence is not the absence of need.
    """
    protected = np.array([row.protected for row in cases.rows], dtype=bool)
    asked = np.array([row.kind == "application" for row in cases.rows], dtype=bool)
    counted = asked & ~protected & cases.first_of_person()
    channels = np.array([row.channel for row in cases.rows], dtype=object)
    yield _reach(city, cases, need, counted, channel="", smallest=smallest.ordinary)
    for channel in sorted({name for name in channels[counted] if name}):
        of_channel = counted & (channels == channel)
        yield _reach(city, cases, need, of_channel, channel=channel, smallest=smallest.ordinary)


def _reach(
    city: CityInputs,
    cases: CaseInputs,
    need: Floats,
    chosen: npt.NDArray[np.bool_],
    *,
    channel: str,
    smallest: int,
) -> MapResult:
    count: Ints = np.bincount(cases.area[chosen], minlength=city.size).astype(np.int64)
    exposure = need * cases.years
    mean, lower, upper, cv = smoothed_rate(count, exposure)
    overall = count.sum() / exposure.sum() if exposure.sum() else np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        direct = np.where(exposure > 0, count / exposure / overall, np.nan)
    title_tr, title_en = "Erişim", "Reach"
    return MapResult(
        key=map_key("reach", channel=channel),
        kind="reach",
        codes=city.codes,
        value=mean / overall,
        lower=lower / overall,
        upper=upper / overall,
        cv=cv,
        direct=direct,
        base=count,
        unit=RATIO_UNIT,
        year=cases.last_day.year,
        higher_is_worse=False,
        smallest_base=smallest,
        definition={
            "title": {
                "tr": f"{title_tr}: {channel}" if channel else title_tr,
                "en": f"{title_en}: {channel}" if channel else title_en,
            },
            "numerator": {
                "tr": "başvuran kişi (başvuru değil)",
                "en": "applicants (persons, not applications)",
            },
            "denominator": {"tr": "ihtiyaç sahibi", "en": "persons in need"},
            "source": _source(cases),
            "method": METHOD,
            "channel": channel,
        },
    )
