"""Rendering: pieces with values become text, of which every line knows the line of the template that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mlrubric.source.go_template.functions import FUNCTIONS
from mlrubric.source.go_template.parse import Operand, Piece, Pipe, TemplateProblem, parse
from mlrubric.source.go_template.values import UNKNOWN, Unknown, Value, shown, truth

STEPS = 200_000
DEPTH = 60
LARGEST = 500_000  # characters or members of one value


@dataclass(slots=True)
class Rendered:
    """`lines[i]` is the line of the template behind line `i` of the text. `guessed`: a condition or a loop was not known, and its body was
    taken. `off` are blocks that the values leave out: line and condition."""

    text: str
    lines: tuple[int, ...]
    guessed: bool = False
    off: tuple[tuple[int, str, str], ...] = ()


@dataclass(slots=True)
class _Out:
    parts: list[tuple[str, int]] = field(default_factory=list)

    def add(self, text: str, line: int, moves: bool) -> None:
        """Text of a line; that of a template moves on with its own line ends, that of a value stays where the value is asked for."""
        for number, part in enumerate(text.split("\n")):
            if number:
                self.parts.append(("\n", line))
            if part:
                self.parts.append((part, line + number if moves else line))


class Renderer:
    """One rendering with its named templates; the pieces of helpers are parsed once."""

    def __init__(self, helpers: Iterable[str], root: dict[str, Value]) -> None:
        self.root = root
        self.named: dict[str, list[Piece]] = {}
        self.steps = 0
        self.guessed = False
        self.off: list[tuple[int, str, str]] = []
        for text in helpers:
            for piece in parse(text):
                if piece.kind == "define":
                    self.named[piece.text] = piece.body

    def render(self, text: str) -> Rendered:
        """The text that a template gives."""
        self.guessed, self.off, self.steps = False, [], 0
        pieces = parse(text)
        for piece in pieces:
            if piece.kind == "define":
                self.named[piece.text] = piece.body
        out = _Out()
        self._run(pieces, self.root, [{"$": self.root}], out, 0, None)
        return _rendered(out, self.guessed, tuple(self.off))

    def _run(self, pieces: Iterable[Piece], dot: Value, scopes: list[dict[str, Value]], out: _Out, depth: int, at: int | None) -> None:
        """`at` is the line of the template that asked for a named one: what that writes belongs there."""
        for piece in pieces:
            self.steps += 1
            if self.steps > STEPS or depth > DEPTH:
                raise TemplateProblem("it takes too many steps", piece.line)
            line = piece.line if at is None else at
            if piece.kind == "text":
                out.add(piece.text, line, moves=at is None)
            elif piece.kind == "template":
                given = self._value(piece.pipe, dot, scopes, depth, line) if piece.pipe is not None else None
                self._run(self._named(piece.text, line), given, [{"$": given}], out, depth + 1, line)
            elif piece.pipe is None:
                continue
            elif piece.kind == "output":
                value = self._value(piece.pipe, dot, scopes, depth, line)
                if not piece.pipe.targets:
                    out.add(shown(value), line, moves=False)
            elif piece.kind == "range":
                self._range(piece, dot, scopes, out, depth, at)
            else:
                scopes.append({})
                value = self._value(piece.pipe, dot, scopes, depth, line)
                self.guessed = self.guessed or isinstance(value, Unknown)
                if truth(value):
                    self._run(piece.body, value if piece.kind == "with" else dot, scopes, out, depth + 1, at)
                else:
                    if at is None:
                        self.off.append((piece.line, piece.text, _written(piece.body)))
                    self._run(piece.other, dot, scopes, out, depth + 1, at)
                scopes.pop()

    def _range(self, piece: Piece, dot: Value, scopes: list[dict[str, Value]], out: _Out, depth: int, at: int | None) -> None:
        assert piece.pipe is not None
        bare = Pipe(piece.pipe.commands, (), False, piece.pipe.text)
        value = self._value(bare, dot, scopes, depth, piece.line)
        if isinstance(value, Unknown):
            self.guessed = True
            value = [UNKNOWN]
        if isinstance(value, int) and not isinstance(value, bool):
            value = list(range(min(value, 1000)))
        pairs: list[tuple[Value, Value]] = (
            list(value.items()) if isinstance(value, dict) else list(enumerate(value if isinstance(value, list) else []))
        )
        if isinstance(value, dict):
            pairs.sort(key=lambda pair: shown(pair[0]))
        if not pairs:
            self._run(piece.other, dot, scopes, out, depth + 1, at)
        for key, item in pairs:
            names = piece.pipe.targets
            own: dict[str, Value] = dict(zip(names, (item,) if len(names) == 1 else (key, item), strict=False))
            self._run(piece.body, item, [*scopes, own], out, depth + 1, at)

    def _named(self, name: str, line: int) -> list[Piece]:
        if name not in self.named:
            raise TemplateProblem(f"the template `{name}` is not defined here", line)
        return self.named[name]

    def _value(self, pipe: Pipe, dot: Value, scopes: list[dict[str, Value]], depth: int, line: int) -> Value:
        value: Value = None
        for number, command in enumerate(pipe.commands):
            value = self._command(command, [value] if number else [], dot, scopes, depth, line)
        for target in pipe.targets:
            holder = scopes[-1] if pipe.declares else next((s for s in reversed(scopes) if target in s), scopes[-1])
            holder[target] = value
        return value

    def _command(
        self, command: tuple[Operand, ...], piped: list[Value], dot: Value, scopes: list[dict[str, Value]], depth: int, line: int
    ) -> Value:
        first, rest = command[0], command[1:]
        if first.kind != "call":
            value = self._operand(first, dot, scopes, depth, line)
            return UNKNOWN if rest or piped else value  # a method: of files, of the cluster's abilities
        arguments = [self._operand(o, dot, scopes, depth, line) for o in rest] + piped
        name = str(first.value)
        if name in ("include", "tpl"):
            return self._included(name, arguments, depth, line)
        function = FUNCTIONS.get(name)
        if function is None:
            raise TemplateProblem(f"the function `{name}` is not evaluated", line)
        try:
            value = function(*arguments)
            if isinstance(value, (str, list, dict)) and len(value) > LARGEST:
                raise TemplateProblem(f"`{name}` makes too much", line)
            return value
        except (TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
            raise TemplateProblem(f"`{name}` cannot be evaluated: {error}", line) from error

    def _included(self, name: str, arguments: list[Value], depth: int, line: int) -> Value:
        text, given = shown(arguments[0]) if arguments else "", arguments[1] if len(arguments) > 1 else None
        out = _Out()
        pieces = self._named(text, line) if name == "include" else parse(text)
        self._run(pieces, given, [{"$": given if name == "include" else self.root}], out, depth + 1, line)
        return "".join(part for part, _ in out.parts)

    def _operand(self, operand: Operand, dot: Value, scopes: list[dict[str, Value]], depth: int, line: int) -> Value:
        if operand.kind == "literal":
            return operand.value
        if operand.kind == "pipe":
            assert operand.pipe is not None
            return _below(self._value(operand.pipe, dot, scopes, depth, line), operand.names)
        if operand.kind == "variable":
            name = str(operand.value)
            holder = next((s for s in reversed(scopes) if name in s), None)
            return _below(holder[name] if holder is not None else None, operand.names)
        if operand.kind == "call":
            return self._command((operand,), [], dot, scopes, depth, line)
        return _below(dot, operand.names)


def _below(value: Value, names: tuple[str, ...]) -> Value:
    for name in names:
        if isinstance(value, Unknown):
            return UNKNOWN
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _written(pieces: Iterable[Piece]) -> str:
    """The text of a block that is left out, for what is told of it."""
    return "".join(_texts(pieces))[:2000]


def _texts(pieces: Iterable[Piece]) -> Iterator[str]:
    for piece in pieces:
        if piece.kind == "text":
            yield piece.text + "\n"
        yield from _texts(piece.body)


def _rendered(out: _Out, guessed: bool, off: tuple[tuple[int, str, str], ...]) -> Rendered:
    """The lines of what was written; each belongs to its first piece that is more than space."""
    lines: list[int] = []
    first, best = 0, 0
    for text, line in out.parts:
        if text == "\n":
            lines.append(best or first or line)
            first = best = 0
        else:
            first = first or line
            if not best and text.strip():
                best = line
    lines.append(best or first or (lines[-1] if lines else 1))
    return Rendered("".join(text for text, _ in out.parts), tuple(lines), guessed, off)
