"""Words of a map: classes, breaks, units, notes."""

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from app.i18n import Language, day, number, say
from app.views import MapRun, RiskMap
from geo.legend import CLASSES

FULL_BREAKS = CLASSES - 1
USUAL_BASE = "20"


def title(about: RiskMap, language: Language) -> str:
    """The map's name, with the sex if it is of one."""
    name = about.title(language)
    return f"{name} ({say(f'map.sex_{about.sex}', language)})" if about.sex else name


def unit(about: RiskMap, language: Language) -> str:
    """What the breaks are counted in."""
    return say(f"map.unit_{about.unit.replace(' ', '_')}", language) if about.unit else ""


def class_name(place: int, language: Language) -> str:
    """`çok yüksek` for 5."""
    return say(f"map.class_{place}", language)


def ranges(about: RiskMap, language: Language) -> list[str]:
    """Five ranges of values, class 1 first; empty for a class that ties left without areas."""
    breaks = sorted(about.inner_breaks)
    used = [place for place, count in enumerate(about.counts_by_class) if count]
    levels = list(range(CLASSES)) if len(breaks) == FULL_BREAKS else used
    if not breaks or len(levels) != len(breaks) + 1:
        return [""] * CLASSES
    texts = _rounded(about, breaks, language)
    between = (f"{low} – {high}" for low, high in pairwise(texts))
    found = [f"≤ {texts[0]}", *between, f"> {texts[-1]}"]
    by_level = dict(zip(levels, found if about.higher_is_worse else found[::-1], strict=True))
    return [by_level.get(level, "") for level in range(CLASSES)]


def _rounded(about: RiskMap, breaks: Sequence[float], language: Language) -> list[str]:
    """Breaks with as few digits as keep them apart; shares as per cent."""
    factor = 100 if about.unit == "share" else 1
    for digits in range(6):
        texts = [number(value * factor, language, digits=digits) for value in breaks]
        if len(set(texts)) == len(texts) and (digits or breaks[0] * factor >= 10):
            break
    if about.unit != "share":
        return texts
    return [f"%{text}" if language == "tr" else f"{text}%" for text in texts]


def run_line(run: MapRun, about: RiskMap, language: Language) -> str:
    """Run, year of the data, day of publication."""
    return say(
        "map.run_line",
        language,
        title=run.title,
        number=run.run_id,
        year=about.year,
        day=day(run.published_at, language),
    )


def base(found: pd.DataFrame) -> str:
    """The least number of households that a class not hatched rests on, as published: `20` of `20+`."""
    marks = found["base"].dropna().astype(str) if "base" in found else pd.Series(dtype=str)
    given = marks[marks.str.contains("[+<]", regex=True)]
    return str(given.iloc[0]).strip("+<") if len(given) else USUAL_BASE


def method(about: RiskMap, language: Language) -> str:
    """One sentence on how this kind of map is made."""
    kind = about.kind if about.kind in {"need", "index", "reach"} else "survey"
    if about.kind == "indicator" and about.unit == "per 1000":
        kind = "cases"
    return say(f"map.method_{kind}", language)


def source(about: RiskMap, language: Language) -> str:
    """Where the figures come from, as the run stated it."""
    return say(
        "map.source_line",
        language,
        source=about.word("source", language) or "-",
        denominator=about.word("denominator", language) or "-",
    )
