"""Shell text before it is parsed: heredocs are found, and what only confuses a parser is masked by equal length."""

from __future__ import annotations

import re
from dataclasses import dataclass

_EXPRESSION = re.compile(r"\$\{\{(?:(?!\}\}|\$\{\{).)*\}\}|\{\{[^\n{}]*+\}\}", re.DOTALL)
_DELIMITER = re.compile(r"""[ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|\\?([^\s;&|<>()'"`]+))""")
_OPENERS = (("$((", "))"), ("$(", ")"), ("<(", ")"), (">(", ")"), ("${", "}"))


@dataclass(frozen=True, slots=True)
class Heredoc:
    """`<<WORD`: offsets of the operator and of the body (the body's end excludes the closing word)."""

    start: int
    end: int
    delimiter: str
    quoted: bool
    strip_tabs: bool
    body_start: int
    body_end: int
    closed: bool


def find_heredocs(text: str) -> list[Heredoc]:
    """All heredocs of a text, in order; one that is never closed takes the rest of the text, as a shell does."""
    found: list[Heredoc] = []
    pending: list[tuple[int, int, str, bool, bool]] = []
    closers: list[str] = []
    position, size, line_start = 0, len(text), 0
    while position < size:
        character = text[position]
        inside_string = bool(closers) and closers[-1] == '"'
        if character == "\\":
            position += 2
        elif character == "\n":
            position += 1
            for start, end, word, quoted, tabs in pending:
                body_end, after, closed = _body(text, position, word, tabs)
                found.append(Heredoc(start, end, word, quoted, tabs, position, body_end, closed))
                position = after
            pending.clear()
            line_start = position
        elif closers and text.startswith(closers[-1], position):
            position += len(closers.pop())
        elif character == '"':
            closers.append('"')
            position += 1
        elif opener := _opener(text, position, inside_string):
            closers.append(opener[1])
            position += len(opener[0])
        elif inside_string:
            position += 1
        elif character == "'":
            closing = text.find("'", position + 1)
            position = size if closing < 0 else closing + 1
        elif character == "#" and (position == 0 or text[position - 1] in " \t\n;&|(") and (not closers or closers[-1] in (")", "`")):
            newline = text.find("\n", position)
            position = size if newline < 0 else newline
        elif text.startswith("<<<", position):
            position += 3
        elif text.startswith("<<", position) and (not closers or closers[-1] in (")", "`")) and not _shifts_bits(text, line_start):
            tabs = text.startswith("<<-", position)
            match = _DELIMITER.match(text, position + 2 + tabs)
            if match is None:
                position += 2
            else:
                word = next(group for group in match.groups() if group is not None)
                pending.append((position, match.end(), word, match[3] is None or "\\" in match[0], tabs))
                position = match.end()
        else:
            position += 1
    return found


def _opener(text: str, position: int, inside_string: bool) -> tuple[str, str] | None:
    if text[position] == "`":
        return "`", "`"
    for opener, closer in _OPENERS:
        if text.startswith(opener, position) and not (inside_string and opener[0] in "<>"):
            return opener, closer
    if text[position] == "(" and not inside_string:
        return ("((", "))") if text.startswith("((", position) else ("(", ")")
    return None


def _shifts_bits(text: str, line_start: int) -> bool:
    """`let x=1<<n`; in `(( ))` no heredoc is looked for."""
    return text[line_start : line_start + 40].lstrip().startswith("let ")


def _body(text: str, start: int, word: str, strip_tabs: bool) -> tuple[int, int, bool]:
    position, size = start, len(text)
    while position < size:
        newline = text.find("\n", position)
        end = size if newline < 0 else newline
        line = text[position:end]
        if (line.lstrip("\t") if strip_tabs else line) == word:
            return position, end, True
        position = end + 1
    return size, size, False


def mask(text: str, heredocs: list[Heredoc]) -> str:
    """The text as the parser should see it: same length, one byte per character, no heredocs, expressions as plain words."""
    masked = _EXPRESSION.sub(lambda match: "_" * len(match[0]), text)
    blank = [(heredoc.start, heredoc.end) for heredoc in heredocs]
    for heredoc in heredocs:
        end = masked.find("\n", heredoc.body_end) if heredoc.closed else len(masked)
        blank.append((heredoc.body_start, len(masked) if end < 0 else end))
    pieces, done = [], 0
    for start, end in sorted(blank):
        if end > done:
            start = max(start, done)
            pieces += [masked[done:start], re.sub(r"[^\n]", " ", masked[start:end])]
            done = end
    masked = "".join([*pieces, masked[done:]])
    ascii_only = masked if masked.isascii() else "".join(character if character < "\x80" else "_" for character in masked)
    stripped = ascii_only.rstrip()
    if stripped.endswith("\\"):  # a continuation with nothing after it
        ascii_only = stripped[:-1].ljust(len(text))
    return ascii_only
