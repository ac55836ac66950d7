"""What well-known container images are, `rules/knowledge/images.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.roles import load_roles
from mlrubric.knowledge.toml import entries, read

BESIDE = ("storage", "monitoring", "network", "tool", "base")  # they stand beside what serves
KINDS = ("server", "explainer", "detector", *BESIDE)


@dataclass(frozen=True, slots=True)
class KnownImage:
    """An entry: patterns of names without registry, a kind, and the roles of a service that runs it."""

    names: tuple[str, ...]
    kind: str
    roles: tuple[str, ...] = ()


def known_image(name: str, rules: Path | None = None) -> KnownImage | None:
    """The entry of an image: its name is asked for as written, and without a registry in front."""
    lower = name.lower()
    head, slash, rest = lower.partition("/")
    plain = rest if slash and ("." in head or ":" in head or head == "localhost") else lower
    for one in _load(rules or rules_directory()):
        if any(fnmatchcase(plain, pattern) for pattern in one.names):
            return one
    return None


@cache
def _load(folder: Path) -> tuple[KnownImage, ...]:
    vocabulary = load_roles(folder)
    path = folder / "knowledge" / "images.toml"
    text, tables = read(path)
    found: list[KnownImage] = []
    for entry in entries(path, text, tables, "image"):
        entry.only(frozenset(("name", "kind", "roles")))
        kind, roles = entry.text("kind"), vocabulary.checked(entry, entry.texts("roles"))
        if kind not in KINDS:
            raise entry.error(f"unknown kind `{kind}`")
        found.append(KnownImage(entry.texts("name"), kind, roles))
    return tuple(found)
