"""The text of a template as a tree: texts, actions, blocks; expressions as pipelines of commands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ACTION = re.compile(r"\{\{(-(?=\s))?\s*(/\*.*?\*/|(?:\"(?:\\.|[^\"\\])*\"|`[^`]*`|[^`\"])*?)\s*((?<=\s)-)?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"\s*(\"(?:\\.|[^\"\\])*\"|`[^`]*`|'(?:\\.|[^'\\])*'|:=|=|\||\(|\)|,|[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w])"
    r"|\$?[\w]*(?:\.[\w]+)+|\$\w*|\.|\w+)"
)
LARGEST = 1_000_000
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


class TemplateProblem(Exception):
    """A template that is not understood, with its line and a reason."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


@dataclass(frozen=True, slots=True)
class Operand:
    """`kind`: literal (value), field (names below `.`), variable (name, then names), call (a function without arguments), pipe."""

    kind: str
    value: str | int | float | bool | None = None
    names: tuple[str, ...] = ()
    pipe: Pipe | None = None


@dataclass(frozen=True, slots=True)
class Pipe:
    """Commands, each a function or value with arguments; `targets` are variables that it declares or sets."""

    commands: tuple[tuple[Operand, ...], ...]
    targets: tuple[str, ...] = ()
    declares: bool = False
    text: str = ""


@dataclass(slots=True)
class Piece:
    """`kind`: text, output, if, range, with, define, template. Blocks have a body and an `other` (else)."""

    kind: str
    line: int
    text: str = ""
    pipe: Pipe | None = None
    body: list[Piece] = field(default_factory=list)
    other: list[Piece] = field(default_factory=list)


def parse(text: str) -> list[Piece]:
    """The pieces of a template."""
    if len(text) > LARGEST or text.count("{{") > 2 * text.count("}}") + 50:
        raise TemplateProblem("it is too large, or its actions are not closed")
    root: list[Piece] = []
    stack: list[tuple[Piece, list[Piece]]] = []
    current = root
    place, after = 0, 1  # where the last action ended, and on which line
    trim = False
    for match in _ACTION.finditer(text):
        line = after + text.count("\n", place, match.start())
        _text(current, text[place : match.start()], after, trim, bool(match[1]))
        place, after, trim = match.end(), line + match.group().count("\n"), bool(match[3])
        action = match[2].strip()
        if action.startswith("/*") or not action:
            continue
        word, _, rest = action.partition(" ")
        word, rest = word.strip(), rest.strip()
        if word in ("if", "range", "with", "define", "block"):
            piece = Piece("define" if word == "block" else word, line)
            if word in ("define", "block"):
                piece.text = _name(rest, line)
            else:
                piece.pipe, piece.text = pipeline(rest, line), rest
            current.append(piece)
            stack.append((piece, current))
            current = piece.body
        elif word == "else":
            if not stack:
                raise TemplateProblem("`else` outside of a block", line)
            piece, outer = stack[-1]
            current = piece.other
            if rest.startswith(("if ", "with ")):
                kind, _, condition = rest.partition(" ")
                inner = Piece(kind, line, condition, pipeline(condition, line))
                current.append(inner)
                stack[-1] = (inner, outer)
                current = inner.body
        elif word == "end":
            if not stack:
                raise TemplateProblem("`end` outside of a block", line)
            current = stack.pop()[1]
        elif word == "template":
            name, _, given = rest.partition(" ")
            current.append(Piece("template", line, _name(name, line), pipeline(given, line) if given.strip() else None))
        elif word not in ("break", "continue"):
            current.append(Piece("output", line, action, pipeline(action, line)))
    if stack:
        raise TemplateProblem("a block is not ended", stack[-1][0].line)
    _text(current, text[place:], after, trim, False)
    return root


def _text(current: list[Piece], text: str, line: int, before: bool, after: bool) -> None:
    if before:
        shorter = text.lstrip(" \t\r\n")
        line += text[: len(text) - len(shorter)].count("\n")
        text = shorter
    if after:
        text = text.rstrip(" \t\r\n")
    if text:
        current.append(Piece("text", line, text))


def _name(text: str, line: int) -> str:
    first = text.split()[0] if text.split() else ""
    if len(first) < 2 or first[0] not in '"`':
        raise TemplateProblem("a template without a name", line)
    return first[1:-1]


def pipeline(text: str, line: int) -> Pipe:
    """An expression: declarations, commands between bars."""
    tokens: list[str] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            if not text[place:].strip():
                break
            raise TemplateProblem(f"`{text[place : place + 20].strip()}` is not understood", line)
        tokens.append(match[1])
        place = match.end()
    pipe, rest = _pipe(tokens, line, text)
    if rest:
        raise TemplateProblem(f"`{rest[0]}` is not expected", line)
    return pipe


def _pipe(tokens: list[str], line: int, text: str) -> tuple[Pipe, list[str]]:
    targets: tuple[str, ...] = ()
    declares = False
    for sign in (":=", "="):
        if sign in tokens[:4] and tokens[0].startswith("$"):
            at = tokens.index(sign)
            targets, declares = tuple(t for t in tokens[:at] if t != ","), sign == ":="
            tokens = tokens[at + 1 :]
            break
    commands: list[tuple[Operand, ...]] = []
    words: list[Operand] = []
    while tokens and tokens[0] != ")":
        token = tokens[0]
        if token == "|":
            commands.append(tuple(words))
            words, tokens = [], tokens[1:]
        elif token == "(":
            inner, tokens = _pipe(tokens[1:], line, text)
            if not tokens:
                raise TemplateProblem("a parenthesis is not closed", line)
            tokens = tokens[1:]
            names: tuple[str, ...] = ()
            if tokens and tokens[0].startswith(".") and len(tokens[0]) > 1:
                names, tokens = tuple(tokens[0][1:].split(".")), tokens[1:]
            words.append(Operand("pipe", None, names, inner))
        elif token in (",", ":=", "="):
            raise TemplateProblem(f"`{token}` is not expected", line)
        else:
            words.append(_operand(token))
            tokens = tokens[1:]
    commands.append(tuple(words))
    if not all(commands):
        raise TemplateProblem(f"`{text[:40]}` lacks a command", line)
    return Pipe(tuple(commands), targets, declares, text), tokens


def _operand(token: str) -> Operand:
    if token[0] == '"':
        return Operand("literal", re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), token[1:-1]))
    if token[0] in "`'":
        return Operand("literal", token[1:-1])
    if token[0] == "$":
        name, *names = token.split(".")
        return Operand("variable", name, tuple(names))
    if token == ".":
        return Operand("field")
    if token[0] == ".":
        return Operand("field", None, tuple(token[1:].split(".")))
    if token in ("true", "false"):
        return Operand("literal", token == "true")
    if token in ("nil", "null"):
        return Operand("literal", None)
    if re.fullmatch(r"[-+]?\d+", token):
        return Operand("literal", int(token))
    if re.fullmatch(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?", token):
        return Operand("literal", float(token))
    return Operand("call", token)
