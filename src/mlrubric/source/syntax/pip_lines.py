"""pip's requirements format as logical lines: continuations joined, comments cut, options parsed, every part with its offsets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from optparse import OptionParser, OptParseError, Values
from typing import NoReturn

_COMMENT = re.compile(r"(^|\s+)#.*$")
_QUOTING = re.compile(r"['\"\\]")
_VALUED = {
    "index_url": ("-i", "--index-url", "--pypi-url"),
    "extra_index_url": ("--extra-index-url",),
    "constraints": ("-c", "--constraint"),
    "requirements": ("-r", "--requirement"),
    "editables": ("-e", "--editable"),
    "find_links": ("-f", "--find-links"),
    "no_binary": ("--no-binary",),
    "only_binary": ("--only-binary",),
    "trusted_host": ("--trusted-host",),
    "use_feature": ("--use-feature",),
    "global_option": ("--global-option",),
    "hash": ("--hash",),
    "config_settings": ("-C", "--config-settings", "--config-setting"),
}
_FLAGS = {
    "no_index": ("--no-index",),
    "prefer_binary": ("--prefer-binary",),
    "require_hashes": ("--require-hashes",),
    "pre": ("--pre",),
}
# Options that pip once had; files that still carry them were written for an old pip.
_REMOVED_VALUED = {
    "install_option": ("--install-option",),
    "allow_external": ("--allow-external",),
    "allow_unverified": ("--allow-unverified", "--allow-insecure"),
}
_REMOVED_FLAGS = {
    "always_unzip": ("-Z", "--always-unzip"),
    "process_dependency_links": ("--process-dependency-links",),
    "allow_all_external": ("--allow-all-external",),
    "use_wheel": ("--use-wheel",),
}
REMOVED = frozenset(_REMOVED_VALUED) | frozenset(_REMOVED_FLAGS)


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """A line after joining and cutting. `offsets[i]` is where character `i` of `text` stands in the file."""

    text: str
    offsets: tuple[int, ...]

    def region(self, start: int, end: int) -> tuple[int, int]:
        """File offsets of a part of the text; the end is exclusive."""
        return self.offsets[start], self.offsets[max(start, end - 1)] + 1


@dataclass(frozen=True, slots=True)
class PipLine:
    """A logical line taken apart: the requirement (or "" ), the options by name, the words that pip ignores, or the problem."""

    line: LogicalLine
    argument: str = ""
    options: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ignored: tuple[str, ...] = ()
    problem: str = ""

    def option(self, name: str) -> tuple[str, ...]:
        return next((values for key, values in self.options if key == name), ())

    def where(self, text: str) -> tuple[int, int]:
        """File offsets of a part of the line as written; the whole line when quoting changed it."""
        start = self.line.text.find(text)
        return self.line.region(start, start + len(text)) if start >= 0 and text else self.line.region(0, len(self.line.text))


def logical_lines(text: str) -> Iterator[LogicalLine]:
    """A line that ends in a backslash goes on in the next one, unless it is a comment; comments need a space before `#`."""
    characters: list[str] = []
    offsets: list[int] = []
    offset = 0
    for line in text.split("\n"):
        comment = _COMMENT.match(line) is not None
        goes_on = line.endswith("\\") and not comment
        kept = line.strip("\\") if goes_on else line
        lead = line.index(kept) if kept else 0
        if comment:  # a comment that ends a continuation must stay one after joining
            characters.append(" ")
            offsets.append(offset)
        characters.extend(kept)
        offsets.extend(range(offset + lead, offset + lead + len(kept)))
        offset += len(line) + 1
        if not goes_on:
            yield from _cut(characters, offsets)
            characters, offsets = [], []
    yield from _cut(characters, offsets)


def _cut(characters: list[str], offsets: list[int]) -> Iterator[LogicalLine]:
    text = _COMMENT.sub("", "".join(characters)).rstrip()
    lead = len(text) - len(text.lstrip())
    if text.strip():
        yield LogicalLine(text[lead:], tuple(offsets[lead : len(text)]))


def pip_lines(text: str) -> Iterator[PipLine]:
    for line in logical_lines(text):
        yield take_apart(line)


def take_apart(line: LogicalLine) -> PipLine:
    """Words up to the first that starts with `-` are the requirement, the rest are options."""
    words = line.text.split(" ")
    first = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    argument, rest = " ".join(words[:first]).strip(), " ".join(words[first:])
    if not rest:
        return PipLine(line, argument)
    try:
        values, ignored = _parser().parse_args(shlex.split(rest) if _QUOTING.search(rest) else rest.split())
    except ValueError as problem:
        return PipLine(line, argument, problem=f"the options cannot be split into words: {problem}")
    except OptParseError as problem:
        return PipLine(line, argument, problem=problem.msg)
    return PipLine(line, argument, _given(values), tuple(ignored))


def _given(values: Values) -> tuple[tuple[str, tuple[str, ...]], ...]:
    given: list[tuple[str, tuple[str, ...]]] = []
    for name in sorted((*_VALUED, *_FLAGS, *_REMOVED_VALUED, *_REMOVED_FLAGS)):
        value = getattr(values, name)
        if value:
            given.append((name, tuple(value) if isinstance(value, list) else ("true",)))
    return tuple(given)


class _Parser(OptionParser):
    def error(self, msg: str) -> NoReturn:
        raise OptParseError(msg)


@cache
def _parser() -> OptionParser:
    parser = _Parser(add_help_option=False)
    for name, spellings in (_VALUED | _REMOVED_VALUED).items():
        parser.add_option(*spellings, dest=name, action="append", default=None)
    for name, spellings in (_FLAGS | _REMOVED_FLAGS).items():
        parser.add_option(*spellings, dest=name, action="store_true", default=False)
    return parser
