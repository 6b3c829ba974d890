"""The classes of one map, an area a byte, in order of place."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

MISSING, CLASS, MODELLED, INSUFFICIENT = (ord(mark) for mark in ".cmi")
SHOWN = {CLASS: "class", MODELLED: "modelled", INSUFFICIENT: "insufficient", MISSING: ""}
FIRST_PLAIN, FIRST_MARKED = ord("1"), ord("a")
NOTHING, UNKNOWN = ord("0"), ord(".")
BASES = {ord("+"): "{}+", ord("<"): "<{}", ord("0"): "0", ord("."): ""}


@dataclass(frozen=True, slots=True)
class Layer:
    """One map by place.

    Attributes
    ----------
    level : (n,) class 1 to 5, 0 where none is shown
    grade : (n,) reliability as a letter, `.` where the map has no row
    how : (n,) `c` class, `m` modelled, `i` insufficient, `.` no row
    base : (n,) `+` at least, `<` fewer than `least`, `0` none
    least : the households or cases that a class rests on at least
    """

    level: Bytes
    grade: Bytes
    how: Bytes
    base: Bytes
    least: str

    @classmethod
    def of(cls, level: str, grade: str, how: str, base: str, least: str) -> "Layer":
        """From strings of one character an area."""
        return cls(_letters(level) - ord("0"), _letters(grade), _letters(how), _letters(base), least)

    @property
    def marked(self) -> npt.NDArray[np.bool_]:
        """(n,) classes to be drawn as uncertain: modelled, or of the lowest grade."""
        found: npt.NDArray[np.bool_] = (self.level > 0) & ((self.how == MODELLED) | (self.grade == ord("D")))
        return found

    def symbols(self) -> str:
        """One character an area.

        `1`-`5` class, `a`-`e` the same drawn as uncertain, `0` insufficient data, `.` not on this map.
        """
        plain = np.where(self.level > 0, self.level + (FIRST_PLAIN - 1), NOTHING)
        found = np.where(self.marked, self.level + (FIRST_MARKED - 1), plain)
        return np.where(self.how == MISSING, UNKNOWN, found).astype(np.uint8).tobytes().decode("ascii")

    def base_text(self, place: int) -> str:
        """`20+`, `<20`, `0`, or nothing."""
        return BASES[int(self.base[place])].format(self.least)


def _letters(text: str) -> Bytes:
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8)
