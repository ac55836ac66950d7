"""The names of a knowledge file that a real package must have."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from mlrubric.knowledge.catalogue import Catalogue
from mlrubric.knowledge.library import Library

TABLE = Path(__file__).with_name("unresolved.toml")
VALUES = ("arg:", "named:", "dict:", "list:")  # returns that are no names


@dataclass(frozen=True, slots=True)
class Explained:
    """The committed table: types of ours and the classes behind them, names that no installation shows, with the reason, packages that are
    not installed, what others need beside them to be importable, and dependencies that are left out."""

    same: dict[str, list[str]]
    reasons: tuple[tuple[str, str], ...]
    skipped: dict[str, str]
    needs: dict[str, list[str]]
    left_out: dict[str, str]

    def why(self, name: str) -> str:
        return next((reason for pattern, reason in self.reasons if fnmatchcase(name, pattern)), "")

    def real(self, name: str) -> list[str]:
        """A name with a type of ours at its beginning, as the package spells it."""
        ours = max((o for o in self.same if name == o or name.startswith(o + ".")), key=len, default="")
        return [real + name[len(ours) :] for real in self.same[ours]] if ours else []


def explained(path: Path = TABLE) -> Explained:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    reasons = [(str(name), str(entry["reason"])) for entry in tables.get("unresolved", []) for name in entry["names"]]
    same = {ours: [real] if isinstance(real, str) else list(real) for ours, real in tables.get("same", {}).items()}
    return Explained(same, tuple(reasons), dict(tables.get("skipped", {})), dict(tables.get("needs", {})), dict(tables.get("left_out", {})))


def names_of(library: Library, catalogue: Catalogue) -> dict[str, str]:
    """Name -> what it is: api, type, attribute, alias, returned."""
    found: dict[str, str] = {}
    for name in library.aliases:
        found[name] = "alias"
    for name, attribute in library.attributes.items():
        found[name] = "attribute"
        found.setdefault(attribute, "returned")
    for name in library.types:
        found[name] = "type"
    for name, known in library.apis.items():
        found[name] = "api"
        for api in known:
            if api.returns and api.returns != "data" and not api.returns.startswith(VALUES):
                found.setdefault(api.returns, "returned")
    for pattern, _ in library.wildcards:
        found.setdefault(pattern, "api")
    own = {name.partition(".")[0] for name in library.imports}
    return {name: kind for name, kind in found.items() if name and name.partition(".")[0] in own and "." in name}


def spellings(name: str, library: Library, table: Explained) -> tuple[str, ...]:
    """All ways in which code may write a name: as it is, with the package's own class for a type of ours, through every alias."""
    found = [name, *table.real(name)]
    for alias, target in library.aliases.items():
        if name == target or name.startswith(target + "."):
            found.append(alias + name[len(target) :])
    return tuple(dict.fromkeys(asked(one) for one in found))


def asked(name: str) -> str:
    """What is looked up for a name: for a pattern, the owner of the part with its first wildcard; `[...]` of a generic type is left out."""
    plain, star, _ = name.partition("*")
    return (plain.rpartition(".")[0] if star else plain).partition("[")[0]


def siblings(library: Library) -> dict[str, frozenset[str]]:
    """Name -> the same member of all owners that its entry names at once: one of them having it is enough."""
    tables = tomllib.loads(library.path.read_text(encoding="utf-8"))
    found: dict[str, frozenset[str]] = {}
    for entry in (*tables.get("api", []), *tables.get("attribute", [])):
        owners, names = entry.get("of", []), entry["name"]
        if isinstance(owners, list) and len(owners) > 1:
            for name in [names] if isinstance(names, str) else names:
                whole = frozenset(f"{owner}.{name}" for owner in owners)
                found.update({one: found.get(one, frozenset()) | whole for one in whole})
    return found
