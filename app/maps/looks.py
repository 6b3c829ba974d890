"""Colours of the browser map by symbol; hatching says that a class is uncertain, as on paper."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from geo.legend import NO_DATA, YLORRD

Look = Mapping[str, str]
Palette = Mapping[str, Look]

DARK_LINES, LIGHT_LINES = "rgba(31,41,55,.34)", "rgba(255,255,255,.55)"
LIGHT_FROM = 4  # classes on which dark hatching would not be seen
OFF_MAP = "#eceff1"
MOVES: Mapping[str, str] = {"+": "worse", "=": "same", "-": "better", ".": "neither"}
WORSE, SAME, BETTER = "#e08214", "#f1ede4", "#8073ac"  # ColorBrewer PuOr: safe for colour-blind readers


def _classes() -> dict[str, Look]:
    found: dict[str, Look] = {"0": {"fill": NO_DATA}, ".": {"fill": OFF_MAP}}
    for place, colour in enumerate(YLORRD, start=1):
        lines = LIGHT_LINES if place >= LIGHT_FROM else DARK_LINES
        found[str(place)] = {"fill": colour}
        found["abcde"[place - 1]] = {"fill": colour, "hatch": lines}
    return found


PLAIN, PALE = "12345abcde0.+=-", "ABCDEABCDEFGHIJ"  # a symbol, and the one of the same colour seen faintly
PALE_OF = dict(zip(PLAIN, PALE, strict=True))


def outside_faded(symbols: str, inside: npt.NDArray[np.bool_]) -> str:
    """Symbols with those of areas outside made pale, so that one district stands out.

    >>> outside_faded("15a", np.array([True, False, False]))
    '1EA'
    """
    pale = symbols.translate(str.maketrans(PLAIN, PALE))
    return "".join(
        one if keep else other for one, other, keep in zip(symbols, pale, inside.tolist(), strict=True)
    )


def with_pale(palette: Palette) -> Palette:
    """A palette with the pale symbols of its own."""
    return {**palette, **{PALE_OF[symbol]: {"fill": _pale(look["fill"])} for symbol, look in palette.items()}}


def _pale(colour: str) -> str:
    """A colour seven tenths of the way to white."""
    parts = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(part + (255 - part) * 0.7):02x}" for part in parts)


# symbols of `app.views.class_string` and of `app.views.compare`
CLASSES: Palette = with_pale(_classes())
CHANGES: Palette = with_pale(
    {"+": {"fill": WORSE}, "=": {"fill": SAME}, "-": {"fill": BETTER}, ".": {"fill": NO_DATA}}
)
