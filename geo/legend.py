"""Legend classes: breaks, colours and the numbers of the labels, shared by map, tiles and document."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CLASSES = 5
# ColorBrewer YlOrRd (Apache-2.0), light to dark: safe for colour-blind readers and in greyscale.
YLORRD = ("#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026")
NO_DATA = "#d9d9d9"
JENKS_SAMPLE = 2000  # exact natural breaks are quadratic: beyond this every k-th sorted value stands in


class Scheme(StrEnum):
    """How breaks are chosen."""

    QUANTILES = "quantiles"
    JENKS = "jenks"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Legend:
    """Classes of one map.

    Attributes
    ----------
    scheme : how the breaks came about
    edges : k + 1 ascending numbers; class j holds edges[j] < value <= edges[j + 1], the first also edges[0]
    colours : k colours, light to dark
    """

    scheme: Scheme
    edges: tuple[float, ...]
    colours: tuple[str, ...]

    @property
    def classes(self) -> int:
        """Number of classes, at most five."""
        return len(self.colours)

    def class_of(self, values: ArrayLike) -> Ints:
        """Class 0.. of each value, -1 for NaN; values beyond the ends fall into the end classes."""
        given = np.asarray(values, dtype=np.float64)
        found = np.searchsorted(np.asarray(self.edges[1:-1]), given, side="left").astype(np.int64)
        found[np.isnan(given) | (not self.classes)] = -1
        return found

    def colour_of(self, values: ArrayLike) -> list[str]:
        """Colour of each value; grey for NaN."""
        return [NO_DATA if k < 0 else self.colours[k] for k in self.class_of(values)]

    def label_numbers(self, *, digits: int = 1) -> list[tuple[float, float]]:
        """Ends of each class, rounded for a label; the application formats them in the reader's language.

        Digits are added, up to six, until ends that differ look different.
        """
        for more in range(digits, 7):
            ends = [round(edge, more) for edge in self.edges]
            if len(set(ends)) == len(set(self.edges)):
                break
        return list(pairwise(ends))


def make_legend(values: ArrayLike, *, scheme: Scheme = Scheme.QUANTILES, classes: int = CLASSES) -> Legend:
    """Classes from the values themselves.

    Equal values always share a class: ties at a break make it fall away. With fewer distinct values than
    classes each value is its own class; with none at all there is no class.

    Parameters
    ----------
    values : (n,) NaN is left out
    scheme : quantiles or jenks
    classes : at most 5

    Examples
    --------
    >>> make_legend([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).label_numbers()[0]
    (1.0, 2.8)
    """
    if not 1 <= classes <= CLASSES:
        raise ValueError(f"classes must lie in 1..{CLASSES}; got {classes}")
    if scheme is Scheme.FIXED:
        raise ValueError("fixed breaks are given, not computed; call fixed_legend(edges)")
    given = np.asarray(values, dtype=np.float64)
    known = np.sort(given[np.isfinite(given)])
    if not len(known):
        return Legend(scheme=scheme, edges=(), colours=())
    return _legend(scheme, float(known[0]), _breaks(known, scheme, classes))


def fixed_legend(edges: ArrayLike) -> Legend:
    """Classes with given edges, for maps that are compared with each other.

    Parameters
    ----------
    edges : 2 to 6 strictly ascending numbers
    """
    given = np.asarray(edges, dtype=np.float64)
    if not 2 <= len(given) <= CLASSES + 1 or not (np.diff(given) > 0).all():
        raise ValueError(f"edges must be 2 to {CLASSES + 1} ascending numbers; got {given.tolist()}")
    return _legend(Scheme.FIXED, float(given[0]), given[1:])


def _breaks(known: Floats, scheme: Scheme, classes: int) -> Floats:
    """Upper ends of the classes, ascending and distinct."""
    distinct = np.unique(known)
    if len(distinct) <= classes:
        return distinct
    if scheme is Scheme.QUANTILES:
        ends = np.quantile(known, np.arange(1, classes + 1) / classes)  # mapclassify's, without its warning
    else:
        import mapclassify  # takes seconds to import; only natural breaks need it

        ends = mapclassify.FisherJenks(_thinned(known), k=classes).bins
    upper: Floats = np.unique(np.asarray(ends, dtype=np.float64))
    upper[-1] = known[-1]
    return upper


def _thinned(known: Floats) -> Floats:
    """Every k-th sorted value with both ends, so that the same data always give the same breaks."""
    if len(known) <= JENKS_SAMPLE:
        return known
    rows = np.linspace(0, len(known) - 1, JENKS_SAMPLE).round().astype(int)
    sample: Floats = known[rows]
    return sample


def _legend(scheme: Scheme, lowest: float, upper: Floats) -> Legend:
    """Colours spread over the ramp, so that two classes are its ends."""
    k = len(upper)
    places = [CLASSES // 2] if k == 1 else np.linspace(0, CLASSES - 1, k).round().astype(int).tolist()
    first = min(lowest, float(upper[0]))
    return Legend(
        scheme=scheme,
        edges=(first, *(float(end) for end in upper)),
        colours=tuple(YLORRD[place] for place in places),
    )
