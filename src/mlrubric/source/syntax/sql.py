"""SQL statements as far as data flows through them: the tables that each reads and writes, and the columns that it yields.

A scan over the words of a statement, no grammar of any one dialect. Templates are allowed: `{{ ref('x') }}` and `{{ source('a', 'x') }}`
name tables, all other templates and HOLE stand for text that is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

BEGINS = re.compile(
    r"\s*(?:(?:--[^\n]*\n|/\*.*?\*/|\{[#%].*?[#%]\}|\(|\{\{.*?\}\})\s*)*(select|with|insert|create|merge|update|delete|copy|replace)\b",
    re.IGNORECASE | re.DOTALL,
)
UNKNOWN = "\x00"
HOLE = r"\{\{.*?\}\}|\$\{[^}]*\}|\{\w*\}|\x00"
PART = rf'(?:"[^"]+"|`[^`]+`|\[[\w ]+\]|(?:[\w$@#]|{HOLE})+)'
TOKEN = re.compile(
    r"(?P<skip>\s+|--[^\n]*|/\*.*?\*/|\{#.*?#\}|\{%.*?%\})"
    r"|(?P<ref>\{\{-?\s*(?:ref|source)\s*\((?P<names>[^)]*)\)\s*-?\}\})"
    r"|(?P<text>'(?:[^']|'')*')"
    rf"|(?P<name>{PART}(?:\s*\.\s*(?:\*|{PART}))*)"
    r"|(?P<mark>.)",
    re.DOTALL,
)
QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
KEYWORDS = frozenset(
    [
        "all", "as", "by", "create", "cross", "default", "delete", "distinct", "except", "exists", "external", "from",
        "full", "global", "group", "having", "if", "inner", "insert", "intersect", "into", "join", "lateral", "left",
        "limit", "local", "matched", "materialized", "merge", "natural", "not", "on", "only", "or", "order", "outer",
        "overwrite", "qualify", "recursive", "replace", "returning", "right", "select", "set", "table", "temp", "temporary", "then",
        "transient", "union", "unlogged", "unnest", "update", "using", "values", "view", "when", "where", "window", "with",
    ]
)  # fmt: skip
FILE = re.compile(r"^[a-z0-9]+://|^[^\s'{}]*\.[a-z][a-z0-9]{1,7}(\.(gz|zst|bz2|zip))?$", re.IGNORECASE)
ENDS = frozenset({"where", "group", "order", "having", "limit", "window", "qualify", "union", "except", "intersect", "set", "values"})
Word = tuple[str, str, int]  # kind, text, offset
LONGEST = 200_000  # characters of one text


@dataclass(slots=True)
class Statement:
    """One statement: `reads` and `writes` are tables in lower case, `columns` the names of what it yields, () when not known; `files` are
    the paths and addresses that it reads rows from, each with its offset."""

    verb: str
    offset: int
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    files: list[tuple[str, int]] = field(default_factory=list)


def is_sql(text: str) -> bool:
    """Whether a text begins as a statement does."""
    return len(text) > 10 and BEGINS.match(text) is not None and " " in text.strip()


def statements(text: str) -> list[Statement]:
    """The statements of a text that name tables."""
    return [one for one, _ in parsed(text) if one.reads or one.writes or one.files]


def parsed(text: str) -> Iterator[tuple[Statement, list[Word]]]:
    """All statements of a text, with their words."""
    for words in split_words(text[:LONGEST]):
        one = _Reader(words).read()
        if one is not None:
            yield one, words


def split_words(text: str) -> Iterator[list[Word]]:
    """The words of each statement, without comments and blanks."""
    words: list[Word] = []
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or "mark"
        if match["ref"] is not None:
            kind, value = "name", ".".join(QUOTED.findall(match["names"]))
            words.append((kind, value or UNKNOWN, match.start()))
        elif match["name"] is not None:
            words.append((kind, re.sub(HOLE, UNKNOWN, match.group(), flags=re.DOTALL), match.start()))
        elif match["mark"] == ";":
            yield words
            words = []
        elif match["skip"] is None:
            words.append((kind, match.group(), match.start()))
    yield words


class _Reader:
    """Walks once over the words of a statement."""

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.at = 0

    def word(self, ahead: int = 0) -> str:
        """A word in lower case; texts and marks as they are, "" at the end."""
        index = self.at + ahead
        return self.words[index][1].lower() if index < len(self.words) else ""

    def read(self) -> Statement | None:
        while self.word() in ("(", UNKNOWN):
            self.at += 1
        verb = self.word()
        if not verb or self.words[self.at][0] != "name":
            return None
        found = Statement(verb, self.words[self.at][2])
        own: set[str] = set()  # names of `with`
        levels = [""]  # for each level of brackets: behind "select", in its "from", or elsewhere
        while self.at < len(self.words):
            self._step(found, own, levels)
        found.reads = [r for r in dict.fromkeys(found.reads) if r not in own]
        found.writes = list(dict.fromkeys(found.writes))
        found.columns = _columns(self.words)
        return found

    def _step(self, found: Statement, own: set[str], levels: list[str]) -> None:
        word, before = self.word(), self.word(-1) if self.at else ""
        self.at += 1
        if word == "(":
            levels.append("")
        elif word == ")":
            levels.pop() if len(levels) > 1 else None
        elif word == "select":
            levels[-1] = word
        elif word in ENDS and levels[-1] == "from":
            levels[-1] = ""
        elif word == "," and levels[-1] == "from":
            self._table(found.reads)
        elif word == "as" and self.word() == "(" and before not in KEYWORDS and self.word(1) in ("select", "with", "("):
            own.add(_plain(before))
        elif word == "from" and before == "delete":
            self._name()  # what is taken away is neither read nor written
        elif word == "copy" and not found.writes and self.word() != "into":
            self._target(found)
        elif word == "infile" or (word == "from" and found.verb == "copy"):
            self._file(found)
        elif word == "from" and before != "distinct" and levels[-1] == "select":
            levels[-1] = word
            self._file(found)
            self._table(found.reads)
        elif word == "join" or (word == "using" and found.verb == "merge"):
            self._file(found)
            self._table(found.reads)
        else:
            self._write(word, before, found)

    def _write(self, word: str, before: str, found: Statement) -> None:
        made = word in ("table", "view") and found.verb in ("create", "replace") and not found.writes
        if made or word == "into" or (word == "overwrite" and self.word() != "into"):
            self._target(found)
        elif word == "update" and before not in ("for", "then", "on"):
            self._target(found)
            found.reads.extend(found.writes[-1:])

    def _target(self, found: Statement) -> None:
        while self.word() in ("table", "into", "if", "not", "exists", "only"):
            self.at += 1
        name = self._name()
        if name:
            found.writes.append(name)

    def _file(self, found: Statement) -> None:
        """A file behind `from`, as a text or as the first argument of what reads it: `from read_parquet('s3://rows/*.parquet')`."""
        ahead = 2 if self.word(1) == "(" else 0
        while ahead and self.word(ahead) == "[":
            ahead += 1
        index = self.at + ahead
        if index < len(self.words) and self.words[index][0] == "text":
            path = self.words[index][1].strip("'")
            if FILE.search(path):
                found.files.append((path, self.words[self.at][2]))

    def _table(self, into: list[str]) -> None:
        """The table behind `from`, `join` or a comma; what a function or a query in brackets gives is none."""
        while self.word() in ("only", "lateral"):
            self.at += 1
        name = self._name()
        if name:
            into.append(name)

    def _name(self) -> str:
        """The table that stands here, or "" for a keyword, a function or a bracket."""
        if self.at >= len(self.words) or self.words[self.at][0] != "name" or self.word() in KEYWORDS:
            return ""
        name = _plain(self.words[self.at][1])
        if self.word(1) == "(" and self.word(-1) in ("from", "join", "lateral", ","):
            return ""
        self.at += 1
        return name if name.strip(UNKNOWN + ".") else ""


def _plain(name: str) -> str:
    """A name without quotes, in lower case; `a.b` keeps its parts, unknown parts are left out."""
    parts = re.split(r"\s*\.\s*", name)
    plain = [part.strip('"`[] ') for part in parts]
    return ".".join(p for part in plain for p in part.split(".") if p and UNKNOWN not in p).lower()


def _columns(words: list[Word]) -> tuple[str, ...]:
    """What the first `select` outside of brackets yields, when every column has a name."""
    depth, start = 0, -1
    item: list[str] = []
    found: list[str] = []
    for kind, text, _ in words:
        word = text.lower()
        depth += (word == "(") - (word == ")")
        if depth:
            item.append(")")
            continue
        if start < 0:
            start = 0 if word == "select" else -1
        elif word in (",", "from"):
            last = item[-1] if item else ""
            if not last or last in ("*", ")") or last.endswith("*"):
                return ()
            found.append(_plain(last).rpartition(".")[2])
            item = []
            if word == "from":
                return tuple(found)
        elif word != "distinct":
            item.append(text if kind == "name" else ")" if kind != "mark" or word != "*" else "*")
    return ()
