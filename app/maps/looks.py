"""Colours of the browser map by symbol; hatching says that a class is uncertain, as on paper."""

from collections.abc import Mapping

from geo.legend import NO_DATA, YLORRD

Look = Mapping[str, str]
Palette = Mapping[str, Look]

DARK_LINES, LIGHT_LINES = "rgba(31,41,55,.34)", "rgba(255,255,255,.55)"
LIGHT_FROM = 4  # classes on which dark hatching would not be seen
OFF_MAP = "#eceff1"
WORSE, SAME, BETTER = "#e08214", "#f1ede4", "#8073ac"  # ColorBrewer PuOr: safe for colour-blind readers


def _classes() -> dict[str, Look]:
    found: dict[str, Look] = {"0": {"fill": NO_DATA}, ".": {"fill": OFF_MAP}}
    for place, colour in enumerate(YLORRD, start=1):
        lines = LIGHT_LINES if place >= LIGHT_FROM else DARK_LINES
        found[str(place)] = {"fill": colour}
        found["abcde"[place - 1]] = {"fill": colour, "hatch": lines}
    return found


# symbols of `app.views.class_string` and of `app.views.compare`
CLASSES: Palette = _classes()
CHANGES: Palette = {
    "+": {"fill": WORSE},
    "=": {"fill": SAME},
    "-": {"fill": BETTER},
    ".": {"fill": NO_DATA},
}
