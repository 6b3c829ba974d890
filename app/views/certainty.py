"""How sure a map is of each area, in steps: chance, rank, cluster, change; for the screen and in words."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from app.i18n import Language, say
from app.views.published import RiskMap

EXCEEDANCE, RANK, CLUSTERS, ROSE = "exceedance", "rank", "clusters", "rose"
SHADES = (EXCEEDANCE, RANK, CLUSTERS, ROSE)
NOTHING, UNSHOWN, MISSING = "-", "0", "."
SHADE_SYMBOLS = "123456789-0."
# an interval of tenths (1 = worst) as one symbol: 5 within the worst three, 4 within the worse half, 3 over
# the middle, 2 within the better half, 1 within the best three
ENDS = "123456789a"
WORST, WORSE_HALF, BETTER_HALF, BEST = 3, 5, 6, 8


@dataclass(frozen=True, slots=True)
class Certainty:
    """One map by place, a character an area.

    Attributes
    ----------
    chance : `1`-`5` steps of the chance of being worse than the city, `0` no estimate, `.` no row
    low, high : tenths of the rank's interval, `a` the tenth
    cluster : `1`-`9`
    rose : `1`-`5` steps of the chance of having risen
    """

    chance: str
    low: str
    high: str
    cluster: str
    rose: str

    def symbols(self, shade: str) -> str:
        """One character an area.

        Exceedance, rank and rose: `1`-`5`, 5 the worst; clusters: `1`-`9`. `-` nothing is told (outside all
        clusters, not compared), `0` no estimate, `.` not on this map.

        Raises
        ------
        ValueError
            If `shade` is not one of `SHADES`.
        """
        columns: dict[str, Callable[[], str]] = {
            EXCEEDANCE: lambda: self.chance,
            RANK: lambda: "".join(map(rank_symbol, self.low, self.high)),
            CLUSTERS: lambda: self.cluster,
            ROSE: lambda: self.rose,
        }
        if shade not in columns:
            raise ValueError(f"shade must be one of {', '.join(SHADES)}; got {shade!r}")
        drawn = columns[shade]()
        hidden = (UNSHOWN, MISSING)
        return "".join(c if c in hidden else s for c, s in zip(self.chance, drawn, strict=True))


def rank_symbol(low: str, high: str) -> str:
    """Where an interval of tenths lies.

    >>> [rank_symbol(*ends) for ends in ("12", "15", "28", "6a", "9a", "--")]
    ['5', '4', '3', '2', '1', '-']
    """
    if NOTHING in (low, high):
        return NOTHING
    first, last = ENDS.index(low) + 1, ENDS.index(high) + 1
    if last <= WORSE_HALF:
        return "5" if last <= WORST else "4"
    if first >= BETTER_HALF:
        return "1" if first >= BEST else "2"
    return "3"


def shades_of(about: RiskMap, certainty: Certainty) -> tuple[str, ...]:
    """Those of `SHADES` that a map has; none in maps published before they were told."""
    told = {
        EXCEEDANCE: any(step in certainty.chance for step in "12345"),
        RANK: any(end in certainty.low for end in ENDS),
        CLUSTERS: about.clusters is not None,
        ROSE: any(step in certainty.rose for step in "12345"),
    }
    return tuple(shade for shade in SHADES if told[shade])


def certainty_sentences(
    about: RiskMap, steps: Mapping[str, int | None], language: Language
) -> tuple[str, ...]:
    """What is sure of one neighbourhood on one map, a sentence each.

    Parameters
    ----------
    steps : `exceedance`, `rank_low`, `rank_high`, `cluster`, `rose`; None where nothing is told
    """
    if steps["exceedance"] is None:
        return ()  # no estimate
    return tuple(_sentences(about, steps, language))


def _sentences(about: RiskMap, steps: Mapping[str, int | None], language: Language) -> Iterator[str]:
    yield say(f"certainty.exceedance_{steps['exceedance']}", language)
    low, high = steps["rank_low"], steps["rank_high"]
    if low is not None and high is not None:
        name = "rank_one" if low == high else "rank"
        yield say(
            f"certainty.{name}", language, low=low, high=high, areas=sum(about.reliability_counts.values())
        )
    if about.clusters is not None:
        yield _cluster(about, steps["cluster"], language)
    if steps["rose"] is not None:
        yield say(f"certainty.rose_{steps['rose']}", language)
    elif "why_not" in about.change:
        yield say(f"certainty.why_not_{about.change['why_not']}", language)


def _cluster(about: RiskMap, number: int | None, language: Language) -> str:
    if number is None or not about.clusters:
        return say("certainty.no_cluster", language)
    areas = about.clusters[number - 1]["areas"] if number <= len(about.clusters) else "?"
    way = "more" if about.higher_is_worse else "less"
    return say(f"certainty.cluster_{way}", language, number=number, areas=areas)
