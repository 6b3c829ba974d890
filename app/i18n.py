"""Words for people, in Turkish and English, from catalogues; numbers and dates by locale."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Literal

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from app.errors import MahalleError

Language = Literal["tr", "en"]


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every message of one language by key; problems in files have their own in `survey.problems`.

    Raises
    ------
    ValueError
        If two files of the language name the same key.
    """
    words: dict[str, str] = {}
    for file in sorted(resources.files("app.locale").joinpath(language).iterdir(), key=lambda f: f.name):
        found = _flat(tomllib.loads(file.read_text("utf-8")))
        if twice := words.keys() & found.keys():
            raise ValueError(f"{language}/{file.name} repeats {sorted(twice)}")
        words |= found
    return words


def _flat(tree: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = str(value)
    return flat


class _Fields(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


def say(key: str, language: Language, /, **fields: object) -> str:
    """The message of `key` with its fields filled in; the key itself if no catalogue has it."""
    text = catalogue(language).get(key)
    return text.format_map(_Fields(fields)) if text is not None else key


def explain(error: MahalleError, language: Language) -> str:
    """What was wrong, what was given, what to do."""
    return say(error.key, language, **error.fields)


def number(value: float, language: Language, *, digits: int = 0) -> str:
    """`1.234,5` in Turkish, `1,234.5` in English."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value, format=pattern, locale=language))


def day(value: date | datetime, language: Language) -> str:
    """`7 Mart 2026` or `7 March 2026`."""
    return format_date(value, format="d MMMM y", locale=language)


def moment(value: datetime, language: Language) -> str:
    """`7 Mart 2026 09:30`, on this machine's clock."""
    return format_datetime(value.astimezone(), format="d MMMM y HH:mm", locale=language)
