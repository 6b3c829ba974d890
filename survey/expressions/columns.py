"""Evaluate over whole columns. Texts are coded once, so work on them is per distinct value, not per row."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from survey.expressions import single
from survey.expressions.syntax import SELF, Call, Literal, Name, Node, Operation

__all__ = ["Columns", "evaluate"]

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Text:
    """A column of texts: `codes` (n,) into `levels`, -1 for missing."""

    codes: Codes
    levels: tuple[str, ...]

    def per_level(self, function: Callable[..., single.Result]) -> Floats:
        """Numbers by row from a function of the text; missing stays NaN."""
        found = [function(level) for level in self.levels]
        table = np.array([np.nan if f is None else f for f in found] + [np.nan])
        values: Floats = table[self.codes]
        return values

    def objects(self) -> npt.NDArray[np.object_]:
        """Texts by row, None for missing."""
        table = np.array([*self.levels, None], dtype=object)
        values: npt.NDArray[np.object_] = table[self.codes]
        return values


Value = Floats | Text


@dataclass(frozen=True, slots=True)
class Columns:
    """Named columns of one length: float arrays (NaN missing) or object arrays of texts, dates, None.

    Keep one for many expressions: each text column is coded once. Inputs are not modified.
    """

    arrays: Mapping[str, npt.NDArray[np.generic]]
    _coded: dict[str, Value] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse columns of several lengths."""
        if len({len(array) for array in self.arrays.values()}) > 1:
            raise ValueError("columns must have one length")

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.arrays.values()), np.empty(0)))

    def value(self, name: str) -> Value:
        """The column in coded form; a column that is not there is all missing."""
        if name not in self._coded:
            array = self.arrays.get(name)
            self._coded[name] = np.full(self.rows, np.nan) if array is None else _coded(array)
        return self._coded[name]


def evaluate(
    node: Node, columns: Columns, *, today: datetime.date, current: str = SELF
) -> npt.NDArray[np.float64] | npt.NDArray[np.object_]:
    """Value by row: float array (1 and 0 for logic, NaN unknown), or object array for text results.

    Equal, row by row, to `evaluate_row`.
    """
    value = _Evaluator(columns, today, current).value(node)
    if isinstance(value, Text):
        return value.objects()
    return np.broadcast_to(value, (columns.rows,)).copy()


def _coded(array: npt.NDArray[np.generic]) -> Value:
    if array.dtype.kind in "fiub":
        return array.astype(np.float64)
    items = [None if item is None else single.plain(item) for item in array.tolist()]
    if not any(isinstance(item, str) for item in items):
        return np.array([np.nan if item is None else item for item in items], dtype=np.float64)
    texts = [single.written(item) if item is not None else None for item in items]
    places: dict[str | None, int] = {None: -1}
    levels: list[str] = []
    for text in dict.fromkeys(texts):
        if text is not None:
            places[text] = len(levels)
            levels.append(text)
    codes = np.fromiter((places[text] for text in texts), dtype=np.int64, count=len(texts))
    return Text(codes, tuple(levels))


class _Evaluator:
    """One pass over a tree."""

    def __init__(self, columns: Columns, today: datetime.date, current: str) -> None:
        self.columns, self.today, self.current = columns, today, current

    def value(self, node: Node) -> Value:
        if isinstance(node, Literal):
            return _constant(node.value, self.columns.rows)
        if isinstance(node, Name):
            return self.columns.value(self.current if node.name == SELF else node.name)
        if isinstance(node, Operation):
            return self.operate(node)
        return self.call(node)

    def operate(self, node: Operation) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        sign = node.operator
        if sign in ("=", "!=") and single.EMPTY in (node.left, node.right):
            empty = _missing(left) & _missing(right)
            return np.where(empty == (sign == "="), 1.0, 0.0)
        if sign in ("=", "!="):
            return _equal(left, right, same=sign == "=")
        if sign in ("and", "or"):
            return _logic(truth(left), truth(right), sign)
        return _arithmetic(numbers(left), numbers(right), sign)

    def call(self, node: Call) -> Value:
        name = node.function
        if name in single.CONSTANTS:
            return _constant(1.0 if name == "true" else 0.0, self.columns.rows)
        if name == "today":
            return _constant(single.days(self.today), self.columns.rows)
        arguments = [self.value(part) for part in node.arguments]
        if name == "if":
            return _choose(truth(arguments[0]), arguments[1], arguments[2])
        if name == "coalesce":
            return _first(arguments)
        return _apply(name, arguments)


def _constant(value: float | str, rows: int) -> Value:
    if value == "":
        return np.full(rows, np.nan)
    if isinstance(value, str):
        return Text(np.zeros(rows, dtype=np.int64), (value,))
    return np.full(rows, value)


def numbers(value: Value) -> Floats:
    """Numbers by row; a text that is a number or an ISO date counts as one."""
    return value.per_level(single.number_of) if isinstance(value, Text) else value


def truth(value: Value) -> Floats:
    """1, 0 or NaN by row."""
    if isinstance(value, Text):
        return value.per_level(lambda text: float(bool(text)))
    return np.where(np.isnan(value), np.nan, (value != 0).astype(np.float64))


def _missing(value: Value) -> npt.NDArray[np.bool_]:
    if isinstance(value, Text):
        return np.asarray(value.codes == -1)
    return np.asarray(np.isnan(value))


def _equal(left: Value, right: Value, *, same: bool) -> Floats:
    if isinstance(left, Text) and isinstance(right, Text):
        return _equal_texts(left, right, same=same)
    first, second = numbers(left), numbers(right)
    unknown = np.isnan(first) | np.isnan(second)
    return np.where(unknown, np.nan, ((first == second) == same).astype(np.float64))


def _equal_texts(left: Text, right: Text, *, same: bool) -> Floats:
    shared = {text: place for place, text in enumerate(left.levels)}
    recode = np.array([shared.get(text, -2) for text in right.levels] + [-1])
    codes = recode[right.codes]
    unknown = (left.codes == -1) | (right.codes == -1)
    return np.where(unknown, np.nan, ((left.codes == codes) == same).astype(np.float64))


def _logic(left: Floats, right: Floats, sign: str) -> Floats:
    deciding = 0.0 if sign == "and" else 1.0
    decided = (left == deciding) | (right == deciding)
    unknown = np.isnan(left) | np.isnan(right)
    return np.where(decided, deciding, np.where(unknown, np.nan, 1.0 - deciding))


def _arithmetic(left: Floats, right: Floats, sign: str) -> Floats:
    unknown = np.isnan(left) | np.isnan(right)
    with np.errstate(all="ignore"):
        if sign in COMPARISONS:
            compared: Floats = np.where(unknown, np.nan, COMPARISONS[sign](left, right).astype(np.float64))
            return compared
        if sign in ("div", "mod"):
            safe = np.where(right == 0, np.nan, right)
            divided: Floats = left / safe if sign == "div" else np.fmod(left, safe)
            return divided
        result: Floats = ARITHMETIC[sign](left, right)
    return result


COMPARISONS: dict[str, Callable[[Floats, Floats], npt.NDArray[np.bool_]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
ARITHMETIC: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
}


def _merge(mask: npt.NDArray[np.bool_], left: Value, right: Value) -> Value:
    """Rows of `left` where the mask holds, else of `right`; texts and numbers may meet."""
    if not isinstance(left, Text) and not isinstance(right, Text):
        return np.where(mask, left, right)
    mixed = np.where(mask, _objects(left), _objects(right))
    return _coded(mixed)


def _objects(value: Value) -> npt.NDArray[np.object_]:
    if isinstance(value, Text):
        return value.objects()
    found = value.astype(object)
    found[np.isnan(value)] = None
    return found


def _choose(condition: Floats, yes: Value, no: Value) -> Value:
    chosen = _merge(condition == 1, yes, no)
    unknown = np.isnan(condition)
    if isinstance(chosen, Text):
        return Text(np.where(unknown, -1, chosen.codes), chosen.levels)
    return np.where(unknown, np.nan, chosen)


def _first(arguments: list[Value]) -> Value:
    *rest, last = arguments
    for value in reversed(rest):
        last = _merge(~_missing(value), value, last)
    return last


def _apply(name: str, arguments: list[Value]) -> Value:
    first = arguments[0]
    if name == "selected":
        return _selected(first, arguments[1])
    if name in ("number", "date"):
        return numbers(first)
    if name == "not":
        return 1.0 - truth(first)
    if name == "int":
        return np.trunc(numbers(first))
    if name == "round":
        return _rounded(arguments)
    if isinstance(first, Text):
        return first.per_level(single.FUNCTIONS[name])
    return _by_number(first, single.FUNCTIONS[name])


def _rounded(arguments: list[Value]) -> Floats:
    number = numbers(arguments[0])
    places = np.trunc(numbers(arguments[1])) if len(arguments) > 1 else np.zeros_like(number)
    scale = 10.0**places
    result: Floats = np.floor(number * scale + 0.5) / scale
    return result


def _by_number(values: Floats, function: Callable[..., single.Result]) -> Floats:
    distinct, inverse = np.unique(values, return_inverse=True)
    found = [np.nan if np.isnan(v) else function(float(v)) for v in distinct]
    result: Floats = np.array(found, dtype=np.float64)[inverse]
    return result


def _selected(value: Value, choice: Value) -> Floats:
    if isinstance(choice, Text) and len(choice.levels) == 1 and (choice.codes == 0).all():
        wanted = choice.levels[0]
        test = lambda text: float(wanted in single.written(text).split())  # noqa: E731
        return value.per_level(test) if isinstance(value, Text) else _by_number(value, test)
    pairs = zip(_objects(value), _objects(choice), strict=True)
    found = [np.nan if None in pair else single.FUNCTIONS["selected"](*pair) for pair in pairs]
    return np.array(found, dtype=np.float64)
