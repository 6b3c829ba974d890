"""Evaluate for one row, in plain Python: the reference the column evaluator is tested against."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping

from survey.expressions.syntax import SELF, Call, Literal, Name, Node, Operation

__all__ = ["Result", "days", "evaluate_row", "number_of"]

Answer = str | int | float | bool | datetime.date | None
Result = float | str | None
EMPTY = Literal("")  # an empty text is no answer; compared with, it asks whether there is one
EPOCH = datetime.date(1970, 1, 1)


def evaluate_row(
    node: Node, answers: Mapping[str, Answer], *, today: datetime.date, current: str = SELF
) -> Result:
    """Value for one row: 1.0 or 0.0 for logic, None for unknown; days since 1970 for dates.

    Parameters
    ----------
    current
        The question '.' stands for.
    """

    def value(part: Node) -> Result:
        if isinstance(part, Literal):
            return None if part == EMPTY else part.value
        if isinstance(part, Name):
            return plain(answers.get(current if part.name == SELF else part.name))
        if isinstance(part, Operation):
            return _operate(part, value)
        return _call(part, value, today)

    return value(node)


def days(day: datetime.date) -> float:
    """Days since 1 January 1970."""
    plain = day.date() if isinstance(day, datetime.datetime) else day
    return float((plain - EPOCH).days)


def number_of(value: Result) -> float | None:
    """A number, a text that is one, or the days of a text that is an ISO date; else None."""
    if value is None or isinstance(value, float):
        return value
    try:
        found = float(value) if not set(value) & set("_nNiI") else None
    except ValueError:
        found = None
    if found is not None:
        return found
    try:
        return days(datetime.date.fromisoformat(value[:10]))
    except ValueError:
        return None


def plain(answer: Answer) -> Result:
    if isinstance(answer, str):
        return answer or None
    if isinstance(answer, datetime.date):
        return days(answer)
    if answer is None or math.isnan(answer):
        return None
    return float(answer)


def _operate(node: Operation, value: Callable[[Node], Result]) -> Result:
    sign, left, right = node.operator, value(node.left), value(node.right)
    if sign in ("=", "!=") and EMPTY in (node.left, node.right):
        return float((left is None and right is None) == (sign == "="))
    if sign in ("and", "or"):
        return _logic(sign, truth(left), truth(right))
    if sign in ("=", "!=") and isinstance(left, str) and isinstance(right, str):
        return float((left == right) == (sign == "="))
    first, second = number_of(left), number_of(right)
    if first is None or second is None:
        return None
    return OPERATORS[sign](first, second)


def _divide(a: float, b: float) -> float | None:
    return a / b if b else None


def _modulo(a: float, b: float) -> float | None:
    return math.fmod(a, b) if b else None


OPERATORS: dict[str, Callable[[float, float], float | None]] = {
    "=": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "<": lambda a, b: float(a < b),
    "<=": lambda a, b: float(a <= b),
    ">": lambda a, b: float(a > b),
    ">=": lambda a, b: float(a >= b),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "div": _divide,
    "mod": _modulo,
}


def truth(value: Result) -> float | None:
    """1.0, 0.0 or None; a text is true when it is not empty."""
    if value is None:
        return None
    return float(bool(value))


def _logic(sign: str, left: float | None, right: float | None) -> float | None:
    deciding = 0.0 if sign == "and" else 1.0
    if deciding in (left, right):
        return deciding
    return None if left is None or right is None else 1.0 - deciding


def _call(node: Call, value: Callable[[Node], Result], today: datetime.date) -> Result:
    arguments = [value(part) for part in node.arguments]
    if node.function in CONSTANTS:
        return CONSTANTS[node.function]
    if node.function == "today":
        return days(today)
    if node.function == "coalesce":
        return next((a for a in arguments if a is not None), None)
    if node.function == "if":
        chosen = truth(arguments[0])
        return None if chosen is None else arguments[1 if chosen else 2]
    if any(argument is None for argument in arguments):
        return None
    return FUNCTIONS[node.function](*arguments)


def written(value: Result) -> str:
    """A value as text; whole numbers without a point."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value or ""


def rounded(value: Result, places: Result = 0.0) -> float | None:
    """Round half up, as XPath does."""
    number, digits = number_of(value), number_of(places)
    if number is None or digits is None:
        return None
    scale = 10.0 ** int(digits)
    return math.floor(number * scale + 0.5) / scale


def truncated(value: Result) -> float | None:
    """Cut the decimals."""
    number = number_of(value)
    return None if number is None else float(math.trunc(number))


CONSTANTS: dict[str, Result] = {"true": 1.0, "false": 0.0}
FUNCTIONS: dict[str, Callable[..., Result]] = {
    "selected": lambda value, choice: float(written(choice) in written(value).split()),
    "count-selected": lambda value: float(len(written(value).split())),
    "not": lambda value: 1.0 - float(bool(value)),
    "number": number_of,
    "date": number_of,
    "int": truncated,
    "round": rounded,
    "string-length": lambda value: float(len(written(value))),
}
