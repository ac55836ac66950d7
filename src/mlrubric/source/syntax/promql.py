"""PromQL as a small tree: which series an expression reads, under which functions, and what it compares with what.

Variables of Grafana and templates of Helm are holes: a range that is one lasts five minutes, a name that holds one stands for many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

HOLE = "\ue000"
MAX_LENGTH = 20_000  # characters; templates are looked for from each brace
MAX_TOKENS = 20_000
MAX_DEPTH = 100

_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}|\$\{[^{}]*\}|\[\[\w+(?::\w+)?\]\]|\$\w+")
_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    |(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
    |(?P<duration>\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*(?![\w.]))
    |(?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_:\ue000][\w:\ue000.]*)
    |(?P<operator>=~|!~|==|!=|<=|>=|[-+*/%^<>=])
    |(?P<mark>[(){}\[\],:@])""",
    re.VERBOSE,
)
_POWER = {"or": 1, "and": 2, "unless": 2, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "atan2": 5, "^": 6}
COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")
_POWER.update(dict.fromkeys(COMPARISONS, 3))
AGGREGATES = frozenset(
    (
        "sum",
        "avg",
        "min",
        "max",
        "count",
        "stddev",
        "stdvar",
        "group",
        "topk",
        "bottomk",
        "quantile",
        "count_values",
        "limitk",
        "limit_ratio",
    )
)
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Expr:
    """`kind`: number, string, selector, call, aggregate, binary, unary, unknown (a variable alone). `name` is the metric, function or
    operator; `matchers` of a selector are (label, operator, value); `span` is its range as written."""

    kind: str
    name: str = ""
    args: tuple[Expr, ...] = ()
    matchers: tuple[tuple[str, str, str], ...] = ()
    span: str = ""
    value: float = 0.0

    def walk(self) -> Iterator[Expr]:
        """This expression and everything inside it."""
        waiting = [self]
        while waiting:
            current = waiting.pop()
            yield current
            waiting.extend(reversed(current.args))


class PromqlProblem(Exception):
    """The text is no PromQL."""


def parse(text: str) -> Expr:
    """The expression of a text; PromqlProblem when it is none."""
    if len(text) > MAX_LENGTH:
        raise PromqlProblem("too long")
    return _Parser(_tokens(_TEMPLATE.sub(HOLE, text))).whole()


def selectors(expr: Expr) -> tuple[Expr, ...]:
    """All series that an expression reads."""
    return tuple(e for e in expr.walk() if e.kind == "selector")


def conditions(expr: Expr) -> tuple[tuple[Expr, str, float], ...]:
    """What is compared with a number: (the other side, operator, number); the number stands on the right."""
    found = []
    for one in expr.walk():
        if one.kind != "binary" or one.name not in COMPARISONS:
            continue
        left, right = one.args
        constant = number(right)
        if constant is not None and number(left) is None:
            found.append((left, one.name, constant))
        elif constant is None and (constant := number(left)) is not None:
            found.append((right, _FLIPPED.get(one.name, one.name), constant))
    return tuple(found)


def number(expr: Expr) -> float | None:
    """The value of an expression of numbers alone."""
    if expr.kind == "number":
        return expr.value
    if expr.kind == "unary":
        inner = number(expr.args[0])
        return None if inner is None else -inner if expr.name == "-" else inner
    if expr.kind != "binary" or expr.name not in "+-*/":
        return None
    left, right = number(expr.args[0]), number(expr.args[1])
    if left is None or right is None or (expr.name == "/" and right == 0):
        return None
    return {"+": left + right, "-": left - right, "*": left * right, "/": left / right if right else 0.0}[expr.name]


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(found) > MAX_TOKENS:
            raise PromqlProblem(f"unexpected `{text[at : at + 10]}`")
        at = match.end()
        if match.lastgroup != "space":
            found.append((str(match.lastgroup), match[0]))
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    def whole(self) -> Expr:
        found = self.binary(0)
        if self.at != len(self.tokens):
            raise PromqlProblem(f"unexpected `{self.tokens[self.at][1]}`")
        return found

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ("end", "")

    def take(self, text: str = "") -> tuple[str, str]:
        token = self.peek()
        if token[0] == "end" or (text and token[1] != text):
            raise PromqlProblem(f"`{text or 'more'}` was expected")
        self.at += 1
        return token

    def binary(self, least: int) -> Expr:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise PromqlProblem("nested too deeply")
        left = self.unary()
        while True:
            operator = self.peek()[1].lower() if self.peek()[0] in ("name", "operator") else ""
            power = _POWER.get(operator, 0)
            if power == 0 or power < least:
                break
            self.at += 1
            self.matching()
            right = self.binary(power if operator == "^" else power + 1)
            left = Expr("binary", operator, (left, right))
        self.depth -= 1
        return left

    def matching(self) -> None:
        """`bool`, `on (...)`, `group_left (...)` and their like after an operator."""
        while self.peek()[1].lower() in ("bool", "on", "ignoring", "group_left", "group_right") and self.peek()[0] == "name":
            word = self.take()[1].lower()
            if word != "bool" and self.peek()[1] == "(" and (word in ("on", "ignoring") or self._names_follow()):
                self.names()

    def _names_follow(self) -> bool:
        """Whether a bracket holds a list of labels and no expression."""
        ahead = 1
        while self.peek(ahead)[0] == "name" or self.peek(ahead)[1] == ",":
            ahead += 1
        return self.peek(ahead)[1] == ")"

    def names(self) -> None:
        self.take("(")
        while self.peek()[1] != ")":
            self.take()
        self.take(")")

    def unary(self) -> Expr:
        if self.peek()[1] in ("-", "+") and self.peek()[0] == "operator":
            sign = self.take()[1]
            return Expr("unary", sign, (self.binary(5),))
        return self.after(self.atom())

    def after(self, inner: Expr) -> Expr:
        """Ranges, subqueries, `offset` and `@` behind an expression."""
        span = inner.span
        while True:
            kind, text = self.peek()
            if text == "[":
                self.take()
                words = []
                while self.peek()[1] != "]":
                    words.append(self.take()[1])
                self.take("]")
                span = span or "".join(words).replace(HOLE, "5m")
            elif kind == "name" and text.lower() == "offset":
                self.take()
                if self.peek()[1] in ("-", "+"):
                    self.take()
                self.take()
            elif text == "@":
                self.take()
                if self.take()[1] in ("start", "end", "-") and self.peek()[1] == "(":
                    self.names()
            else:
                break
        return inner if span == inner.span else Expr(inner.kind, inner.name, inner.args, inner.matchers, span, inner.value)

    def atom(self) -> Expr:
        kind, text = self.take()
        if text == "(" and kind == "mark":
            inner = self.binary(0)
            self.take(")")
            return inner
        if kind in ("number", "duration"):
            return Expr("number", text, value=_value(text))
        if kind == "string":
            return Expr("string", text[1:-1])
        if text == "{" and kind == "mark":
            self.at -= 1
            return self.selector("")
        if kind != "name":
            raise PromqlProblem(f"unexpected `{text}`")
        if text.lower() in ("inf", "nan") and self.peek()[1] not in ("{", "("):
            return Expr("number", text, value=float(text.lower()))
        if text.lower() in AGGREGATES and (self.peek()[1] == "(" or self.peek()[1].lower() in ("by", "without")):
            return self.aggregate(text.lower())
        if self.peek()[1] == "(":
            return Expr("call", text, self.arguments())
        if text.strip(HOLE) == "" and self.peek()[1] != "{":
            return Expr("unknown", text)
        return self.selector(text)

    def aggregate(self, name: str) -> Expr:
        if self.peek()[1].lower() in ("by", "without"):
            self.take()
            self.names()
        found = Expr("aggregate", name, self.arguments())
        if self.peek()[1].lower() in ("by", "without") and self.peek()[0] == "name":
            self.take()
            self.names()
        return found

    def arguments(self) -> tuple[Expr, ...]:
        found = []
        self.take("(")
        while self.peek()[1] != ")":
            found.append(self.binary(0))
            if self.peek()[1] != ")":
                self.take(",")
        self.take(")")
        return tuple(found)

    def selector(self, name: str) -> Expr:
        matchers: list[tuple[str, str, str]] = []
        if self.peek()[1] == "{":
            self.take()
            while self.peek()[1] != "}":
                kind, label = self.take()
                if kind == "string" and self.peek()[1] in (",", "}"):
                    name = name or label[1:-1]
                elif label != "," and label.strip(HOLE):
                    matchers.append((label.strip("\"'"), self.take()[1], self.take()[1].strip("\"'`")))
            self.take("}")
        for label, operator, value in matchers:
            if label == "__name__" and not name:
                name = value if operator == "=" else re.sub(r"\.[*+]", HOLE, value) if operator == "=~" else HOLE
        return Expr("selector", name, (), tuple(matchers))


def _value(text: str) -> float:
    if text[-1:].isdigit() or text.endswith("."):
        return float(int(text, 16)) if text[:2].lower() == "0x" else float(text)
    seconds = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
    return sum(float(n) * seconds[u] for n, u in re.findall(r"(\d+)(ms|[smhdwy])", text)) or float(int(text, 16))
