"""Figures of plans as words: minutes, shares, persons, money; and tables of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from app.i18n import Language, number, say

Json = Mapping[str, object]
NOTHING = "–"
LEAST_MINUTES = 0.05  # less is no change in one digit


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table in words.

    Attributes
    ----------
    numbers : columns that hold figures
    widths : of the columns, relative
    """

    title: str
    note: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: tuple[int, ...]
    widths: tuple[float, ...]


def table(
    name: str,
    columns: Mapping[str, float],
    rows: Sequence[Sequence[str]],
    language: Language,
    *,
    words: Sequence[str] = (),
) -> Table:
    """A table whose title, note and heads are `study.NAME`, `study.NAME_note` and `study.NAME_COLUMN`.

    Parameters
    ----------
    columns : name -> relative width
    words : columns that hold words; all others hold figures
    """
    return Table(
        title=say(f"study.{name}", language),
        note=say(f"study.{name}_note", language),
        head=[say(f"study.{name}_{column}", language) for column in columns],
        rows=rows,
        numbers=tuple(place for place, column in enumerate(columns) if column not in words),
        widths=tuple(columns.values()),
    )


def value(given: object) -> float | None:
    """A number of a document, None for nothing."""
    return None if given is None else float(str(given))


def minutes(given: object, language: Language) -> str:
    """Minutes with one digit."""
    found = value(given)
    return NOTHING if found is None else number(found, language, digits=1)


def step(given: object, language: Language, *, digits: int = 1) -> str:
    """Minutes more or fewer, with their sign."""
    found = value(given)
    if found is None:
        return NOTHING
    least = LEAST_MINUTES * 10 ** (1 - digits)
    sign = "+" if found >= least else "−" if found <= -least else ""
    return f"{sign}{number(abs(found), language, digits=digits)}"


def people(given: object, language: Language) -> str:
    """A whole number of persons; a dash for what is hidden."""
    found = value(given)
    return NOTHING if found is None else number(found, language)


def percent(given: object, language: Language, *, digits: int = 0) -> str:
    """A share in per cent, as the language writes it."""
    found = value(given)
    if found is None:
        return NOTHING
    return say("study.percent", language, value=number(found * 100, language, digits=digits))


def names(sites: object) -> str:
    """Names of sites in one line."""
    given = cast(Sequence[Json], sites or ())
    return ", ".join(str(site["name"]) for site in given) or NOTHING


def part(plan: Json, name: str) -> Json:
    """A part of a plan's study; nothing where the plan was made without."""
    return cast(Json, plan.get(name) or {})


def rows_of(given: Json, name: str) -> Sequence[Json]:
    """Lines of a part."""
    return cast(Sequence[Json], given.get(name) or ())
