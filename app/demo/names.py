"""Simulated names, identity numbers and telephones. They belong to nobody on purpose."""

import numpy as np

FIRST = [
    "Ayşe",
    "Fatma",
    "Emine",
    "Hatice",
    "Zeynep",
    "Elif",
    "Meryem",
    "Şerife",
    "Sultan",
    "Hanife",
    "Döndü",
    "Gülsüm",
    "Mehmet",
    "Mustafa",
    "Ahmet",
    "Ali",
    "Hüseyin",
    "Hasan",
    "İbrahim",
    "İsmail",
    "Osman",
    "Yusuf",
    "Ömer",
    "Ramazan",
    "Süleyman",
    "Çağrı",
]
LAST = [
    "Yılmaz",
    "Kaya",
    "Demir",
    "Şahin",
    "Çelik",
    "Yıldız",
    "Yıldırım",
    "Öztürk",
    "Aydın",
    "Özdemir",
    "Arslan",
    "Doğan",
    "Kılıç",
    "Aslan",
    "Çetin",
    "Kara",
    "Koç",
    "Kurt",
    "Özkan",
    "Şimşek",
    "Işık",
    "Güneş",
    "Toprak",
    "Irmak",
]
MARK = "Benzetim"  # a middle name no register has, so that no simulated person can be mistaken for a real one


class Namer:
    """Draws identities; numbers never repeat within one simulation."""

    def __init__(self, rng: np.random.Generator, *, first_number: int = 100_000_000) -> None:
        self.rng = rng
        self.next_number = first_number

    def name(self) -> str:
        """First name, the mark, family name."""
        return f"{self.rng.choice(FIRST)} {MARK} {self.rng.choice(LAST)}"

    def phone(self) -> str:
        """A number in a block no operator holds."""
        return f"0500 000 {self.rng.integers(100):02d} {self.rng.integers(100):02d}"

    def number(self) -> str:
        """Eleven digits with valid check digits."""
        self.next_number += 1
        return identity_number(self.next_number)


def identity_number(first_nine: int) -> str:
    """Append the two check digits.

    >>> identity_number(100000001)
    '10000000146'
    """
    digits = [int(letter) for letter in str(first_nine)]
    tenth = (7 * sum(digits[0::2]) - sum(digits[1::2])) % 10
    return f"{first_nine}{tenth}{(sum(digits) + tenth) % 10}"
