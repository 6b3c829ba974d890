"""Names of a boundary version in memory: by place, by code, in Turkish order, as people search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from survey.names import ASCII, fold

Ints = npt.NDArray[np.int32]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Every area of one boundary version, by place 0 .. n - 1.

    Attributes
    ----------
    digest : of all shapes; part of each tile's address
    name_rank, district_rank : (n,) place in the Turkish alphabet
    keys : (n,) what a search is looked up in
    """

    boundary_id: int
    digest: str
    codes: Sequence[str]
    names: Sequence[str]
    districts: Sequence[str]
    name_rank: Ints
    district_rank: Ints
    keys: Sequence[str]
    place_of: Mapping[str, int]

    @classmethod
    def of(cls, boundary_id: int, digest: str, rows: Sequence[Sequence[object]]) -> "Gazetteer":
        """From rows (code, name, district, rank of name, rank of district) in order of place."""
        codes, names, districts = ([str(row[column]) for row in rows] for column in range(3))
        ranks = np.array([row[3:5] for row in rows], dtype=np.int32).reshape(-1, 2)
        keys = [
            search_key(name, district, code)
            for code, name, district in zip(codes, names, districts, strict=True)
        ]
        return cls(
            boundary_id,
            digest,
            codes,
            names,
            districts,
            ranks[:, 0],
            ranks[:, 1],
            keys,
            {code: place for place, code in enumerate(codes)},
        )

    def find(self, search: str) -> Marks:
        """(n,) which areas hold every word typed, with or without Turkish letters."""
        words = plain(search).split()
        return np.fromiter(
            (all(word in key for word in words) for key in self.keys), np.bool_, len(self.keys)
        )

    def inside(self, district: str) -> Marks:
        """(n,) which areas lie in a district."""
        return np.fromiter((name == district for name in self.districts), np.bool_, len(self.districts))


def plain(text: str) -> str:
    """Folded by Turkish rules, then without Turkish dots and tails.

    >>> plain("IĞDIR Çarşı"), plain("İğdir carsi")
    ('igdir carsi', 'igdir carsi')
    """
    return fold(text).translate(ASCII)


def search_key(name: str, district: str, code: str) -> str:
    """Name, name in one word, district and code.

    >>> search_key("Yeni Şehir", "Kepez", "071001")
    'yeni sehir yenisehir kepez 071001'
    """
    words = plain(name)
    return f"{words} {words.replace(' ', '')} {plain(district)} {code}"
