"""The closed vocabulary of roles and argument roles, `rules/roles.toml`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mlrubric.knowledge.toml import CatalogueError, Entry, entries, read


@dataclass(frozen=True)
class Roles:
    """`meanings` and `arguments`: name -> one line; `reasons`: why a name was added to the common ground."""

    meanings: dict[str, str]
    arguments: dict[str, str]
    reasons: dict[str, str]

    def checked(self, entry: Entry, given: Iterable[str]) -> tuple[str, ...]:
        """The roles that an entry gives, or its CatalogueError when one is not in the vocabulary."""
        names = tuple(given)
        for role in names:
            if role not in self.meanings:
                raise entry.error(f"unknown role `{role}` (the vocabulary is roles.toml)")
        return names

    def one(self, entry: Entry, role: str) -> str:
        """The same for a single role, which may be ""."""
        return self.checked(entry, (role,))[0] if role else ""


@cache
def load_roles(rules: Path) -> Roles:
    """The vocabulary, or a CatalogueError with file and line."""
    path = rules / "roles.toml"
    text, tables = read(path)
    meanings: dict[str, str] = {}
    arguments: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for table, known in (("role", meanings), ("argument", arguments)):
        for entry in entries(path, text, tables, table):
            entry.only(frozenset(("name", "meaning", "reason")))
            name = entry.text("name")
            if name in known:
                raise entry.error(f"`{name}` stands twice")
            if (table == "argument") != name.startswith("@"):
                raise entry.error("argument roles begin with @, roles do not")
            known[name] = entry.text("meaning")
            if "reason" in entry:
                reasons[name] = entry.text("reason")
    if not meanings:
        raise CatalogueError(path, 1, "no [[role]] found")
    return Roles(meanings, arguments, reasons)
