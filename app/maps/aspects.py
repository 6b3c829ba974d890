"""Other ways to look at a map than its classes: how sure, which rank, clusters, what rose."""

from collections.abc import Mapping
from html import escape

from app.i18n import Language, number, say
from app.maps.legend import legend_table, swatch
from app.maps.looks import OFF_MAP, PALE_OF, Palette, with_pale
from app.views import SHADES, RiskMap
from geo.legend import NO_DATA

CHANCE, RANK, CLUSTERS, ROSE = SHADES
STEPS = "54321"  # the worst on top
LATER = str.maketrans("6789", "5555")  # clusters beyond the fifth share its colour

# ColorBrewer RdBu, PuOr and Dark2: told apart by colour-blind readers
_RED_BLUE = ("#2166ac", "#92c5de", "#f1ede4", "#f4a582", "#b2182b")
_ORANGE_PURPLE = ("#5e3c99", "#b2abd2", "#f1ede4", "#fdb863", "#d95f02")
_RANKS = ("#2c7bb6", "#abd9e9", "#f1ede4", "#fdae61", "#d7191c")
_CLUSTERS = ("#d95f02", "#7570b3", "#1b9e77", "#e7298a", "#66a61e")
PLAIN = "#eef1ee"


def _palette(colours: tuple[str, ...], rest: str) -> Palette:
    steps = {str(place): {"fill": colour} for place, colour in enumerate(colours, start=1)}
    return with_pale({**steps, "-": {"fill": rest}, "0": {"fill": NO_DATA}, ".": {"fill": OFF_MAP}})


PALETTES: Mapping[str, Palette] = {
    CHANCE: _palette(_RED_BLUE, NO_DATA),
    RANK: _palette(_RANKS, NO_DATA),
    CLUSTERS: _palette(_CLUSTERS, PLAIN),  # most of a map is in no cluster
    ROSE: _palette(_ORANGE_PURPLE, NO_DATA),
}


def drawn(aspect: str, symbols: str) -> str:
    """Symbols of `app.views.shade_string` as there are colours for them."""
    return symbols.translate(LATER) if aspect == CLUSTERS else symbols


def aspect_labels(aspect: str, *, language: Language) -> dict[str, str]:
    """What the map says of an area under the pointer, by symbol."""
    said = {symbol: _name(aspect, symbol, language) for symbol in PALETTES[aspect] if symbol in "-012345"}
    return said | {PALE_OF[symbol]: text for symbol, text in said.items()}


def aspect_legend(about: RiskMap, aspect: str, counts: Mapping[str, int], *, language: Language) -> str:
    """Each step with the areas that have it, then those without one."""
    steps = [symbol for symbol in STEPS if symbol in PALETTES[aspect]]
    if aspect == CLUSTERS:
        steps = [symbol for symbol in reversed(steps) if counts.get(symbol)]
    rows = [
        (
            swatch(PALETTES[aspect][symbol]),
            _name(aspect, symbol, language),
            "",
            number(counts.get(symbol, 0), language),
        )
        for symbol in (*steps, *(rest for rest in "-0" if counts.get(rest)))
    ]
    way = "" if about.higher_is_worse or aspect != CLUSTERS else "_less"
    note = f"<p class='mh-quiet'>{escape(say(f'aspect.{aspect}.note{way}', language))}</p>"
    return legend_table(say(f"aspect.{aspect}.title", language), rows, language) + note


def _name(aspect: str, symbol: str, language: Language) -> str:
    if symbol == "0":
        return say("map.insufficient", language)
    if aspect == CLUSTERS and symbol != "-":
        return say(
            "aspect.clusters.later" if symbol == "5" else "aspect.clusters.one", language, number=symbol
        )
    return say(f"aspect.{aspect}.step_{'none' if symbol == '-' else symbol}", language)


def cluster_lines(about: RiskMap, *, language: Language) -> str:
    """Each cluster with how many areas it has and how likely chance is; that there is none."""
    found = about.clusters or ()
    if not found:
        return f"<p class='mh-quiet'>{escape(say('aspect.clusters.none', language))}</p>"
    said = (
        say("aspect.clusters.p", language, number=number, areas=one["areas"], p=_chance(one, language))
        for number, one in enumerate(found, start=1)
    )
    return f"<ul class='mh-quiet'>{''.join(f'<li>{escape(line)}</li>' for line in said)}</ul>"


def _chance(cluster: Mapping[str, object], language: Language) -> str:
    """The step of p, with the language's decimal mark and the sign that people read."""
    step = str(cluster["p_overdispersed"]).replace("<=", "≤")
    return step.replace(".", ",") if language == "tr" else step
