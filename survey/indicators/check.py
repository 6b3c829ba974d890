"""Explain an indicator set against a form: which question is missing, which choice, which level."""

from __future__ import annotations

from collections.abc import Iterator

from survey.expressions import Node, choices_used, names_used
from survey.form import Form
from survey.indicators.model import Indicator, IndicatorSet, Level
from survey.names import nearest
from survey.problems import Code, Problem, problem

__all__ = ["check"]


def check(indicators: IndicatorSet, form: Form) -> tuple[Problem, ...]:
    """One finding for each fault, and one `indicator.ok` line for each entry without any."""
    found: list[Problem] = []
    for entry, tree, level in _entries(indicators):
        faults = list(_faults(entry, tree, form, level))
        found.extend(faults or [problem(Code.INDICATOR_OK, given=entry, detail=_explain(tree, form))])
    counted = [item for item in indicators.indicators if item.from_cases]
    found.extend(problem(Code.INDICATOR_OK, given=f"indicators.{i.key}", detail=_cases(i)) for i in counted)
    return tuple(found)


def _entries(indicators: IndicatorSet) -> Iterator[tuple[str, Node, Level]]:
    roster = indicators.roster
    for tree in (roster.age_tree, roster.female_tree, roster.size_tree):
        if tree is not None:
            yield "roster", tree, Level.PERSON
    for topic in indicators.topics:
        if topic.need_tree is not None:
            yield f"topics.{topic.key}", topic.need_tree, Level.PERSON
    for group in indicators.groups:
        if group.person_tree is not None:
            yield f"groups.{group.key}", group.person_tree, Level.PERSON
    for item in indicators.indicators:
        for tree in (item.numerator_tree, item.denominator_tree):
            if tree is not None:
                yield f"indicators.{item.key}", tree, item.level


def _faults(entry: str, tree: Node, form: Form, level: Level) -> Iterator[Problem]:
    for name in names_used(tree):
        question = form.by_name.get(name)
        if question is None:
            close = nearest(name, form.by_name)
            yield problem(Code.INDICATOR_UNKNOWN_QUESTION, given=entry, detail=name, nearest=close)
        elif question.repeat and level is Level.HOUSEHOLD:
            yield problem(Code.INDICATOR_WRONG_LEVEL, given=entry, detail=name)
    for name, choice in choices_used(tree):
        known = form.choice_names(name)
        if known and choice not in known:
            close = nearest(choice, known)
            yield problem(
                Code.INDICATOR_UNKNOWN_CHOICE, given=entry, detail=f"{name}: {choice}", nearest=close
            )


def _explain(tree: Node, form: Form) -> str:
    """Name the questions used, with a label each."""
    labels = [next(iter(form.by_name[name].labels.values()), "") for name in names_used(tree)]
    pairs = zip(names_used(tree), labels, strict=True)
    return "; ".join(f"{name} ({label})" if label else name for name, label in pairs)


def _cases(item: Indicator) -> str:
    accepted = item.case_filter or {}
    return "; ".join(f"{name} = {' | '.join(values)}" for name, values in accepted.items())
