"""One Turkish fold for every name: match keys, a sort key, and an index of neighbourhoods.

``str.lower`` and ``str.casefold`` break Turkish (İ becomes two characters, I loses its undotted form), so
nothing else in the project folds a name.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

__all__ = [
    "Ambiguous",
    "Found",
    "Missing",
    "NameIndex",
    "fold",
    "header_key",
    "loose_key",
    "match_key",
    "nearest",
    "sort_key",
]

SUFFIXES = frozenset({"mah", "mh", "mahalle", "mahallesi", "köy", "köyü"})
DISTRICT_SUFFIXES = frozenset({"ilçesi", "ilçe", "belediyesi"})
ALPHABET = "abcçdefgğhıijklmnoöprsştuüvyz"
CIRCUMFLEX = str.maketrans({"â": "a", "î": "i", "û": "u", "Â": "a", "Î": "i", "Û": "u"})
CASE = str.maketrans({"İ": "i", "I": "ı"})
ASCII = str.maketrans("çğıöşü", "cgiosu")
JOINED_SUFFIX = re.compile(r"(?<=.{2})(mahallesi|mahalle)$")
WORDS = re.compile(r"\d+|[^\W\d_]+")
ORDER = {letter: f"{rank:02d}" for rank, letter in enumerate(ALPHABET, start=10)}


def fold(text: str) -> str:
    """Lower case by Turkish rules, NFC, without circumflexes; punctuation to single spaces.

    >>> fold("100.YIL  MAH."), fold("İSTANBUL"), fold("Kâzım Karabekir")
    ('100 yıl mah', 'istanbul', 'kazım karabekir')
    """
    composed = unicodedata.normalize("NFC", text).translate(CASE).translate(CIRCUMFLEX)
    lowered = unicodedata.normalize("NFC", composed.lower().replace("i\u0307", "i"))
    return " ".join(WORDS.findall(lowered.replace("'", "").replace("’", "")))


def match_key(name: str) -> str:
    """Fold, without trailing Mah., Mahallesi, Köyü; a name that is only a suffix stays.

    >>> match_key("Yeşilköy Mh."), match_key("Mahalle"), match_key("75. Yıl Mahallesi")
    ('yeşilköy', 'mahalle', '75 yıl')
    """
    return _without(fold(name), SUFFIXES)


def loose_key(name: str) -> str:
    """Fold more loosely: also without spaces and Turkish dots and tails, for names typed in ASCII.

    >>> loose_key("YENISEHIR MAHALLESI") == loose_key("Yeni Şehir")
    True
    """
    ascii_words = fold(name).translate(ASCII)
    trimmed = _without(ascii_words, frozenset(s.translate(ASCII) for s in SUFFIXES))
    return JOINED_SUFFIX.sub("", trimmed.replace(" ", ""))


def district_key(name: str) -> str:
    """Key of a district's name: loose, without İlçesi or Belediyesi."""
    return _without(fold(name), DISTRICT_SUFFIXES).translate(ASCII).replace(" ", "")


def header_key(text: str) -> str:
    """Key of a column heading: the fold without spaces, so 'Ad', 'AD' and 'ad ' are one column."""
    return fold(text).replace(" ", "") or text.strip()


def sort_key(text: str) -> str:
    """Key that sorts by the Turkish alphabet (ç after c, ı before i).

    >>> sorted(["Çay", "Cami", "Ilıca", "İnönü", "Dağ"], key=sort_key)
    ['Cami', 'Çay', 'Dağ', 'Ilıca', 'İnönü']
    """
    return "".join(ORDER.get(letter, _rank(letter)) for letter in fold(text))


def nearest(given: str, known: Iterable[str]) -> str:
    """Return the known name most like the given one, or '' when none is alike."""
    by_key = {loose_key(name): name for name in known}
    close = difflib.get_close_matches(loose_key(given), list(by_key), n=1, cutoff=0.6)
    return by_key[close[0]] if close else ""


@dataclass(frozen=True, slots=True)
class Found:
    """One area answers to the name."""

    code: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several areas answer to the name; each as (district, name, code)."""

    choices: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """No area answers; the nearest name, or ''. `district` tells that the district itself is unknown."""

    nearest: str
    district: bool = False


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Find an area by name, within its district when one is given.

    Parameters
    ----------
    districts, names, codes : (n_areas,) str
        Parallel columns of the area layer; codes are unique.

    Raises
    ------
    ValueError
        If the columns differ in length.
    """

    districts: Sequence[str]
    names: Sequence[str]
    codes: Sequence[str]
    _by_key: dict[str, list[int]] = field(init=False, repr=False, default_factory=dict)
    _district_keys: dict[str, str] = field(init=False, repr=False, default_factory=dict)
    _codes: frozenset[str] = field(init=False, repr=False, default=frozenset())
    _cache: dict[tuple[str, str], Found | Ambiguous | Missing] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        """Build the keys once; three spellings of each name point to its row."""
        if not len(self.districts) == len(self.names) == len(self.codes):
            raise ValueError("districts, names and codes must have one length")
        object.__setattr__(self, "_codes", frozenset(self.codes))
        for row, (district, name) in enumerate(zip(self.districts, self.names, strict=True)):
            self._district_keys.setdefault(district_key(district), district)
            for key in {f"0{fold(name)}", f"1{match_key(name)}", f"2{loose_key(name)}"}:
                self._by_key.setdefault(key, []).append(row)

    def has_code(self, code: str) -> bool:
        """Whether an area has this code."""
        return code in self._codes

    def find(self, name: str, district: str = "") -> Found | Ambiguous | Missing:
        """Find the area of this name; exact spelling first, then without suffix, then loosely."""
        asked = (name, district)
        if asked not in self._cache:
            self._cache[asked] = self._find(name, district)
        return self._cache[asked]

    def _find(self, name: str, district: str) -> Found | Ambiguous | Missing:
        inside = district_key(district)
        if district.strip() and inside not in self._district_keys:
            return Missing(nearest(district, self._district_keys.values()), district=True)
        for key in (f"0{fold(name)}", f"1{match_key(name)}", f"2{loose_key(name)}"):
            rows = [r for r in self._by_key.get(key, []) if self._within(r, inside)]
            if len(rows) == 1:
                return Found(self.codes[rows[0]])
            if rows:
                return Ambiguous(tuple((self.districts[r], self.names[r], self.codes[r]) for r in rows))
        return Missing(nearest(name, [n for row, n in enumerate(self.names) if self._within(row, inside)]))

    def _within(self, row: int, district: str) -> bool:
        return not district or district_key(self.districts[row]) == district


def _without(folded: str, suffixes: frozenset[str]) -> str:
    words = folded.split()
    while len(words) > 1 and words[-1] in suffixes:
        words.pop()
    return " ".join(words)


def _rank(letter: str) -> str:
    """Digits and blanks before letters; letters outside the alphabet (q, w, x) after their neighbours."""
    neighbour = {"q": "p", "w": "v", "x": "v"}.get(letter)
    if neighbour:
        return ORDER[neighbour] + "5"
    return "0" + letter
