"""Chapters on how sure a plan is, for whom it is good, why these places, and in what order."""

from collections.abc import Mapping, Sequence

from app.i18n import Language, say
from app.report import blocks
from app.report.blocks import Block
from app.words import (
    Table,
    access_table,
    balance_lines,
    balance_table,
    beside_lines,
    certainty_lines,
    cost_table,
    district_table,
    frontier_table,
    inclusion_table,
    near_table,
    order_lines,
    phase_table,
    pin_table,
    reason_table,
    served_table,
    why_not_table,
)

Plan = Mapping[str, object]


def chapters(plan: Plan, titles: Mapping[str, str], language: Language) -> list[Block]:
    """Every chapter that the plan has something to say in.

    Parameters
    ----------
    titles : names of the target groups, in order
    """
    sure = [
        blocks.bullets(certainty_lines(plan, language)),
        *_tables([inclusion_table(plan, language), near_table(plan, language)]),
    ]
    fair = _tables(
        [frontier_table(plan, language), access_table(plan, language), district_table(plan, language)]
    )
    why = _tables(
        [
            reason_table(plan, language),
            served_table(plan, language, titles),
            why_not_table(plan, language),
            pin_table(plan, language),
        ]
    )
    phases = [
        *(blocks.paragraph(line) for line in order_lines(plan, language)),
        *_tables([phase_table(plan, language)]),
    ]
    costs = [*_tables([cost_table(plan, language)]), blocks.bullets(beside_lines(plan, language))]
    even = [
        *(blocks.paragraph(line) for line in balance_lines(plan, language)),
        *_tables([balance_table(plan, language)]),
    ]
    made = {
        "reasons": why,
        "certainty": sure,
        "fairness": fair,
        "order": phases,
        "balance": even,
        "cost": costs,
    }
    return [
        blocks.section(say(f"study.{name}", language), content, new_page=False)
        for name, content in made.items()
        if content
    ]


def _tables(given: Sequence[Table]) -> list[Block]:
    """Tables that have lines, each under its title."""
    found: list[Block] = []
    for one in given:
        if one.rows:
            words = tuple(place for place in range(len(one.head)) if place not in one.numbers)
            rows = [list(row) for row in one.rows]
            found += [
                blocks.heading(one.title),
                blocks.paragraph(one.note),
                blocks.table(list(one.head), rows, widths=list(one.widths), text_columns=words),
            ]
    return found
