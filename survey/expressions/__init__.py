"""The part of the ODK expression language that forms and indicators use: parse, check, evaluate.

Logic has three values: an unanswered question makes a comparison unknown (NaN), never false. The one
exception is a comparison with the empty text, which asks whether a question is answered at all.
"""

from __future__ import annotations

from survey.expressions.columns import Columns, evaluate
from survey.expressions.single import evaluate_row
from survey.expressions.syntax import (
    Call,
    ExpressionError,
    Literal,
    Name,
    Node,
    Operation,
    choices_used,
    names_used,
    parse,
)

__all__ = [
    "Call",
    "Columns",
    "ExpressionError",
    "Literal",
    "Name",
    "Node",
    "Operation",
    "choices_used",
    "evaluate",
    "evaluate_row",
    "names_used",
    "parse",
]
