"""Text to tree, with the place and the nearest name when something is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from survey.names import nearest
from survey.problems import Code

__all__ = [
    "Call",
    "ExpressionError",
    "Literal",
    "Name",
    "Node",
    "Operation",
    "choices_used",
    "names_used",
    "parse",
]

MAX_LENGTH = 10_000
MAX_DEPTH = 100
SELF = "."
TOKEN = re.compile(
    r"\s*(?:(?P<name>\$\{\s*[^\s{}]+\s*\})|(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<self>\.)"
    r"|(?P<text>'[^']*'|\"[^\"]*\")|(?P<word>[^\W\d][\w-]*)|(?P<sign><=|>=|!=|[=<>+\-*(),]))"
)
# Operators by binding strength, loosest first; all bind to the left.
LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))
WORD_OPERATORS = frozenset({"or", "and", "div", "mod"})
ARITY = {
    "selected": (2, 2),
    "count-selected": (1, 1),
    "coalesce": (2, 9),
    "if": (3, 3),
    "not": (1, 1),
    "number": (1, 1),
    "int": (1, 1),
    "round": (1, 2),
    "string-length": (1, 1),
    "true": (0, 0),
    "false": (0, 0),
    "today": (0, 0),
    "date": (1, 1),
}


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a text as written."""

    value: float | str


@dataclass(frozen=True, slots=True)
class Name:
    """A question; '.' is the one the expression belongs to."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """Two sides and the operator between them."""

    operator: str
    left: Node
    right: Node


Node = Literal | Name | Call | Operation


class ExpressionError(ValueError):
    """An expression that cannot be used; `line` and `column` count from 1."""

    def __init__(self, code: Code, what: str, *, source: str, at: int, close: str = "") -> None:
        self.code, self.what, self.nearest = code, what, close
        self.line = source.count("\n", 0, at) + 1
        self.column = at - (source.rfind("\n", 0, at) + 1) + 1
        hint = f" (nearest: {close})" if close else ""
        super().__init__(f"line {self.line}, column {self.column}: {what}{hint}")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text and where it starts."""

    kind: str
    text: str
    at: int


def parse(source: str, *, known: Collection[str] | None = None) -> Node:
    """Parse an expression; with `known`, every question named must be one of them ('.' is always allowed).

    Raises
    ------
    ExpressionError
        Naming line, column and, for an unknown question or function, the nearest one.

    Examples
    --------
    >>> parse("${yas} >= 65")
    Operation(operator='>=', left=Name(name='yas'), right=Literal(value=65.0))
    """
    if len(source) > MAX_LENGTH:
        raise ExpressionError(Code.EXPRESSION_SYNTAX, "longer than 10,000 characters", source=source, at=0)
    parser = _Parser(source, list(_tokens(source)), known)
    tree = parser.level(0)
    parser.expect_end()
    return tree


def _tokens(source: str) -> Iterator[Token]:
    at = 0
    while source[at:].strip():
        match = TOKEN.match(source, at)
        if match is None:
            start = at + len(source[at:]) - len(source[at:].lstrip())
            raise ExpressionError(
                Code.EXPRESSION_SYNTAX, f"unexpected {source[start]!r}", source=source, at=start
            )
        kind = str(match.lastgroup)
        yield Token(kind, match[kind], match.start(kind))
        at = match.end()
    yield Token("end", "end of the expression", len(source))


class _Parser:
    """Recursive descent over the levels of operators."""

    def __init__(self, source: str, tokens: list[Token], known: Collection[str] | None) -> None:
        self.source, self.tokens, self.known = source, tokens, known
        self.place = self.depth = 0

    @property
    def here(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        token = self.here
        self.place += 1
        return token

    def fail(
        self, token: Token, what: str, code: Code = Code.EXPRESSION_SYNTAX, close: str = ""
    ) -> ExpressionError:
        return ExpressionError(code, what, source=self.source, at=token.at, close=close)

    def expect(self, sign: str) -> None:
        if self.here.text != sign or self.here.kind != "sign":
            raise self.fail(self.here, f"expected {sign!r}, found {self.here.text!r}")
        self.place += 1

    def expect_end(self) -> None:
        if self.here.kind != "end":
            raise self.fail(self.here, f"unexpected {self.here.text!r}")

    def level(self, strength: int) -> Node:
        if strength == len(LEVELS):
            return self.signed()
        left = self.level(strength + 1)
        while self.here.kind in ("sign", "word") and self.here.text in LEVELS[strength]:
            operator = self.take().text
            left = Operation(operator, left, self.level(strength + 1))
        return left

    def signed(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail(self.here, "nested too deep")
        if self.here.text == "-" and self.here.kind == "sign":
            self.take()
            node: Node = Operation("-", Literal(0.0), self.signed())
        else:
            node = self.atom()
        self.depth -= 1
        return node

    def atom(self) -> Node:
        token = self.take()
        if token.kind == "number":
            return Literal(float(token.text))
        if token.kind == "text":
            return Literal(token.text[1:-1])
        if token.kind == "self":
            return Name(SELF)
        if token.kind == "name":
            return self.question(token)
        if token.kind == "word" and token.text not in WORD_OPERATORS:
            return self.call(token)
        if token.text == "(" and token.kind == "sign":
            inner = self.level(0)
            self.expect(")")
            return inner
        raise self.fail(token, f"unexpected {token.text!r}")

    def question(self, token: Token) -> Node:
        name = token.text[2:-1].strip()
        if self.known is not None and name not in self.known:
            close = nearest(name, self.known)
            raise self.fail(token, name, Code.EXPRESSION_UNKNOWN_QUESTION, close)
        return Name(name)

    def call(self, token: Token) -> Node:
        if token.text not in ARITY:
            close = nearest(token.text, ARITY)
            raise self.fail(token, token.text, Code.EXPRESSION_UNKNOWN_FUNCTION, close)
        self.expect("(")
        arguments: list[Node] = []
        while self.here.text != ")" or self.here.kind != "sign":
            if arguments:
                self.expect(",")
            arguments.append(self.level(0))
        self.take()
        least, most = ARITY[token.text]
        if not least <= len(arguments) <= most:
            raise self.fail(token, f"{token.text} takes {least} to {most} arguments, not {len(arguments)}")
        return Call(token.text, tuple(arguments))


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    if isinstance(node, Operation):
        yield from walk(node.left)
        yield from walk(node.right)
    elif isinstance(node, Call):
        for argument in node.arguments:
            yield from walk(argument)


def names_used(node: Node) -> tuple[str, ...]:
    """Questions an expression names, in order, once each."""
    return tuple(dict.fromkeys(part.name for part in walk(node) if isinstance(part, Name)))


def choices_used(node: Node) -> tuple[tuple[str, str], ...]:
    """Pairs of question and choice text: selected(${q}, 'a') and ${q} = 'a'."""
    pairs: list[tuple[str, str]] = []
    for part in walk(node):
        sides: tuple[Node, ...] = ()
        if isinstance(part, Call) and part.function == "selected":
            sides = part.arguments
        elif isinstance(part, Operation) and part.operator in ("=", "!="):
            sides = (part.left, part.right)
        named = [side.name for side in sides if isinstance(side, Name)]
        written = [side.value for side in sides if isinstance(side, Literal) and isinstance(side.value, str)]
        if named and written and written[0]:
            pairs.append((named[0], written[0]))
    return tuple(dict.fromkeys(pairs))
