"""What stands out where: shares of people living in neighbourhoods of high class; published classes only."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from app.views import NEIGHBOURHOOD, PART_MARK, Contents, RiskMap
from survey.names import fold

HIGH = 4  # classes from here on are called high
LEAST_SHARE, LEAST_RATIO, MOST_TOPICS = 0.5, 1.25, 3
FIRM_SHARE = 0.5  # of the people in high classes whose neighbourhood has grade A or B
FIRM_GRADES = ("A", "B")
ALPHABET = "abcçdefgğhıijklmnoöprsştuüvyz"
BEFORE_LETTERS = 1_000_000
# words in the key or title of a topic -> kind of service; what no word fits is `other`
THEMES: Mapping[str, tuple[str, ...]] = {
    "violence": ("şiddet", "violence", "güvenlik", "safety"),
    "poverty": ("yoksul", "gelir", "geçim", "poverty", "income"),
    "housing": ("barın", "konut", "housing"),
    "health": ("sağlık", "saglik", "health"),
    "child": ("eğitim", "egitim", "çocuk", "cocuk", "child", "education"),
    "disability": ("engelli", "disab"),
    "old_age": ("yaşlı", "yasli", "old age", "older"),
    "addiction": ("bağımlı", "bagimli", "addict"),
    "migration": ("göç", "goc", "mülteci", "migra", "refugee"),
    "work": ("istihdam", "işsiz", "employ"),
    "family": ("aile", "famil"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One map in one place.

    Attributes
    ----------
    share : of the place's people, in neighbourhoods of class 4 or 5
    firm : share of those whose neighbourhood is of reliability A or B
    """

    place: str
    about: RiskMap
    share: float
    firm: float

    @property
    def is_firm(self) -> bool:
        """Whether most of it is reliable."""
        return self.firm >= FIRM_SHARE


def theme(about: RiskMap) -> str:
    """The kind of services a map calls for."""
    if about.kind == "reach":
        return "outreach"
    said = fold(" ".join((about.topic, about.group, about.indicator, *about.titles.values())))
    return next(
        (name for name, words in THEMES.items() if any(fold(word) in said for word in words)), "other"
    )


def people(contents: Contents, about: RiskMap) -> pd.DataFrame:
    """Rows of one neighbourhood map with population, whether the class is high, and whether it is firm."""
    found = contents.of(about.key)[["code", "district", "risk_class", "reliability"]]
    joined = found.merge(contents.areas[["code", "population"]], on="code")
    high = joined["risk_class"].fillna(0).astype(int) >= HIGH
    persons = joined["population"].fillna(0).astype(float)
    return joined.assign(
        persons=persons,
        high=persons.where(high, 0.0),
        firm=persons.where(high & joined["reliability"].isin(FIRM_GRADES), 0.0),
    )


def shares(contents: Contents, about: RiskMap, places: Mapping[str, str] | None = None) -> list[Standing]:
    """Each place's share; by district, or by `places` (area code -> place)."""
    found = people(contents, about)
    by = found["district"] if places is None else found["code"].map(places)
    sums = found.groupby(by)[["persons", "high", "firm"]].sum()
    return [
        Standing(
            place=str(place),
            about=about,
            share=float(row["high"] / row["persons"]) if row["persons"] else 0.0,
            firm=float(row["firm"] / row["high"]) if row["high"] else 0.0,
        )
        for place, row in sums.iterrows()
    ]


def city(contents: Contents, about: RiskMap) -> Standing:
    """The whole city's share."""
    found = people(contents, about)
    persons, high, firm = (float(found[name].sum()) for name in ("persons", "high", "firm"))
    return Standing(
        place="",
        about=about,
        share=high / persons if persons else 0.0,
        firm=firm / high if high else 0.0,
    )


def standing_out(
    contents: Contents, kinds: tuple[str, ...], places: Mapping[str, str] | None = None
) -> dict[str, list[Standing]]:
    """Place -> what stands out there by the stated rule, the largest share first, at most three."""
    found: dict[str, list[Standing]] = {}
    for about in _maps(contents, kinds):
        least = max(LEAST_SHARE, LEAST_RATIO * city(contents, about).share)
        for one in shares(contents, about, places):
            if one.share >= least:
                found.setdefault(one.place, []).append(one)
    return {
        place: sorted(rows, key=lambda one: (-one.share, one.about.key))[:MOST_TOPICS]
        for place, rows in sorted(found.items(), key=lambda pair: turkish(pair[0]))
    }


def turkish(name: str) -> list[int]:
    """Sort key: the Turkish alphabet, numbers by value.

    >>> sorted(["İbradı", "Kaş", "Iğdır", "Çan", "Bölge 10", "Bölge 9"], key=turkish)
    ['Bölge 9', 'Bölge 10', 'Çan', 'Iğdır', 'İbradı', 'Kaş']
    """
    parts = re.findall(r"\d+|.", fold(name))
    return [int(part) - BEFORE_LETTERS if part.isdigit() else ALPHABET.find(part) for part in parts]


def _maps(contents: Contents, kinds: tuple[str, ...]) -> Iterator[RiskMap]:
    for kind in kinds:
        for about in contents.of_kind(kind):
            if about.level == NEIGHBOURHOOD and PART_MARK not in about.key:
                yield about
