"""TOML of the rules folder: read with the faster of the two parsers; what is wrong is said with file and line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeGuard

import tomli

Table = dict[str, object]

_HEADER = re.compile(r"^\s*\[\[?([A-Za-z0-9_.\"-]+)\]\]?", re.MULTILINE)


class CatalogueError(Exception):
    """A file of the knowledge folder says something it may not say."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line
        self.message = message


def parse(path: Path, text: str) -> Table:
    """The tables of a file, or a CatalogueError that names the line."""
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise CatalogueError(path, getattr(error, "lineno", 1), str(error)) from error


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(path, 1, str(error)) from error


def read(path: Path) -> tuple[str, Table]:
    """The text of a file and its tables."""
    text = read_text(path)
    return text, parse(path, text)


def line_of(text: str, table: str, index: int) -> int:
    """The line of the `index`-th header `[[table]]` or `[table]`."""
    seen = -1
    for match in _HEADER.finditer(text):
        if match.group(1) == table:
            seen += 1
            if seen == index:
                return text.count("\n", 0, match.start(1)) + 1
    return 1


def is_table(value: object) -> TypeGuard[Table]:
    return isinstance(value, dict)


class Entry:
    """One table of a file with typed access; every complaint carries the line of its header."""

    __slots__ = ("_index", "_path", "_table", "_text", "_values")

    def __init__(self, path: Path, text: str, table: str, index: int, values: Table) -> None:
        self._path = path
        self._text = text
        self._table = table
        self._index = index
        self._values = values

    @property
    def line(self) -> int:
        return line_of(self._text, self._table, self._index)

    @property
    def place(self) -> str:
        return f"{self._path.name}:{self.line}"

    def error(self, message: str) -> CatalogueError:
        return CatalogueError(self._path, self.line, f"[{self._table}] {message}")

    def only(self, known: frozenset[str]) -> None:
        """Complain about a key that nobody reads."""
        if not self._values.keys() <= known:
            raise self.error(f"unknown key `{sorted(self._values.keys() - known)[0]}`")

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str, default: str | None = None) -> str:
        value = self._values.get(key, default)
        if not isinstance(value, str):
            raise self.error(f"`{key}` must be a text" if key in self._values else f"`{key}` is missing")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A text or a list of texts; empty when the key is absent."""
        value = self._values.get(key)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise self.error(f"`{key}` must be a text or a list of texts")

    def flag(self, key: str) -> bool:
        value = self._values.get(key)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise self.error(f"`{key}` must be true or false")
        return value

    def number(self, key: str, default: float) -> float:
        value = self._values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(f"`{key}` must be a number")
        return value

    def table(self, key: str) -> Table:
        value = self._values.get(key)
        if value is None:
            return {}
        if not is_table(value):
            raise self.error(f"`{key}` must be a table")
        return value

    def values(self, key: str) -> tuple[object, ...]:
        """A list of whatever it holds."""
        value = self._values.get(key)
        return tuple(value) if isinstance(value, list) else ()

    def tables(self, key: str) -> tuple[Entry, ...]:
        """A list of tables below this one."""
        value = self._values.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.error(f"`{key}` must be a list of tables")
        found: list[Entry] = []
        for item in value:
            if not is_table(item):
                raise self.error(f"`{key}` must be a list of tables")
            found.append(Entry(self._path, self._text, self._table, self._index, item))
        return tuple(found)

    def one_of(self, key: str, allowed: tuple[str, ...], default: str = "") -> str:
        if key not in self._values:
            return default
        value = self.text(key, default)
        if value != default and value not in allowed:
            raise self.error(f"`{key}` is `{value}`, not one of {', '.join(allowed)}")
        return value


def entries(path: Path, text: str, tables: Table, name: str) -> list[Entry]:
    """The `[[name]]` tables of a file."""
    value = tables.get(name, [])
    if not isinstance(value, list):
        raise CatalogueError(path, line_of(text, name, 0), f"`{name}` must be written [[{name}]]")
    found: list[Entry] = []
    for index, item in enumerate(value):
        if not is_table(item):
            raise CatalogueError(path, line_of(text, name, index), f"`{name}` must be written [[{name}]]")
        found.append(Entry(path, text, name, index, item))
    return found
