"""A shell text as a tree of commands; every node has its character offsets in the text."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.source.syntax.shell_text import Heredoc


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its quotes removed; expansions stay as written. `inner` are the programs of its command substitutions."""

    start: int
    end: int
    text: str
    inner: tuple[Sequence, ...] = ()
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirection to or from a file."""

    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple command; `declares` is set for export, local, declare, readonly, whose status hides that of a substitution."""

    start: int
    end: int
    words: tuple[Word, ...] = ()
    assignments: tuple[tuple[str, Word], ...] = ()
    redirects: tuple[Redirect, ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    declares: bool = False


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`a | b`; `bars` are the offsets of the bars."""

    start: int
    end: int
    parts: tuple[Statement, ...]
    bars: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """`a && b || c`; `operators[i]` is (text, offset) of what stands after `parts[i]`."""

    start: int
    end: int
    parts: tuple[Statement, ...]
    operators: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """`! a`."""

    start: int
    end: int
    body: Statement


@dataclass(frozen=True, slots=True)
class Item:
    """A statement of a sequence; `ampersand` is the offset of the `&` that sends it to the background."""

    statement: Statement
    ampersand: int | None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    start: int
    end: int
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """`{ ...; }`, `( ... )`, or a compound command with redirections of its own."""

    start: int
    end: int
    body: Sequence
    subshell: bool = False
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class If:
    """Branches are (condition, body); the `else` branch has no condition."""

    start: int
    end: int
    branches: tuple[tuple[Sequence | None, Sequence], ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """`for`, `while`, `until`, `select`; a `for` has no condition, `words` are what it runs over."""

    start: int
    end: int
    keyword: str
    condition: Sequence | None
    body: Sequence
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    start: int
    end: int
    words: tuple[Word, ...]
    bodies: tuple[tuple[str, Sequence], ...]


@dataclass(frozen=True, slots=True)
class Function:
    start: int
    end: int
    name: str
    body: Sequence


Statement = Simple | Pipeline | Chain | Negated | Group | If | Loop | Case | Function


@dataclass(frozen=True, slots=True)
class Script:
    """A parsed shell text. `problems` are (start, end) of what the grammar could not make sense of."""

    text: str
    body: Sequence
    heredocs: tuple[Heredoc, ...] = ()
    problems: tuple[tuple[int, int], ...] = ()
