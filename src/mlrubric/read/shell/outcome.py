"""What can be said of a shell statement by its looks: its program, whether it leaves, whether it always fails."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.source.syntax.shell_tree import Chain, Group, Loop, Negated, Pipeline, Simple, Statement

TELLING = frozenset({"echo", "printf", "true", ":", "sleep", "date"})
_FAILING_EXIT = re.compile(r"\b(?:exit|return)\s+(?!0\b)\S")
_EXIT_WITH = re.compile(r"\bexit\s+\"?\$\{?(\w+)")
_TEST_LINE = re.compile(r"(?:\bif\b|\[|\(\()[^\n]*")


@dataclass(frozen=True, slots=True)
class LaterUses:
    """The last offsets at which a script leaves with a failure, with a variable's value, tests a variable, looks at PIPESTATUS."""

    failing_exit: int
    pipestatus: int
    exit_with: dict[str, int]
    tested: dict[str, int]


def later_uses(text: str) -> LaterUses:
    return LaterUses(
        max((match.start() for match in _FAILING_EXIT.finditer(text)), default=-1),
        text.rfind("PIPESTATUS"),
        {match[1]: match.start() for match in _EXIT_WITH.finditer(text)},
        {name: match.start() for match in _TEST_LINE.finditer(text) for name in re.findall(r"\w+", match[0])},
    )


def moved(directory: str | None, target: str) -> str | None:
    """The directory after `cd target`; None when it cannot be known."""
    if target == "-" or target.startswith("~") or re.search(r"[$`*?]", target):
        return None
    if target.startswith("/"):
        return posixpath.normpath(target)
    if directory is None:
        return None
    joined = posixpath.normpath(posixpath.join(directory, target))
    return "" if joined == "." else joined


def words_of(command: Simple) -> tuple[str, ...]:
    return tuple(word.text for word in command.words)


def program_of(statement: Statement) -> str:
    """The name of the program that a statement starts with."""
    if isinstance(statement, Simple):
        names = words_of(statement)
        return names[0] if names else next((f"{name}=" for name, _ in statement.assignments), "")
    if isinstance(statement, (Pipeline, Chain)):
        return program_of(statement.parts[0])
    if isinstance(statement, Negated):
        return "!"
    if isinstance(statement, Group):
        return next((program_of(item.statement) for item in statement.body.items), "")
    return statement.keyword if isinstance(statement, Loop) else type(statement).__name__.lower()


def leaves(statement: Statement) -> bool:
    """An unconditional `exit`."""
    return isinstance(statement, Simple) and words_of(statement)[:1] == ("exit",)


def leaves_with_failure(statement: Statement) -> bool:
    if isinstance(statement, Group):
        return any(leaves_with_failure(item.statement) for item in statement.body.items)
    if isinstance(statement, Chain):
        return leaves_with_failure(statement.parts[-1]) and all(operator == "&&" for operator, _ in statement.operators)
    if not isinstance(statement, Simple):
        return False
    names = words_of(statement)
    return names[:1] in (("exit",), ("return",)) and names[1:2] != ("0",)


def always_fails(statement: Statement) -> bool:
    """It always ends with a failure of its own."""
    if isinstance(statement, Group) and statement.body.items:
        return leaves_with_failure(statement) or always_fails(statement.body.items[-1].statement)
    return leaves_with_failure(statement) or (isinstance(statement, Simple) and words_of(statement)[:1] == ("false",))


def raised_flags(statement: Statement) -> Iterator[str]:
    if isinstance(statement, Simple):
        if not statement.words or statement.declares:
            for name, word in statement.assignments:
                if word.text not in ("", "0"):
                    yield name
    elif isinstance(statement, Group):
        for item in statement.body.items:
            yield from raised_flags(item.statement)


def is_false(statement: Statement | None) -> bool:
    return isinstance(statement, Simple) and words_of(statement) == ("false",)


def tells(statement: Statement) -> bool:
    """It prints, or does nothing: whether it is reached changes nothing."""
    if isinstance(statement, Group):
        return all(tells(item.statement) for item in statement.body.items)
    if not isinstance(statement, Simple) or statement.redirects or not statement.words:
        return False
    return words_of(statement)[0] in TELLING
